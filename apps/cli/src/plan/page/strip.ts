import type { ValueLife } from '../timeline.js'
import { element } from './markup.js'

/** Percent of a strip below which nothing is seen: that much have the narrowest bars. */
const NARROWEST = 1.25

/** Stretches that are read out one by one; of more, how many there are. */
const MOST_READ = 4

interface Bar {
  readonly from: number
  to: number
  /** Whether the value was computed again at its start. */
  readonly again: boolean
}

/**
 * When a value is there, from the first run to the last: what was computed first in one colour, and what was computed again in
 * another, each with an edge at its start, so that a value which is dropped and computed at once is not taken for one that stays.
 */
export function strip({ name, fate, stays }: ValueLife, totalCost: number): string {
  const at = (cost: number) => (totalCost === 0 ? 0 : (100 * cost) / totalCost)
  const shares = stays.map(({ fromCost, toCost }) => [at(fromCost), at(toCost)] as const)
  const bars = barsOf(shares)
  const read =
    shares.length > MOST_READ
      ? `${shares.length} times`
      : shares.map(([from, to]) => `from ${Math.round(from)} to ${Math.round(to)} %`).join(', ')
  return element(
    'svg',
    {
      class: 'strip',
      viewBox: '0 0 100 6',
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${name} is there ${fate === 'given' ? 'from the start, ' : ''}${read}`,
    },
    element('rect', { class: 'empty', x: 0, y: 0, width: 100, height: 6 }),
    ...bars.map(({ from, to, again }) =>
      element('rect', { class: again ? 'stay rerun' : 'stay', x: from, y: 0, width: to - from, height: 6 }),
    ),
    ...bars
      .filter(({ again }) => again)
      .map(({ from }) => element('line', { class: 'edge', x1: from, x2: from, y1: 0, y2: 6 })),
  )
}

/**
 * A bar for each stretch, within the strip and wide enough to be seen; times it is computed again that are too close to be told
 * apart are one.
 */
function barsOf(shares: readonly (readonly [number, number])[]): readonly Bar[] {
  const bars: Bar[] = []
  const end = 100 - NARROWEST
  for (const [start, stop] of shares) {
    const last = bars.at(-1)
    if (last?.again && Math.min(start, end) < last.from + NARROWEST) {
      last.to = Math.max(last.to, stop)
      continue
    }
    const latest = !last && shares.length > 1 ? end - NARROWEST : end
    const from = Math.max(Math.min(start, latest), (last?.from ?? -NARROWEST) + NARROWEST)
    // A bar that was widened gives way to the next.
    if (last) last.to = Math.min(last.to, from)
    bars.push({ from, to: Math.max(stop, from + NARROWEST), again: last !== undefined })
  }
  return bars
}
