import { type ErrorParts, WengertError } from '@wengert/tape'

/**
 * A lane that died, did not answer in time, or could not be started.
 *
 * @example
 * const error = new LaneError({ summary: 'A worker ended with exit code 3.' })
 * error.code // → 'LANE'
 */
export class LaneError extends WengertError {
  static {
    LaneError.prototype.name = 'LaneError'
  }

  constructor(parts: ErrorParts) {
    super('LANE', parts)
  }
}

/**
 * A call of a scheduler that is closed, or was closed while the call was under way.
 *
 * @example
 * const scheduler = await createScheduler(x => x, { workers: 0 })
 * await scheduler.close()
 * const call = scheduler.valueAndGrad(tensor(1), tensor([1]))
 * await call.catch(error => error.code) // → 'CLOSED'
 */
export class ClosedError extends WengertError {
  static {
    ClosedError.prototype.name = 'ClosedError'
  }

  constructor(parts: ErrorParts) {
    super('CLOSED', parts)
  }
}

/** The error of every call that {@link Scheduler.close} leaves behind. */
export const closed = (): ClosedError =>
  new ClosedError({
    summary: 'The scheduler is closed.',
    expected: 'calls before close()',
    fix: 'create another scheduler, or close this one later',
  })
