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
import { arrayOf } from '../testing/arrays.js'
import { cbrt, exp2, expm1, log1p, log2, log10, pow } from '../testing/powers.js'

type Name = 'exp2' | 'expm1' | 'log1p' | 'log2' | 'log10' | 'cbrt'

const table: readonly Accuracy<Name>[] = [
  { name: 'exp2', reference: exp2, native: x => 2 ** x, bound: { f32: 1.2, f64: 1.2 }, range: [-1080, 1030] },
  { name: 'expm1', reference: expm1, native: Math.expm1, bound: { f32: 2, f64: 2 }, range: [-3, 3] },
  {
    name: 'log1p',
    reference: log1p,
    native: Math.log1p,
    bound: { f32: 1.2, f64: 1.2 },
    range: [-1, 3],
    defined: x => x > -1,
  },
  {
    name: 'log2',
    reference: log2,
    native: Math.log2,
    bound: { f32: 1, f64: 1 },
    range: [0, 3],
    defined: x => x > 0,
  },
  {
    name: 'log10',
    reference: log10,
    native: Math.log10,
    bound: { f32: 1, f64: 1 },
    range: [0, 3],
    defined: x => x > 0,
  },
  { name: 'cbrt', reference: cbrt, native: Math.cbrt, bound: { f32: 1, f64: 1 }, range: [-9, 9] },
]

describe.each(table)('$name', row => {
  it.each(['f32', 'f64'] as const)('is accurate in %s, with and without fused multiply-add', dtype => {
    expectAccurate(dtype, row)
  })
})

const edges = (large: number, small: number): readonly [Name, readonly (readonly [number, number])[]][] => [
  [
    'exp2',
    [
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
      [large, Infinity],
      [-large, 0],
      [small, 1],
      [10, 1024],
      [-3, 0.125],
    ],
  ],
  [
    'expm1',
    [
      [0, 0],
      [-0, -0],
      [Infinity, Infinity],
      [-Infinity, -1],
      [large, Infinity],
      [-large, -1],
      [small, small],
      [-small, -small],
    ],
  ],
  [
    'log1p',
    [
      [0, 0],
      [-0, -0],
      [-1, -Infinity],
      [-2, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
      [small, small],
      [-small, -small],
    ],
  ],
  [
    'log2',
    [
      [0, -Infinity],
      [-0, -Infinity],
      [1, 0],
      [-1, NaN],
      [Infinity, Infinity],
      [8, 3],
      [0.25, -2],
      [small, Math.log2(small)],
      [large, Math.log2(large)],
    ],
  ],
  [
    'log10',
    [
      [0, -Infinity],
      [-0, -Infinity],
      [1, 0],
      [-1, NaN],
      [Infinity, Infinity],
      [1000, 3],
    ],
  ],
  [
    'cbrt',
    [
      [0, 0],
      [-0, -0],
      [27, 3],
      [-8, -2],
      [Infinity, Infinity],
      [-Infinity, -Infinity],
    ],
  ],
]

describe.each([
  ['f32', 2 ** 127, 2 ** -149],
  ['f64', 2 ** 1023, 2 ** -1074],
] as const)('at the edges of %s', (dtype, large, small) => {
  it.each([...edges(large, small)])('%s', (name, pairs) => {
    const x = arrayOf(dtype, [NaN, ...pairs.map(([value]) => value)]) as Float64Array
    for (const features of FEATURES) {
      const out = evaluate((m, a) => m[name](a as V), [x], features)
      expect(Array.from(out)).toEqual([NaN, ...pairs.map(([, value]) => value)])
    }
  })

  const specials = [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    small,
    -small,
    large,
    -large,
    0.5,
    -0.5,
    2,
    -2,
    3,
    -3,
    1e3,
    2 ** 60,
  ]
  const all = specials.flatMap(x => specials.map(y => [x, y] as const))
  const columns = [0, 1].map(
    k =>
      arrayOf(
        dtype,
        all.map(pair => pair[k] as number),
      ) as Float64Array,
  )

  it('pow has the special values of IEEE 754', () => {
    for (const features of FEATURES) {
      const out = evaluate((m, a, b) => m.pow(a as V, b as V), columns, features)
      all.forEach(([x, y], k) => {
        // IEEE 754 has 1 to any power and (−1)^±∞ = 1, ECMAScript NaN.
        const one = x === 1 || (x === -1 && Math.abs(y) === Infinity)
        const want = one ? 1 : x ** y
        const rounded = dtype === 'f32' ? Math.fround(want) : want
        const ulp = Math.abs(rounded) * (dtype === 'f32' ? 2 ** -23 : 2 ** -52)
        const near = Math.abs((out[k] as number) - rounded) <= ulp
        if (!near) expect([x, y, out[k]]).toEqual([x, y, rounded])
      })
    }
  })

  it('the remainder is exact', () => {
    const wild = argumentsOf(dtype, [-5, 5], 600)
    const others = wild.map(() => wild[Math.floor(random() * wild.length)] as number)
    for (const [x, y] of [columns, [wild, others]] as const) {
      for (const features of FEATURES) {
        const out = evaluate(
          (m, a, b) => m.remainder(a as V, b as V),
          [x as Float64Array, y as Float64Array],
          features,
        )
        expect(Array.from(out)).toEqual(
          Array.from(x as Float64Array, (a, k) => a % ((y as Float64Array)[k] as number)),
        )
      }
    }
  })
})

it.each(['f32', 'f64'] as const)('pow is accurate in %s', dtype => {
  const x = arrayOf(
    dtype,
    Array.from({ length: 4000 }, (_, k) => (k % 2 ? 1 + (random() - 0.5) / 8 : Math.exp(20 * random() - 10))),
  ) as Float64Array
  const y = x.map(value => ((random() - 0.5) * (dtype === 'f32' ? 170 : 1400)) / Math.log(value))
  for (const features of FEATURES) {
    const out = evaluate((m, a, b) => m.pow(a as V, b as V), [x, y], features)
    const errors = Array.from(x, (value, k) => ulps(dtype, out[k] as number, pow(value, y[k] as number)))
    console.log(`pow ${dtype} ${features.fma ? 'fused' : ''}: ${Math.max(...errors).toFixed(3)} ulp`)
    expect(Math.max(...errors)).toBeLessThan(dtype === 'f32' ? 0.51 : 1.2)
  }
})
