import { thrownBy } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import { WengertError } from '../errors.js'
import { type Tensor, tensor } from '../record/index.js'
import * as ops from './table.js'

const vector = tensor([1, 2, 3])
const matrix = tensor([[1, 2], [3, 4], [5, 6]]) // biome-ignore format: a matrix
const ids = tensor([0, 1], { dtype: 'i32' })
const bools = tensor([true, false])

const errorOf = (run: () => unknown) => thrownBy(run, WengertError)

describe('what does not fit is said', () => {
  it.each<[string, string, () => unknown]>([
    ['flip', 'OPTION', () => ops.flip(vector, { axis: 1 })],
    ['roll', 'OPTION', () => ops.roll(vector, 0.5)],
    ['tile', 'OPTION', () => ops.tile(vector, -1)],
    ['repeat', 'OPTION', () => ops.repeat(vector, 1.5)],
    ['squeeze', 'SHAPE', () => ops.squeeze(matrix, { axis: 0 })],
    ['expandDims', 'OPTION', () => ops.expandDims(vector, 3)],
    ['pad', 'OPTION', () => ops.pad(matrix, [[1, 1]])],
    ['pad', 'OPTION', () => ops.pad(vector, -1)],
    ['pad', 'SHAPE', () => ops.pad(vector, 3, { mode: 'reflect' })],
    ['pad', 'SHAPE', () => ops.pad(tensor([]), 1, { mode: 'edge' })],
    ['split', 'SHAPE', () => ops.split(vector, 2)],
    ['split', 'SHAPE', () => ops.split(vector, 0)],
    ['split', 'OPTION', () => ops.split(vector, [2, 1])],
    ['tril', 'SHAPE', () => ops.tril(vector)],
    ['triu', 'OPTION', () => ops.triu(matrix, 0.5)],
    ['diag', 'SHAPE', () => ops.diag(tensor(1))],
    ['trace', 'SHAPE', () => ops.trace(vector)],
    ['prod', 'DTYPE', () => ops.prod(bools)],
    ['cumsum', 'DTYPE', () => ops.cumsum(bools)],
    ['cumprod', 'OPTION', () => ops.cumprod(vector, { axis: 1 })],
    ['linearRecurrence', 'SHAPE', () => ops.linearRecurrence(vector, matrix)],
    ['linearRecurrence', 'DTYPE', () => ops.linearRecurrence(ids, tensor([1, 2]))],
    ['argmax', 'SHAPE', () => ops.argmax(tensor([]))],
    ['variance', 'OPTION', () => ops.variance(vector, { ddof: Number.NaN })],
    ['slice', 'OPTION', () => ops.slice(vector, [0], [3], [0])],
    ['slice', 'OPTION', () => ops.slice(vector, [3], [0], [-1])],
    ['slice', 'OPTION', () => ops.slice(vector, [2], [-4], [-1])],
    ['dynamicSlice', 'OPTION', () => ops.dynamicSlice(vector, [0], [4])],
    ['dynamicSlice', 'OPTION', () => ops.dynamicSlice(vector, [0], [])],
    ['dynamicSlice', 'SHAPE', () => ops.dynamicSlice(vector, ids, [1])],
    ['dynamicSlice', 'SHAPE', () => ops.dynamicSlice(vector, [0, 0], [1])],
    ['dynamicSlice', 'DTYPE', () => ops.dynamicSlice(vector, tensor([0]), [1])],
    ['dynamicSlice', 'DTYPE', () => ops.dynamicSlice(vector, [0.5], [1])],
    ['dynamicUpdateSlice', 'DTYPE', () => ops.dynamicUpdateSlice(vector, ids, [0])],
    ['dynamicUpdateSlice', 'OPTION', () => ops.dynamicUpdateSlice(vector, matrix, [0])],
    ['polygamma', 'OPTION', () => ops.polygamma(vector, 0)],
    ['polygamma', 'DTYPE', () => ops.polygamma(ids, 1)],
    ['take', 'DTYPE', () => ops.take(matrix, tensor([0]))],
    ['takeAlongAxis', 'SHAPE', () => ops.takeAlongAxis(matrix, ids)],
    ['takeAlongAxis', 'SHAPE', () => ops.takeAlongAxis(matrix, tensor([[0]], { dtype: 'i32' }))],
    ['scatterAdd', 'SHAPE', () => ops.scatterAdd(matrix, ids, vector)],
    ['scatterAdd', 'DTYPE', () => ops.scatterAdd(bools, ids, bools)],
    ['segmentSum', 'SHAPE', () => ops.segmentSum(matrix, ids, 2)],
    ['segmentSum', 'OPTION', () => ops.segmentSum(tensor([1, 2]), ids, -1)],
    ['topK', 'OPTION', () => ops.topK(vector, 4)],
    ['searchsorted', 'SHAPE', () => ops.searchsorted(matrix, vector)],
    ['searchsorted', 'DTYPE', () => ops.searchsorted(vector, ids)],
  ])('%s: %s', (op, code, run) => {
    const error = errorOf(run)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(new RegExp(`^${op}: .*\\n  expected `))
  })

  it('names the rows that would have fitted', () => {
    expect(
      errorOf(() => ops.scatterAdd(matrix, ids, vector)).message.replace(/\n {2}at.*/, ''),
    ).toMatchInlineSnapshot(`
      "scatterAdd: rows f32[3] do not fit x f32[3,2] at indices i32[2].
        expected  rows f32[2,2]"
    `)
  })
})

describe('what a window and an order cannot be', () => {
  it('is named', () => {
    const message = (run: () => unknown) => errorOf(run).message.replace(/\n {2}at.*/, '')
    expect(message(() => ops.dynamicSlice(matrix, [0, 0], [4, 1]))).toMatchInlineSnapshot(`
      "dynamicSlice: a window [4,1] of f32[3,2].
        expected  a whole number for each axis, at most its length"
    `)
    expect(message(() => ops.dynamicSlice(matrix, ops.reshape(ids, [2, 1]), [1, 1]))).toMatchInlineSnapshot(`
      "dynamicSlice: starts i32[2,1] in f32[3,2].
        expected  i32[2], or a scalar for each axis"
    `)
    expect(message(() => ops.polygamma(vector, 0))).toMatchInlineSnapshot(`
      "polygamma: order 0.
        expected  a whole number from 1 to 100
        fix       order 0 is digamma(x)"
    `)
  })
})

describe('special cases', () => {
  const nested = (x: Tensor) => x.toArray()

  it('NaN is the most extreme of all, and last in order', () => {
    const x = tensor([1, Number.NaN, 3, Number.NaN])
    expect([ops.argmax(x), ops.argmin(x)].map(nested)).toEqual([1, 1])
    expect(nested(ops.argsort(x))).toEqual([0, 2, 1, 3])
    expect(nested(ops.topK(x, 3).indices)).toEqual([1, 3, 2])
  })

  it('indices outside give NaN, and 0 where there is none', () => {
    const outside = tensor([-4, 3, -1], { dtype: 'i32' })
    expect(nested(ops.take(vector, outside))).toEqual([Number.NaN, Number.NaN, 3])
    expect(nested(ops.take(ops.convert(vector, 'i32'), outside))).toEqual([0, 0, 3])
    expect(nested(ops.scatterAdd(vector, outside, vector))).toEqual([1, 2, 6])
  })
})
