import { describe, expect, it } from 'vitest'
import type { V } from '../algebra/index.js'
import {
  type Accuracy,
  argumentsOf,
  evaluate,
  expectAccurate,
  FEATURES,
  random,
  ulps,
} from '../testing/accuracy.js'
import { acos, acosh, asin, asinh, atan, atan2, atanh, cosh, sinh, tan } from '../testing/angles.js'
import { arrayOf } from '../testing/arrays.js'

type Name = 'sinh' | 'cosh' | 'asinh' | 'acosh' | 'atanh' | 'tan' | 'asin' | 'acos' | 'atan'

const two = { f32: 2, f64: 2 }
const within = (x: number) => Math.abs(x) <= 1
const table: readonly Omit<Accuracy<Name>, 'native'>[] = [
  { name: 'sinh', reference: sinh, bound: two, range: [-4, 4] },
  { name: 'cosh', reference: cosh, bound: two, range: [-4, 4] },
  { name: 'asinh', reference: asinh, bound: two, range: [-4, 4] },
  { name: 'acosh', reference: acosh, bound: two, range: [1, 4], defined: x => x >= 1 },
  { name: 'atanh', reference: atanh, bound: two, range: [-1, 1], defined: x => Math.abs(x) < 1 },
  { name: 'tan', reference: tan, bound: { f32: 0.51, f64: 2 }, range: [-9, 9] },
  { name: 'asin', reference: asin, bound: two, range: [-1, 1], defined: within },
  { name: 'acos', reference: acos, bound: two, range: [-1, 1], defined: within },
  { name: 'atan', reference: atan, bound: two, range: [-9, 9] },
]

describe.each(table)('$name', row => {
  it.each(['f32', 'f64'] as const)('is accurate in %s, with and without fused multiply-add', dtype => {
    expectAccurate(dtype, { ...row, native: Math[row.name] })
  })
})

const edges = [NaN, 0, -0, Infinity, -Infinity, 1, -1, 1.5, -1.5]

describe.each([
  ['f32', 2 ** 127, 2 ** -149],
  ['f64', 2 ** 1023, 2 ** -1074],
] as const)('at the edges of %s', (dtype, large, small) => {
  const all = [...edges, large, -large, small, -small]
  const near = (got: number, want: number) =>
    Object.is(got, want) || Math.abs(got - want) <= Math.abs(want) * (dtype === 'f32' ? 2 ** -22 : 2 ** -51)

  it.each(table)('$name', ({ name }) => {
    const x = arrayOf(dtype, all) as Float64Array
    for (const features of FEATURES) {
      const out = evaluate((m, a) => m[name](a as V), [x], features)
      x.forEach((value, k) => {
        const want = dtype === 'f32' ? Math.fround(Math[name](value)) : Math[name](value)
        if (!near(out[k] as number, want)) expect([value, out[k]]).toEqual([value, want])
      })
    }
  })

  it('atan2 has the special values of IEEE 754, and two coordinates of any size', () => {
    const pairs = all.flatMap(y => all.map(x => [y, x] as const))
    const [y, x] = [0, 1].map(k =>
      arrayOf(
        dtype,
        pairs.map(pair => pair[k] as number),
      ),
    ) as [Float64Array, Float64Array]
    for (const features of FEATURES) {
      const out = evaluate((m, a, b) => m.atan2(a as V, b as V), [y, x], features)
      pairs.forEach(([a, b], k) => {
        const want = dtype === 'f32' ? Math.fround(Math.atan2(a, b)) : Math.atan2(a, b)
        if (!near(out[k] as number, want)) expect([a, b, out[k]]).toEqual([a, b, want])
      })
    }
  })

  it('atan2 is accurate', () => {
    const y = argumentsOf(dtype, [-5, 5], 600).filter(
      value => Math.abs(value) > 1e-20 && Math.abs(value) < 1e20,
    )
    const x = y.map(value => value * Math.exp(6 * random() - 3) * (random() < 0.5 ? -1 : 1))
    for (const features of FEATURES) {
      const out = evaluate((m, a, b) => m.atan2(a as V, b as V), [y, x], features)
      const errors = Array.from(y, (value, k) => ulps(dtype, out[k] as number, atan2(value, x[k] as number)))
      console.log(`atan2 ${dtype} ${features.fma ? 'fused' : ''}: ${Math.max(...errors).toFixed(3)} ulp`)
      expect(Math.max(...errors)).toBeLessThan(2)
    }
  })
})
