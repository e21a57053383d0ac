import { describe, expect, it } from 'vitest'
import type { Algebra, V } from '../algebra/index.js'
import type { FloatDType } from '../dtype.js'
import { map } from '../map/index.js'
import { arrayOf } from '../testing/arrays.js'
import { cos, exp, log, type Precise, sigmoid, sin, tanh } from '../testing/double-double.js'
import { runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { formatOf } from './float-vectors.js'

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

const FEATURES = detectFeatures().fma ? [{ fma: true }, { fma: false }] : [{ fma: false }]

function evaluate(name: Name, x: Float32Array | Float64Array, fma: boolean): Float32Array | Float64Array {
  const dtype = x instanceof Float32Array ? 'f32' : 'f64'
  const operand = { dtype, shape: [x.length] } as const
  const body = (m: Algebra, a: V) => m[name](a)
  const kernel = map({ name, dtype, inputs: [operand], output: operand, body: body as never })
  return runKernel(kernel, [x], [x.slice()], { fma })[0] as Float32Array | Float64Array
}

let state = 12345
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

/** A grid over a range, small and random bit patterns, powers of 2, and the numbers nearest to multiples of π/2. */
function argumentsOf(dtype: FloatDType, range: readonly [number, number], count: number) {
  const [from, to] = range
  const values: number[] = []
  for (let k = 0; k < count; k++) {
    values.push(from + ((to - from) * (k + random())) / count)
    values.push((random() - 0.5) * 2)
    values.push(Math.exp((random() - 0.5) * 40) * (random() < 0.5 ? -1 : 1))
  }
  for (let k = 1; k < count; k++) values.push((k * Math.PI) / 2, (2 ** (k % 60) * k * Math.PI) / 2)
  // The f64 and the f32 that come nearest to a multiple of π/2.
  values.push(6381956970095103 * 2 ** 797, 16367173 * 2 ** 72)
  for (let e = -1074; e < 1024; e++) values.push(2 ** e, 1 + 2 ** -Math.abs(e / 8), -(2 ** e) * 1.3)
  const bytes = new Uint32Array(4 * count).map(() => random() * 2 ** 32)
  const patterns = dtype === 'f32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer)
  const x = new (dtype === 'f32' ? Float32Array : Float64Array)(values.length + patterns.length)
  x.set(values)
  x.set(patterns, values.length)
  return x.filter(value => Number.isFinite(value))
}

/** Distance of a result from the exact value, in units in the last place of the latter. */
function ulps(dtype: FloatDType, got: number, exact: Precise): number {
  const { fractionBits, bias } = formatOf[dtype]
  const { high, low, exponent } = exact
  const magnitude = Math.floor(Math.log2(Math.abs(high))) + exponent
  if (magnitude > bias) return Number.isFinite(got) ? Infinity : 0
  const limit = 2 ** bias * (2 - 2 ** -fractionBits)
  const rounded = high * 2 ** (exponent / 2) * 2 ** (exponent / 2)
  if (!Number.isFinite(got)) return rounded > limit ? 0 : Infinity
  const half = Math.trunc(exponent / 2)
  const scaled = got * 2 ** -half * 2 ** (half - exponent)
  const unit = 2 ** (Math.max(magnitude, 1 - bias) - fractionBits - exponent)
  return Math.abs(scaled - high - low) / unit
}

const exactly = (dtype: FloatDType, name: Name, x: number): Precise =>
  dtype === 'f64' ? reference[name](x) : { high: native[name](x), low: 0, exponent: 0 }

describe.each(table)('$name', ({ name, bound, range }) => {
  it.each(['f32', 'f64'] as const)('is accurate in %s, with and without fused multiply-add', dtype => {
    const x = argumentsOf(dtype, range, dtype === 'f32' ? 12_000 : 2_500).filter(
      value => name !== 'log' || value > 0,
    )
    const exact = Array.from(x, value => exactly(dtype, name, value))
    for (const { fma } of FEATURES) {
      const out = evaluate(name, x, fma)
      let worst = { error: 0, at: 0 }
      exact.forEach((value, k) => {
        const zero = value.high === 0 && out[k] === 0
        const error = zero ? 0 : ulps(dtype, out[k] as number, value)
        if (Number.isNaN(error)) throw new Error(`no error at ${x[k]}`)
        if (error > worst.error) worst = { error, at: x[k] as number }
      })
      console.log(`${name} ${dtype} ${fma ? 'fused' : ''}: ${worst.error.toFixed(3)} ulp at ${worst.at}`)
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
    for (const { fma } of FEATURES) {
      const out = evaluate(name, x, fma)
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
      for (const { fma } of FEATURES) {
        expect(Array.from(evaluate(name, bits, fma))).toEqual(Array.from(bits, () => NaN))
      }
    }
  })
})
