import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arange, eye, full, linspace, matmul, OptionError, ones, zeros } from '../index.js'

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })

test('shapes and dtypes are the ones asked for', () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom('f32', 'f64', 'i32', 'bool'), (shape, dtype) => {
      for (const [x, value] of [
        [zeros(shape, { dtype }), 0],
        [ones(shape, { dtype }), 1],
        [full(shape, 3, { dtype }), dtype === 'bool' ? 1 : 3],
      ] as const) {
        expect(x.aval).toEqual({ dtype, shape })
        expect(x.toTypedArray().every(element => element === value)).toBe(true)
      }
    }),
  )
})

test('the unit matrix is neutral', () => {
  const x = linspace(-1, 1, 12, { dtype: 'f64' }).reshape([3, 4])
  expect(matmul(eye(3, 3, { dtype: 'f64' }), x).toArray()).toEqual(x.toArray())
  expect(matmul(x, eye(4, 4, { dtype: 'f64' })).toArray()).toEqual(x.toArray())
})

test('ranges as NumPy has them', () => {
  expect(arange(2, 8, 3).toArray()).toEqual([2, 5])
  expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1])
  expect(arange(0).shape).toEqual([0])
  expect(arange(3, 1).shape).toEqual([0])
  expect(linspace(2, 3, 1).toArray()).toEqual([2])
  expect(linspace(0, 0.3, 4, { dtype: 'f64' }).at(3).item()).toBe(0.3)
})

test.each([
  () => zeros([-1]),
  () => zeros(3 as never),
  () => ones([2], { dtype: 'f16' as never }),
  () => arange(1e12),
  () => full([1.5], 0),
  () => eye(Number.NaN),
  () => arange(0, 1, 0),
  () => arange(Number.POSITIVE_INFINITY),
  () => arange(0, 1, 0.25),
  () => arange(0.5, 3),
  () => linspace(0, 1, -2),
])('what is no shape or range is refused: %s', make => {
  expect(make).toThrow(OptionError)
})

test.each<[string, () => unknown]>([
  ['zeros: f32[100000,100000] has 40000000000 bytes.', () => zeros([100_000, 100_000])],
  ['full: f64[65536,8193] has 4295491584 bytes.', () => full([65_536, 8193], 1, { dtype: 'f64' })],
  ['zeros: f32[5000000000] has 20000000000 bytes.', () => zeros([5e9])],
])('what no memory can hold is refused as such: %s', (summary, make) => {
  expect(make).toThrow(
    expect.objectContaining({
      code: 'OPTION',
      parts: expect.objectContaining({ summary, at: expect.stringMatching(/^creation\.test\.ts:\d+:\d+$/) }),
    }),
  )
})
