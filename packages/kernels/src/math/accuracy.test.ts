import { describe, expect, it } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { argumentsOf, evaluate, FEATURES, ulps } from '../testing/accuracy.js'
import { arrayOf } from '../testing/arrays.js'
import { cos, exp, log, type Precise, sigmoid, sin, tanh } from '../testing/double-double.js'

type Name = 'exp' | 'log' | 'sin' | 'cos' | 'tanh' | 'sigmoid'

const reference: Readonly<Record<Name, (x: number) => Precise>> = { exp, log, sin, cos, tanh, sigmoid }

const native: Readonly<Record<Name, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: x => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
}

/** Largest error in units in the last place, and where arguments are interesting. */
const table: readonly { name: Name; bound: Record<FloatDType, number>; range: readonly [number, number] }[] =
  [
    { name: 'exp', bound: { f32: 1.05, f64: 1.05 }, range: [-750, 720] },
    { name: 'log', bound: { f32: 1, f64: 1 }, range: [0, 3] },
    { name: 'sin', bound: { f32: 1.6, f64: 1 }, range: [-20, 20] },
    { name: 'cos', bound: { f32: 1.6, f64: 1 }, range: [-20, 20] },
    { name: 'tanh', bound: { f32: 2, f64: 2 }, range: [-2, 2] },
    { name: 'sigmoid', bound: { f32: 2, f64: 2 }, range: [-10, 10] },
  ]

const exactly = (dtype: FloatDType, name: Name, x: number): Precise =>
  dtype === 'f64' ? reference[name](x) : { high: native[name](x), low: 0, exponent: 0 }

describe.each(table)('$name', ({ name, bound, range }) => {
  it.each(['f32', 'f64'] as const)('is accurate in %s, with and without fused multiply-add', dtype => {
    const x = argumentsOf(dtype, range, dtype === 'f32' ? 12_000 : 2_500).filter(
      value => name !== 'log' || value > 0,
    )
    const exact = Array.from(x, value => exactly(dtype, name, value))
    for (const features of FEATURES) {
      const out = evaluate((m, a) => m[name](a), [x], features)
      let worst = { error: 0, at: 0 }
      exact.forEach((value, k) => {
        const zero = value.high === 0 && out[k] === 0
        const error = zero ? 0 : ulps(dtype, out[k] as number, value)
        if (Number.isNaN(error)) throw new Error(`no error at ${x[k]}`)
        if (error > worst.error) worst = { error, at: x[k] as number }
      })
      console.log(
        `${name} ${dtype} ${features.fma ? 'fused' : ''}: ${worst.error.toFixed(3)} ulp at ${worst.at}`,
      )
      expect(worst.error, `at ${worst.at}`).toBeLessThan(bound[dtype])
    }
  })
})

const tiny = { f32: 2 ** -149, f64: 2 ** -1074 }
const huge = { f32: 2 ** 127, f64: 2 ** 1023 }

describe.each(['f32', 'f64'] as const)('at the edges of %s', dtype => {
  const [small, large] = [tiny[dtype], huge[dtype]]
  const cases: readonly [Name, readonly (readonly [number, number])[]][] = [
    [
      'exp',
      [
        [0, 1],
        [-0, 1],
        [Infinity, Infinity],
        [-Infinity, 0],
        [large, Infinity],
        [-large, 0],
        [small, 1],
      ],
    ],
    [
      'log',
      [
        [0, -Infinity],
        [-0, -Infinity],
        [1, 0],
        [Infinity, Infinity],
        [-Infinity, NaN],
        [-1, NaN],
        [-small, NaN],
      ],
    ],
    [
      'sin',
      [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [-Infinity, NaN],
        [small, small],
        [-small, -small],
      ],
    ],
    [
      'cos',
      [
        [0, 1],
        [-0, 1],
        [Infinity, NaN],
        [-Infinity, NaN],
        [small, 1],
      ],
    ],
    [
      'tanh',
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [small, small],
        [-small, -small],
        [-large, -1],
      ],
    ],
    [
      'sigmoid',
      [
        [0, 0.5],
        [-0, 0.5],
        [Infinity, 1],
        [-Infinity, 0],
        [large, 1],
        [-large, 0],
        [small, 0.5],
      ],
    ],
  ]
  it.each(cases)('%s', (name, pairs) => {
    const x = arrayOf(
      dtype,
      pairs.map(([value]) => value),
    ) as Float64Array
    for (const features of FEATURES) {
      const out = evaluate((m, a) => m[name](a), [x], features)
      expect(Array.from(out)).toEqual(pairs.map(([, value]) => value))
    }
  })

  it('keeps NaN, whatever its sign and payload', () => {
    const bits =
      dtype === 'f32'
        ? new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fd55555).buffer)
        : new Float64Array(
            BigUint64Array.of(0x7ff8n << 48n, 0xfff8n << 48n, (0x7ff0n << 48n) + 1n, (1n << 64n) - 1n).buffer,
          )
    for (const { name } of table) {
      for (const features of FEATURES) {
        expect(Array.from(evaluate((m, a) => m[name](a), [bits], features))).toEqual(
          Array.from(bits, () => NaN),
        )
      }
    }
  })
})
