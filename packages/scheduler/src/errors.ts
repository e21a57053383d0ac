import { type ErrorParts, WengertError } from '@wengert/tape'

/** A lane that died, did not answer in time, or could not be started. */
export class LaneError extends WengertError {
  constructor(parts: ErrorParts) {
    super('LANE', parts)
  }
}

/** A call of a scheduler that is closed, or was closed while the call was under way. */
export class ClosedError extends WengertError {
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
