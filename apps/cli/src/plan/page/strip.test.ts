import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Stay } from '../timeline.js'
import { strip } from './strip.js'

/** A strip of a value whose stretches begin and end at these costs, of 1000 in all. */
const drawn = (stays: readonly (readonly [number, number])[]): string =>
  strip(
    {
      storage: 0,
      name: '%0',
      bytes: 16,
      fate: stays.length > 1 ? 'rerun' : 'kept',
      runs: stays.length,
      stays: stays.map(([fromCost, toCost]): Stay => ({ fromCost, toCost })),
    },
    1000,
  )

/** Its bars: kind, start and width. */
const barsOf = (markup: string) =>
  Array.from(
    markup.matchAll(/<rect class="(stay|stay rerun)" x="([\d.]+)" y="0" width="([\d.]+)"/g),
    ([, kind, x, width]) => ({ kind, x: Number(x), width: Number(width) }),
  )

const edgesOf = (markup: string) =>
  Array.from(markup.matchAll(/<line class="edge" x1="([\d.]+)"/g), ([, x]) => Number(x))

test('what is dropped and computed again at once is another bar, behind an edge', () => {
  const markup = drawn([[100, 300], [300, 500], [500, 700]]) // biome-ignore format: stretches
  expect(barsOf(markup)).toEqual([
    { kind: 'stay', x: 10, width: 20 },
    { kind: 'stay rerun', x: 30, width: 20 },
    { kind: 'stay rerun', x: 50, width: 20 },
  ])
  expect(edgesOf(markup)).toEqual([30, 50])
})

test('what is never dropped has no edge', () => {
  expect(edgesOf(drawn([[0, 1000]]))).toEqual([])
})

test('it is read out', () => {
  expect(drawn([[100, 300], [300, 500]])).toContain('aria-label="%0 is there from 10 to 30 %, from 30 to 50 %"') // biome-ignore format: stretches
  const many = Array.from({ length: 5 }, (_, k) => [100 * k, 100 * k + 50] as const)
  expect(drawn(many)).toContain('aria-label="%0 is there 5 times"')
})

const lives = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 400 })
  .map(costs => costs.toSorted((a, b) => a - b))
  .map(costs =>
    Array.from(
      { length: Math.floor(costs.length / 2) },
      (_, k) => [costs[2 * k]!, costs[2 * k + 1]!] as const,
    ),
  )

test('whatever the stretches: bars in order within the strip, none too narrow, none over another, not many', () => {
  fc.assert(
    fc.property(lives, stays => {
      const bars = barsOf(drawn(stays))
      expect(bars.length).toBeLessThanOrEqual(Math.min(stays.length, 80))
      expect(bars.map(({ kind }) => kind)).toEqual(bars.map((_, k) => (k === 0 ? 'stay' : 'stay rerun')))
      expect(bars.length).toBeGreaterThan(stays.length > 1 ? 1 : 0)
      bars.forEach(({ x, width }, k) => {
        expect(width).toBeGreaterThan(1.23)
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x + width).toBeLessThanOrEqual((bars[k + 1]?.x ?? 100) + 0.02)
      })
    }),
  )
})
