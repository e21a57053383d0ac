import { expect, test } from 'vitest'
import { dataOf, tensor } from '../record/index.js'
import { maximum, minimum, relu } from './where.js'

const special = [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, 1e-45, -1e-45]

test.each([Float32Array, Float64Array])('rectifiers and extremes of special values, %o', array => {
  const x = tensor(array.from(special))
  expect(Array.from(dataOf(relu(x)))).toEqual(Array.from(array.from(special), one => Math.max(one, 0)))
  for (const other of special) {
    const y = tensor(array.of(other))
    const [own] = array.of(other) as unknown as readonly [number]
    const all = (f: (a: number, b: number) => number) => Array.from(array.from(special), one => f(one, own))
    expect(Array.from(dataOf(maximum(x, y)))).toEqual(all(Math.max))
    expect(Array.from(dataOf(minimum(x, y)))).toEqual(all(Math.min))
  }
})
