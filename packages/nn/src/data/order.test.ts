import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches, shuffled, splitRows } from './index.js'

const ascending = (rows: Iterable<number>) => [...rows].sort((a, b) => a - b)
const firstRows = (count: number) => Array.from({ length: count }, (_, k) => k)

describe('shuffled', () => {
  test('has every row once, in another order every epoch', () => {
    const epochs = [1, 2, 3].map(epoch => shuffled(50, 7, epoch))
    for (const order of epochs) expect(ascending(order)).toEqual(firstRows(50))
    expect(new Set(epochs.map(String)).size).toBe(3)
    expect(shuffled(50, 7, 1)).toEqual(epochs[0])
  })
})

describe('splitRows', () => {
  test('sets apart what was asked, and leaves the rest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { minLength: 2, maxLength: 80 }),
        fc.nat(),
        fc.nat(),
        (labels, pick, seed) => {
          const testRows = 1 + (pick % (labels.length - 1))
          const { train, test: apart } = splitRows(labels, testRows, seed)
          expect(apart.length).toBe(testRows)
          expect(ascending([...train, ...apart])).toEqual(firstRows(labels.length))
          expect([...apart]).toEqual(ascending(apart))
          for (const label of new Set(labels)) {
            const [own, all] = [
              [...apart].filter(row => labels[row] === label),
              labels.filter(one => one === label),
            ]
            expect(Math.abs(own.length - (all.length * testRows) / labels.length)).toBeLessThan(1)
          }
        },
      ),
    )
  })

  test.each([0, 3, -1, 1.5])('%s of 3 rows is refused', testRows => {
    expect(() => splitRows([0, 1, 0], testRows, 0)).toThrow(expect.objectContaining({ code: 'OPTION' }))
  })
})

test('batches cut everything', () => {
  const cut = batches(Int32Array.from(firstRows(10)), 4)
  expect(cut.map(({ length }) => length)).toEqual([4, 4, 2])
  expect(cut.flatMap(rows => [...rows])).toEqual(firstRows(10))
  expect(() => batches(new Int32Array(1), 0)).toThrow(expect.objectContaining({ code: 'OPTION' }))
})
