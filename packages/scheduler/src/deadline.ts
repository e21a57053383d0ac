/** A timer that fires later than this was not late itself: its thread was blocked, or its page frozen with its workers. */
const LATE_MS = 1000

/** In which what came before a timer fired is heard. */
const HEARING_MS = 100

/** Timers count no further. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Calls back unless it is cancelled within so many milliseconds. A thread that was blocked when they ended has not heard what came
 * meanwhile, and hears it before; after long the workers may have been frozen too, and have as much time once more.
 *
 * @param deadlineMs beyond what timers count, such as Infinity, it never calls back.
 * @returns what cancels it.
 * @example
 * const cancel = startDeadline(60_000, () => { throw new Error('too late') })
 * cancel()
 */
export function startDeadline(deadlineMs: number, expire: () => void): () => void {
  if (deadlineMs > LONGEST_TIMER_MS) return () => {}
  const dueMs = performance.now() + deadlineMs
  let timer = setTimeout(() => {
    const isLate = performance.now() > dueMs + LATE_MS
    timer = setTimeout(expire, isLate ? deadlineMs : Math.min(deadlineMs, HEARING_MS))
  }, deadlineMs)
  return () => clearTimeout(timer)
}
