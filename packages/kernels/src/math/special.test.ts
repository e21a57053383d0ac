import { describe, expect, it } from 'vitest'
import type { Algebra, V } from '../algebra/index.js'
import type { FloatDType } from '../dtype.js'
import {
  type Accuracy,
  argumentsOf,
  evaluate,
  expectAccurate,
  FEATURES,
  random,
  ulps,
} from '../testing/accuracy.js'
import { arrayOf } from '../testing/arrays.js'
import {
  digamma,
  erfinv,
  lgamma,
  numberOf,
  polygamma,
  type Reflected,
  reflections,
} from '../testing/gamma.js'

const floats = ['f32', 'f64'] as const
type Name = 'erfinv' | 'lgamma' | 'digamma'

const table: readonly Accuracy<Name>[] = [
  {
    name: 'erfinv',
    reference: erfinv,
    native: x => numberOf(erfinv(x)),
    bound: { f32: 4, f64: 4 },
    range: [-1, 1],
    defined: x => Math.abs(x) < 1,
  },
  {
    name: 'lgamma',
    reference: lgamma,
    native: x => numberOf(lgamma(x)),
    bound: { f32: 0.6, f64: 4 },
    range: [0, 12],
    defined: x => x > 0 && x < 1e36,
  },
  {
    name: 'digamma',
    reference: digamma,
    native: x => numberOf(digamma(x)),
    bound: { f32: 0.6, f64: 4 },
    range: [0, 12],
    defined: x => x > 1e-30 && x < 1e290,
  },
]

describe.each(table)('$name', row => {
  it.each(floats)('is accurate in %s, with and without fused multiply-add', dtype => {
    expectAccurate(dtype, row)
  })
})

describe.each([1, 2, 3, 5, 10])('polygamma of order %i', order => {
  it.each(floats)('is accurate in %s', dtype => {
    const x = argumentsOf(dtype, [0, 30], 500).filter(value => value > 1e-3 && value < 1e3)
    for (const features of FEATURES) {
      const out = evaluate((m, a) => m.polygamma(a as V, order), [x], features)
      const errors = Array.from(x, (value, k) => ulps(dtype, out[k] as number, polygamma(value, order)))
      console.log(`polygamma ${order} ${dtype}: ${Math.max(...errors).toFixed(3)} ulp`)
      expect(Math.max(...errors)).toBeLessThan(dtype === 'f32' ? 0.6 : order < 4 ? 4 : order + 2)
    }
  })
})

const below: readonly (readonly [string, number, (m: Algebra, x: V) => V, (x: number) => Reflected])[] = [
  ['lgamma', 4, (m, x) => m.lgamma(x), reflections.lgamma],
  ['digamma', 4, (m, x) => m.digamma(x), reflections.digamma],
  ['polygamma of order 1', 5, (m, x) => m.polygamma(x, 1), reflections.trigamma],
  ['polygamma of order 2', 8, (m, x) => m.polygamma(x, 2), reflections.tetragamma],
]

describe.each(below)('%s below 0', (name, bound, body, reference) => {
  it.each(floats)('is accurate in %s in units of its larger term', dtype => {
    // Multiples of 2⁻²⁰, so that 1 − x is exact, in f32 of 2⁻¹⁶.
    const grain = dtype === 'f32' ? 2 ** 16 : 2 ** 20
    const list = Array.from({ length: 3000 }, () => -Math.ceil(30 * random() * grain) / grain)
    const x = arrayOf(
      dtype,
      list.filter(value => !Number.isInteger(value)),
    ) as Float64Array
    for (const features of FEATURES) {
      const out = evaluate((m, a) => body(m, a as V), [x], features)
      const errors = Array.from(x, (value, k) => {
        const { exact, scale } = reference(value)
        const unit = 2 ** (Math.floor(Math.log2(scale)) - (dtype === 'f32' ? 23 : 52))
        return Math.abs((out[k] as number) - exact.high - exact.low) / unit
      })
      console.log(`${name} below 0 ${dtype}: ${Math.max(...errors).toFixed(3)} ulp`)
      expect(Math.max(...errors)).toBeLessThan(dtype === 'f32' ? 0.6 : bound)
    }
  })
})

it('digamma has all digits beside its zero', () => {
  // mpmath 1.3, 300 bits.
  const known = [
    [1.461632144968362, -3.072790566546293e-16],
    [1.4616321449683622, -9.241265521729427e-17],
    [1.4616321449683625, 1.2245374622004068e-16],
  ] as const
  const x = Float64Array.from(known, ([at]) => at)
  for (const features of FEATURES) {
    const out = evaluate((m, a) => m.digamma(a as V), [x], features)
    known.forEach(([, want], k) => {
      expect(Math.abs(((out[k] as number) - want) / want)).toBeLessThan(8e-16)
    })
  }
})

const edges: readonly (readonly [
  string,
  (m: Algebra, x: V) => V,
  (dtype: FloatDType) => readonly (readonly [number, number])[],
])[] = [
  [
    'erfinv',
    (m, x) => m.erfinv(x),
    () => [
      [0, 0],
      [-0, -0],
      [1, Infinity],
      [-1, -Infinity],
      [1.5, NaN],
      [-2, NaN],
      [Infinity, NaN],
      [-Infinity, NaN],
    ],
  ],
  [
    'lgamma',
    (m, x) => m.lgamma(x),
    dtype => [
      [1, 0],
      [2, 0],
      [0, Infinity],
      [-0, Infinity],
      [-1, Infinity],
      [-7, Infinity],
      [-1e30, Infinity],
      [Infinity, Infinity],
      [-Infinity, Infinity],
      [dtype === 'f32' ? 2 ** 127 : 2 ** 1023, Infinity],
    ],
  ],
  [
    'digamma',
    (m, x) => m.digamma(x),
    () => [
      [0, -Infinity],
      [-0, Infinity],
      [-1, NaN],
      [-7, NaN],
      [-1e30, NaN],
      [Infinity, Infinity],
      [-Infinity, NaN],
    ],
  ],
  [
    'polygamma of order 1',
    (m, x) => m.polygamma(x, 1),
    () => [
      [0, Infinity],
      [-0, Infinity],
      [-1, Infinity],
      [-7, Infinity],
      [Infinity, 0],
      [-Infinity, NaN],
    ],
  ],
  [
    'polygamma of order 2',
    (m, x) => m.polygamma(x, 2),
    () => [
      [0, -Infinity],
      [-0, Infinity],
      [-1, NaN],
      [Infinity, -0],
      [-Infinity, NaN],
    ],
  ],
]

describe.each(edges)('%s at the edges', (_name, body, pairsOf) => {
  it.each(floats)('in %s', dtype => {
    const pairs = pairsOf(dtype)
    const x = arrayOf(dtype, [NaN, ...pairs.map(([value]) => value)]) as Float64Array
    for (const features of FEATURES) {
      const out = evaluate((m, a) => body(m, a as V), [x], features)
      expect(Array.from(out)).toEqual([NaN, ...pairs.map(([, value]) => value)])
    }
  })
})
