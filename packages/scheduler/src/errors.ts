import { callerLocation, type ErrorParts, WengertError } from '@wengert/tape'

/**
 * A lane that died, did not answer in time, or could not be started.
 *
 * @example
 * const error = new LaneError({ summary: 'A worker ended with exit code 3.' })
 * error.code // → 'LANE'
 */
export class LaneError extends WengertError {
  static {
    this.prototype.name = 'LaneError'
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
    this.prototype.name = 'ClosedError'
  }

  constructor(parts: ErrorParts) {
    super('CLOSED', parts)
  }
}

/** The error of every call that waits or is under way when {@link Scheduler.close} runs. */
export const closedMeanwhile = (): ClosedError =>
  new ClosedError({
    summary: 'The scheduler was closed before the call had ended.',
    expected: 'close() once calls have ended',
    fix: 'await the call before close()',
  })

/** The error of every call after {@link Scheduler.close}. */
export const closed = (): ClosedError =>
  new ClosedError({
    summary: 'The scheduler is closed.',
    at: callerLocation(),
    expected: 'calls before close()',
    fix: 'create another scheduler, or close this one later',
  })
