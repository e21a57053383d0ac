import { expect, test } from 'vitest'
import { cond, dataOf, fromData, record, simplify, type Tensor, tensor } from '../index.js'

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

test('arrays that several programs inside read are one constant', () => {
  const table = tensor([1, 2, 3])
  const f = (x: Tensor) =>
    cond(
      x.greater(0),
      y => table.mul(y).sum(),
      y => table.sub(y).sum(),
      x,
    )
  const arrays = (x: Tensor) =>
    simplify(record(f, x).program).constants.filter(({ data }) => data.length === 3)
  expect(arrays(tensor(1))).toHaveLength(1)
  const other = fromData({ dtype: 'f32', shape: [3, 1] }, dataOf(table))
  const { program } = record((x: Tensor) => table.mul(x).sum().add(other.mul(x).sum()), tensor(1))
  expect(simplify(program).constants).toHaveLength(2)
})
