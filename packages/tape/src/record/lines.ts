import { callerLocation } from '../location.js'
import { checkFunction } from '../options.js'

/**
 * Lines of the user's code that are looked up in one recording. A stack costs far more than an instruction, about 20 µs, so that
 * lines are looked up only where somebody wants to know, in a recording for that purpose, and not in all of a long one.
 */
export const MOST_LINES = 50_000

/**
 * While lines are looked up: how many more, the line of the instruction that is being differentiated or mapped, and the line from
 * where all of it is called, which is that of no instruction.
 */
let lines: { left: number; readonly at: string | undefined; readonly outside: string | undefined } | undefined

/**
 * Runs something that records; its instructions know the lines of the user's code that they come from.
 *
 * @param namesCaller whether instructions that nothing but this very call leads to, such as the sum over rows of a scheduler,
 * know its line; otherwise none.
 * @example
 * withLines(() => record(x => x.sin(), tensor(1))).program.instructions[0].at !== undefined // → true
 */
export function withLines<T>(run: () => T, namesCaller = true): T {
  checkFunction('withLines', run)
  const before = lines
  lines = { left: MOST_LINES, at: undefined, outside: namesCaller ? undefined : callerLocation() }
  try {
    return run()
  } finally {
    lines = before
  }
}

/** Runs something that records what comes of an instruction, under the line of that. */
export function underLine<T>(at: string | undefined, run: () => T): T {
  if (!lines || at === undefined) return run()
  const before = lines
  lines = { ...before, at }
  try {
    return run()
  } finally {
    before.left = lines.left
    lines = before
  }
}

/** The line of an instruction that is recorded now, if lines are looked up. */
export function lineNow(): string | undefined {
  if (!lines) return undefined
  if (lines.at !== undefined) return lines.at
  if (lines.left-- <= 0) return undefined
  const at = callerLocation()
  return at === lines.outside ? undefined : at
}
