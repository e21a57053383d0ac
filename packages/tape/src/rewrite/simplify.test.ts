import { expect, test } from 'vitest'
import { record, simplify, type Tensor, tensor } from '../index.js'

const opsOf = (fn: (x: Tensor) => Tensor, x: Tensor) =>
  simplify(record(fn, x).program).instructions.map(({ op }) => op)

test('transpositions that undo one another go, others stay', () => {
  const x = tensor([[[1, 2, 3]], [[4, 5, 6]]])
  expect(opsOf(y => y.transpose([2, 0, 1]).transpose([1, 2, 0]).exp(), x)).toEqual(['exp'])
  expect(opsOf(y => y.transpose([2, 0, 1]).transpose([2, 0, 1]).exp(), x)).toEqual([
    'transpose',
    'transpose',
    'exp',
  ])
})
