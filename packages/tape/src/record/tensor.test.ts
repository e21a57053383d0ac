import { describe, expect, test } from 'vitest'
import {
  DTypeError,
  fromData,
  grad,
  jit,
  less,
  OptionError,
  RecordError,
  ShapeError,
  sum,
  type Tensor,
  tensor,
} from '../index.js'

describe('fromData', () => {
  const three = new Float32Array(3)

  test.each([[[-1, -3]], [[1.5, 2]], [[2]]])('refuses shape %j for three elements', shape => {
    expect(() => fromData({ dtype: 'f32', shape }, three)).toThrow(OptionError)
  })

  test('keeps its own shape', () => {
    const shape = [3]
    const x = fromData({ dtype: 'f32', shape }, three)
    shape[0] = 4
    expect(x.shape).toEqual([3])
    expect(() => (x.shape as number[]).push(2)).toThrow(TypeError)
  })

  test('refuses bools that are neither 0 nor 1', () => {
    expect(() => fromData({ dtype: 'bool', shape: [2] }, new Uint8Array([0, 2]))).toThrow(/neither 0 nor 1/)
    expect(tensor(new Uint8Array([0, 2])).toArray()).toEqual([false, true])
  })
})

describe('numbers beside i32 tensors', () => {
  const k = tensor([1, 2, 3], { dtype: 'i32' })

  test.each([0.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', value => {
    expect(() => k.mul(value)).toThrow(DTypeError)
    expect(() => less(k, value)).toThrow(DTypeError)
  })

  test('whole numbers are taken', () => {
    expect(k.mul(-2).toArray()).toEqual([-2, -4, -6])
    expect(k.add(2 ** 31 - 10).toArray()).toEqual([2 ** 31 - 9, 2 ** 31 - 8, 2 ** 31 - 7])
  })
})

describe('options', () => {
  test('of a wrong kind are refused before anything runs', () => {
    expect(() => grad((x: Tensor) => sum(x), { reduction: 'average' as 'mean' })).toThrow(/'mean' or 'sum'/)
    expect(() => jit((x: Tensor) => x, { arithmetic: 'exact' as 'fast' })).toThrow(/'fast' or 'portable'/)
  })

  test('a loss without rows has no mean', () => {
    expect(() => grad((x: Tensor) => x)(tensor(new Float32Array(0)))).toThrow(ShapeError)
  })
})

test('a transformed function forgets old sets of avals', () => {
  const double = jit((x: Tensor) => x.add(x))
  for (let size = 1; size < 200; size++) {
    expect(
      double(tensor(new Float32Array(size).fill(1)))
        .at(size - 1)
        .item(),
    ).toBe(2)
  }
})

describe('JavaScript’s own operators', () => {
  test('take the number of a tensor of one element', () => {
    const x = tensor(3)
    expect([Number(x) > 2, Number(x) * 2, Math.sqrt(Number(tensor([9])))]).toEqual([true, 6, 3])
    expect(`${x}`).toBe('Tensor f32[] 3')
    expect(() => Number(tensor([1, 2]))).toThrow(OptionError)
  })

  test('are refused while recording, where they would decide once for all', () => {
    expect(() => grad((w: Tensor) => (Number(w) > 0 ? w : w.neg()))(tensor(3))).toThrow(RecordError)
    expect(() => grad((w: Tensor) => w.mul((w as unknown as number) * 2))(tensor(3))).toThrow(RecordError)
  })

  test('JSON has dtype, shape and elements', () => {
    expect(JSON.parse(JSON.stringify(tensor([[1, 2]])))).toEqual({
      dtype: 'f32',
      shape: [1, 2],
      data: [1, 2],
    })
  })
})

describe('what is no tensor', () => {
  test.each([
    [() => tensor([1], { dtype: 'f16' as 'f32' }), /no dtype 'f16'/],
    [() => tensor('a' as unknown as number), /'a' is no number/],
    [() => tensor([1, 2]).sum(-1 as never), /write { axis: -1 }/],
  ])('%s is refused', (make, message) => {
    expect(make).toThrow(OptionError)
    expect(make).toThrow(message)
  })
})
