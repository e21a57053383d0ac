import { formatByteSize } from '@wengert/tape'
import { say, table } from '../terminal/index.js'

/** A way to run everything once. */
export interface Way {
  readonly name: string
  readonly peakBytes: number
  /** FLOP of everything once. */
  readonly flop: number
  /** Share of all FLOP that compute again what had been dropped, from 0 to 1. */
  readonly recomputedShare: number
}

/** A way from what a plan costs. */
export const way = (
  name: string,
  {
    peakBytes,
    cost,
    extraCost,
  }: { readonly peakBytes: number; readonly cost: number; readonly extraCost: number },
): Way => ({
  name,
  peakBytes,
  flop: cost,
  recomputedShare: cost === 0 ? 0 : extraCost / (cost + extraCost),
})

/** Says the figures of some ways. */
export function sayWays(ways: readonly Way[]): void {
  const cells = ways.map(({ name, peakBytes, flop, recomputedShare }) => [
    name,
    `${peakBytes}`,
    formatByteSize(peakBytes),
    `${(flop / 1e6).toFixed(0)}`,
    `${(100 * recomputedShare).toFixed(1)} %`,
  ])
  say(table(cells, ['plan', 'peak bytes', '', 'MFLOP', 'computed again']))
}
