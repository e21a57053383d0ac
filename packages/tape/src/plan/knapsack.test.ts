import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coverBound, type Item } from './knapsack.js'

/** The least weight that frees so many bytes, by trying every set of items; of all where they free fewer. */
function leastWeight(items: readonly Item[], bytes: number): number {
  const total = items.reduce((sum, item) => sum + item.bytes, 0)
  let least = Number.POSITIVE_INFINITY
  for (let set = 0; set < 1 << items.length; set++) {
    const chosen = items.filter((_, k) => set & (1 << k))
    const sum = (of: (item: Item) => number) => chosen.reduce((total, item) => total + of(item), 0)
    if (sum(item => item.bytes) >= Math.min(bytes, total))
      least = Math.min(
        least,
        sum(item => item.weight),
      )
  }
  return least
}

const items = (bytes: fc.Arbitrary<number>) =>
  fc.array(fc.record({ bytes, weight: fc.integer({ min: 0, max: 1000 }) }), { maxLength: 9 })

test('of items whose bytes have a large common part, the bound is the least weight', () => {
  const few = items(fc.integer({ min: 1, max: 40 }).map(k => 16 * k))
  fc.assert(
    fc.property(few, fc.integer({ min: -50, max: 6000 }), (items, bytes) => {
      expect(coverBound(items).least(bytes)).toBeCloseTo(leastWeight(items, bytes), 9)
    }),
  )
})

test('of any items it is no more than that, no less than fractions of items weigh, and never falls', () => {
  const any = items(fc.integer({ min: 1, max: 1e8 }))
  fc.assert(
    fc.property(any, fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 5 }), (items, all) => {
      const { fractional, least } = coverBound(items)
      const found = all
        .toSorted((a, b) => a - b)
        .map(bytes => {
          const weight = least(bytes)
          expect(weight).toBeLessThanOrEqual(leastWeight(items, bytes) + 1e-9)
          expect(weight).toBeGreaterThanOrEqual(fractional(bytes))
          return weight
        })
      expect(found).toEqual(found.toSorted((a, b) => a - b))
    }),
  )
})

test('many items are bounded by fractions alone', () => {
  const many = Array.from({ length: 1000 }, () => ({ bytes: 32, weight: 2 }))
  expect(coverBound(many).least(16)).toBe(1)
  expect(coverBound(many.slice(500)).least(16)).toBe(2)
})
