import { expect, test } from 'vitest'
import { comparable, matches, plain } from './matches.js'

const scalar = { toArray: () => [3], item: () => 3 }
const matrix = { toArray: () => [new Float32Array([1, 2]), new Float32Array([3, 4])] }

test.each([
  [1, 1, 0, true],
  [1, 2, 0, false],
  [Number.NaN, Number.NaN, 0, true],
  [Infinity, Infinity, 1e-6, true],
  [Infinity, 1, 1e-6, false],
  [0, -0, 0, true],
  [1.0000005, 1, 1e-6, true],
  [1.000002, 1, 1e-6, false],
  [1e-12, 1.1e-12, 1e-6, false],
  [1e-7, 0, 1e-6, true],
  [1e-5, 0, 1e-6, false],
  [true, 1, 0, false],
  ['a', 'a', 0, true],
  [null, undefined, 0, false],
  [undefined, undefined, 0, true],
  [[1, [2]], [1, [2]], 0, true],
  [[1], [1, 2], 0, false],
  [[1], 1, 0, false],
  [{ a: [1] }, { a: [1] }, 0, true],
  [{ a: 1, b: 2 }, { a: 1 }, 0, false],
  [{}, { a: undefined }, 0, false],
  [new Date(0), {}, 0, false],
])('%o against %o within %d: %o', (actual, expected, tolerance, outcome) => {
  expect(matches(actual, expected, tolerance)).toBe(outcome)
})

test('tensors, typed arrays and promises become arrays, at any depth', async () => {
  expect(await plain({ x: Promise.resolve([matrix]) })).toEqual({ x: [[[1, 2], [3, 4]]] }) // biome-ignore format: a matrix
  expect(await plain(new BigInt64Array([1n]))).toEqual([1n])
})

test('a scalar tensor compares with a number', async () => {
  expect(await comparable(scalar, 3)).toBe(3)
  expect(await comparable(scalar, [3])).toEqual([3])
})
