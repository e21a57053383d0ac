import type { Input } from './input.js'
import type { Json, Prepare } from './task.js'

/** A timed part of a response. */
export interface Timing {
  readonly name: 'prepare' | 'evaluate'
  readonly nanoseconds: number
}

/** How often a function is run: so many times, and until the sum of its times reaches so many seconds. */
export interface Runs {
  readonly leastRuns: number
  readonly leastSeconds: number
}

/**
 * Prepares a function for an input and runs it. Preparing reads the input, records, plans and compiles, which happens
 * in a first run that is not among those of `evaluate`.
 */
export function timed(
  prepare: Prepare,
  input: Input,
  { leastRuns, leastSeconds }: Runs,
): { output: Json; timings: readonly Timing[] } {
  const begin = performance.now()
  const task = prepare(input)
  let result = task.run()
  const timings: Timing[] = [{ name: 'prepare', nanoseconds: nanoseconds(performance.now() - begin) }]
  let seconds = 0
  for (let runs = 0; runs < Math.max(1, leastRuns) || seconds < leastSeconds; runs++) {
    const start = performance.now()
    result = task.run()
    const ms = performance.now() - start
    timings.push({ name: 'evaluate', nanoseconds: nanoseconds(ms) })
    seconds += ms / 1000
  }
  return { output: task.output(result), timings }
}

/** Whole and never 0, so that many short runs always come to an end. */
const nanoseconds = (ms: number): number => Math.max(1, Math.round(ms * 1e6))
