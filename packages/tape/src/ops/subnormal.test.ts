import { expect, test } from 'vitest'
import { flushSubnormals, tensor } from '../index.js'

test.each([
  ['f32', 2 ** -126, 2 ** -126 - 2 ** -149],
  ['f64', 2 ** -1022, 2 ** -1022 - 2 ** -1074],
] as const)(
  '%s: the smallest normal number stays, the largest subnormal does not',
  (dtype, normal, subnormal) => {
    const values = [normal, -normal, subnormal, -subnormal, Number.NaN, Number.NEGATIVE_INFINITY, 0]
    expect(flushSubnormals(tensor(values, { dtype })).toArray()).toEqual([
      normal,
      -normal,
      0,
      0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      0,
    ])
  },
)
