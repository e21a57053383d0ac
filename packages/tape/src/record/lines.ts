import { callerLocation } from '../location.js'
import { checkFunction } from '../options.js'

/**
 * Lines of the user's code that are looked up in one recording. A stack costs far more than an instruction, so that lines
 * are looked up only where somebody wants to know, in a recording for that purpose, and not in all of a long one.
 */
export const MOST_LINES = 20_000

/** While lines are looked up: how many more, and the line of the instruction that is being differentiated or mapped. */
let lines: { left: number; readonly at: string | undefined } | undefined

/**
 * Runs something that records; its instructions know the lines of the user's code that they come from.
 *
 * @example
 * withLines(() => record(x => x.sin(), tensor(1))).program.instructions[0].at !== undefined // → true
 */
export function withLines<T>(run: () => T): T {
  checkFunction('withLines', run)
  const before = lines
  lines = { left: MOST_LINES, at: undefined }
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
  lines = { left: before.left, at }
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
  return lines.left-- > 0 ? callerLocation() : undefined
}
