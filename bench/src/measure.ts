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

/**
 * Where a quarter of some numbers ends and the last quarter begins, between two of them in proportion.
 *
 * @example
 * quartiles([1, 2, 3, 4, 9]) // → [2, 4]
 * quartiles([1, 2]) // → [1.25, 1.75]
 */
export function quartiles(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => {
    const place = share * (sorted.length - 1)
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    if (below === undefined || above === undefined) return Number.NaN
    return below + (place % 1) * (above - below)
  }
  return [at(0.25), at(0.75)]
}

/** Something that is measured, so many times. */
export interface Turns<T> {
  readonly rounds: number
  measure(): Promise<T>
}

/**
 * Measures several things in turn, round after round, so that a noisy neighbour hits all of them alike; figures of
 * one round may be compared.
 *
 * @returns the figures of each, in the order of its rounds.
 */
export async function alternately<T>(all: readonly Turns<T>[]): Promise<readonly (readonly T[])[]> {
  const figures: T[][] = all.map(() => [])
  const most = Math.max(0, ...all.map(({ rounds }) => rounds))
  for (let round = 0; round < most; round++) {
    for (const [k, { rounds, measure }] of all.entries()) {
      if (round < rounds) figures[k]?.push(await measure())
    }
  }
  return figures
}

/**
 * The median over the rounds that both have of one's figure by the other's.
 *
 * @example
 * medianRatio([4, 9], [2, 3, 5]) // → 2.5
 */
export function medianRatio(of: readonly number[], to: readonly number[]): number | null {
  const both = Math.min(of.length, to.length)
  if (both === 0) return null
  return median(of.slice(0, both).map((value, round) => value / (to[round] as number)))
}
