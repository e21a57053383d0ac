import { setImmediate } from 'node:timers/promises'

/**
 * The middle of some numbers, or the mean of the two in the middle.
 *
 * @example
 * median([3, 1, 2]) // → 2
 * median([1, 2, 3, 10]) // → 2.5
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Milliseconds that something takes. */
async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * Measures several things in turn, round after round, so that a noisy neighbour hits all of them alike; figures of
 * one round may be compared.
 *
 * @returns milliseconds, a list a round, in the order of the works.
 */
export async function alternately(
  works: readonly (() => unknown)[],
  rounds: number,
  signal?: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  const measured: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const times: number[] = []
    // Lets the process hear of interrupts, which works without a pause would keep from it.
    await setImmediate()
    for (const work of works) {
      signal?.throwIfAborted()
      times.push(await timed(work))
    }
    measured.push(times)
  }
  return measured
}

/** One thing's times over all rounds. */
export const column = (rounds: readonly (readonly number[])[], k: number): readonly number[] =>
  rounds.map(times => times[k] as number)
