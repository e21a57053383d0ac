import { expect, test } from 'vitest'
import { gatherRows } from './gather.js'

const batch = Float32Array.from({ length: 12 * 40 }, (_, k) => k)
const row = (index: number, elements: number) =>
  Array.from(batch.subarray(index * elements, (index + 1) * elements))

test.each([1, 3, 40])('gathers rows of %i elements in the order of the selection', elements => {
  const at = [3, 4, 5, 0, 11, 11, 1, 2]
  const target = new Float32Array(6 * elements)
  gatherRows(target, batch, elements, { count: at.length, at: Int32Array.from(at), from: 0 }, 1, 6)
  expect(Array.from(target)).toEqual(at.slice(1, 7).flatMap(index => row(index, elements)))
})

test('copies consecutive rows', () => {
  const target = new Float32Array(2 * 40)
  gatherRows(target, batch, 40, { count: 8, from: 3 }, 5, 2)
  expect(Array.from(target)).toEqual([...row(8, 40), ...row(9, 40)])
})
