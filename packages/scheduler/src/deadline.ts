/** A timer that fires later than this was not late itself: its thread was blocked, or its page frozen. */
const LATE_MS = 1000

/** Timers count no further. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Calls back unless it is cancelled within so many milliseconds. A thread that was blocked or frozen when they ended has not
 * heard what came meanwhile, so they begin anew.
 *
 * @param deadlineMs beyond what timers count, such as Infinity, it never calls back.
 * @returns what cancels it.
 * @example
 * const cancel = startDeadline(60_000, () => { throw new Error('too late') })
 * cancel()
 */
export function startDeadline(deadlineMs: number, expire: () => void): () => void {
  if (deadlineMs > LONGEST_TIMER_MS) return () => {}
  let timer: ReturnType<typeof setTimeout>
  const begin = () => {
    const dueMs = performance.now() + deadlineMs
    timer = setTimeout(() => {
      if (performance.now() > dueMs + LATE_MS) begin()
      else expire()
    }, deadlineMs)
  }
  begin()
  return () => clearTimeout(timer)
}
