import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nthLargest } from './select.js'

const lists = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 200 }),
)

test('each number is where sorting would put it', () => {
  fc.assert(
    fc.property(lists, list => {
      const sorted = Float64Array.from(list).sort().reverse()
      const found = list.map((_, rank) => nthLargest(Float64Array.from(list), rank))
      expect(found.every((value, rank) => value === sorted[rank])).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('ascending, descending, equal and infinite numbers', () => {
  const count = 1001
  const shapes: readonly ((k: number) => number)[] = [
    k => k,
    k => count - k,
    () => 7,
    k => (k % 2 ? Number.NEGATIVE_INFINITY : k),
    k => Math.min(k, count - k),
  ]
  for (const shape of shapes) {
    const values = Float64Array.from({ length: count }, (_, k) => shape(k))
    const sorted = values.slice().sort().reverse()
    for (const rank of [0, 1, 10, 500, 501, 999, 1000]) {
      expect(nthLargest(values.slice(), rank)).toBe(sorted[rank])
    }
  }
})
