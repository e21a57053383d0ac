import { describe, expect, it } from 'vitest'
import type { DType } from '../dtype.js'
import { arrayOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { convert } from './convert.js'

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -1.9,
  1e-45,
  2 ** 31,
  -(2 ** 31),
  2 ** 31 - 128,
  3e9,
  -3e9,
  1e300,
  NaN,
  Infinity,
  -Infinity,
]
const ints = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 16777217]
const values: Readonly<Record<DType, readonly number[]>> = {
  f32: floats,
  f64: [...floats, 1 + 2 ** -40, 2 ** 31 - 0.5, -(2 ** 31) - 0.5],
  i32: ints,
  bool: [0, 1, 1, 0, 1],
}

function expected(to: DType, x: number): number {
  if (to === 'bool') return Number(x !== 0)
  if (to !== 'i32') return to === 'f32' ? Math.fround(x) : x
  if (Number.isNaN(x)) return 0
  return Math.trunc(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x))) + 0
}

const names = ['f32', 'f64', 'i32', 'bool'] as const

describe.each(names)('convert from %s', from => {
  it.each(names)('to %s', to => {
    for (const size of [0, 1, 2, 3, 5, 17, 40]) {
      const x = arrayOf(
        from,
        Array.from({ length: size }, (_, k) => values[from][k % values[from].length] as number),
      )
      const [out] = runKernel(convert({ from, to, size }), [x], [arrayOf(to, size)])
      expect(Array.from(out as ArrayLike<number>)).toEqual(Array.from(x, value => expected(to, value)))
    }
  })
})
