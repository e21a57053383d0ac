import { describe, expect, it } from 'vitest'
import type { V } from '../algebra/index.js'
import { type Accuracy, evaluate, expectAccurate, FEATURES } from '../testing/accuracy.js'
import { arrayOf } from '../testing/arrays.js'
import { erf, erfc } from '../testing/errors.js'

const numberOf = ({ high, exponent }: ReturnType<typeof erf>) =>
  high * 2 ** (exponent / 2) * 2 ** (exponent / 2)
const table: readonly Accuracy<'erf' | 'erfc'>[] = [
  { name: 'erf', reference: erf, native: x => numberOf(erf(x)), bound: { f32: 2, f64: 2 }, range: [-3, 3] },
  {
    name: 'erfc',
    reference: erfc,
    native: x => numberOf(erfc(x)),
    bound: { f32: 4, f64: 4 },
    range: [-3, 27],
  },
]

describe.each(table)('$name', row => {
  it.each(['f32', 'f64'] as const)('is accurate in %s, with and without fused multiply-add', dtype => {
    expectAccurate(dtype, row)
  })
})

it.each(['f32', 'f64'] as const)('have their limits in %s', dtype => {
  const x = arrayOf(dtype, [NaN, 0, -0, Infinity, -Infinity, 1e30, -1e30]) as Float64Array
  for (const features of FEATURES) {
    const values = (name: 'erf' | 'erfc') => Array.from(evaluate((m, a) => m[name](a as V), [x], features))
    expect(values('erf')).toEqual([NaN, 0, -0, 1, -1, 1, -1])
    expect(values('erfc')).toEqual([NaN, 1, 1, 0, 2, 0, 2])
  }
})
