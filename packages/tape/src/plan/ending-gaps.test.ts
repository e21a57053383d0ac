import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EndingGaps } from './ending-gaps.js'
import type { Periods } from './residency.js'

const periodsOf = (drawn: readonly (readonly [number, number, number])[]): Periods => ({
  count: drawn.length,
  storage: Int32Array.from(drawn, (_, k) => k),
  start: Int32Array.from(drawn, ([start]) => start),
  end: Int32Array.from(drawn, ([, end]) => end),
  bytes: Float64Array.from(drawn, ([, , bytes]) => bytes),
})

test('blocks come and go in any order without overlap, and room that is free is used again', () => {
  const blocks = fc.array(fc.tuple(fc.constant(0), fc.nat(50), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
  })
  const goings = fc.array(fc.nat())
  fc.assert(
    fc.property(blocks, goings, fc.constantFrom(1, 2), (drawn, goings, weight) => {
      const periods = periodsOf(drawn)
      const offsets = new Float64Array(drawn.length)
      const gaps = new EndingGaps(periods, offsets, 50, weight)
      const present: number[] = []
      const finish = (k: number) => offsets[k]! + periods.bytes[k]!
      drawn.forEach((_, k) => {
        const highest = Math.max(0, ...present.map(finish))
        const byOffset = present.toSorted((a, b) => offsets[a]! - offsets[b]!)
        const largestGap = byOffset.reduce(
          ({ most, from }, next) => ({ most: Math.max(most, offsets[next]! - from), from: finish(next) }),
          { most: 0, from: 0 },
        ).most
        gaps.put(k)
        for (const other of present) {
          expect(offsets[k]! >= finish(other) || finish(k) <= offsets[other]!).toBe(true)
        }
        // above the others only where no gap is large enough
        if (largestGap >= periods.bytes[k]!) expect(finish(k)).toBeLessThanOrEqual(highest)
        else expect(offsets[k]).toBe(highest)
        present.push(k)
        for (let going = goings[k]; going !== undefined && going % 3 > 0 && present.length > 0; going >>= 2) {
          gaps.remove(present.splice(going % present.length, 1)[0]!)
        }
      })
    }),
  )
})

test.each([
  [
    'that beside one that ends when it does',
    [
      [0, 90, 4],
      [0, 5, 3],
      [0, 80, 4],
      [0, 6, 3],
      [0, 31, 4],
      [7, 31, 2],
    ],
    12,
  ],
  [
    'of two beside such ones the smaller',
    [
      [0, 31, 4],
      [0, 5, 4],
      [0, 80, 4],
      [0, 6, 3],
      [0, 31, 4],
      [7, 31, 2],
    ],
    13,
  ],
  [
    'one of its size before all',
    [
      [0, 90, 4],
      [0, 5, 2],
      [0, 80, 4],
      [0, 6, 3],
      [0, 31, 4],
      [7, 31, 2],
    ],
    4,
  ],
] as const)('of the gaps that blocks 1 and 3 leave, the last block takes %s', (_, drawn, offset) => {
  const offsets = new Float64Array(drawn.length)
  const gaps = new EndingGaps(periodsOf(drawn), offsets, 100, 2)
  for (const k of [0, 1, 2, 3, 4]) gaps.put(k)
  for (const k of [1, 3]) gaps.remove(k)
  gaps.put(5)
  expect(offsets[5]).toBe(offset)
})
