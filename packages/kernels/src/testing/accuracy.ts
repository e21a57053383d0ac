import { expect } from 'vitest'
import type { Algebra, V } from '../algebra/index.js'
import type { FloatDType } from '../dtype.js'
import { map } from '../map/index.js'
import { formatOf } from '../math/index.js'
import { detectFeatures, type Features } from '../wasm/index.js'
import type { Precise } from './double-double.js'
import { runKernel } from './run-kernel.js'

type Floats = Float32Array | Float64Array

/** With fused multiply-add where the host has it, and without. */
export const FEATURES: readonly Features[] = detectFeatures().fma
  ? [{ fma: true }, { fma: false }]
  : [{ fma: false }]

/** Applies a body to arrays of one length. */
export function evaluate(
  body: (m: Algebra, ...xs: V[]) => V,
  xs: readonly Floats[],
  features: Features,
): Floats {
  const [x] = xs as readonly [Floats]
  const dtype = x instanceof Float32Array ? 'f32' : 'f64'
  const operand = { dtype, shape: [x.length] } as const
  const kernel = map({ name: 'f', dtype, inputs: xs.map(() => operand), output: operand, body })
  return runKernel(kernel, xs, [x.slice()], features)[0] as Floats
}

let state = 12345
/** A number in [0, 1) from a seed. */
export const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

/** A grid over a range, small and random bit patterns, powers of 2, and the numbers nearest to multiples of π/2. */
export function argumentsOf(dtype: FloatDType, range: readonly [number, number], count: number) {
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
export function ulps(dtype: FloatDType, got: number, exact: Precise): number {
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

/** How accurate a function is. */
export interface Accuracy<Name> {
  readonly name: Name
  readonly reference: (x: number) => Precise
  /** To the digits of f32 at least. */
  readonly native: (x: number) => number
  /** Largest error in units in the last place. */
  readonly bound: Readonly<Record<FloatDType, number>>
  /** Where arguments are interesting. */
  readonly range: readonly [number, number]
  /** Where the function is defined. */
  readonly defined?: (x: number) => boolean
}

type Unary = { [K in keyof Algebra]: Algebra[K] extends (a: V) => V ? K : never }[keyof Algebra]

/** Asserts the bound of a function, and tells the largest error. */
export function expectAccurate(
  dtype: FloatDType,
  { name, reference, native, bound, range, defined }: Accuracy<Unary>,
) {
  const all = argumentsOf(dtype, range, dtype === 'f32' ? 4_000 : 1_000)
  const x = defined ? all.filter(defined) : all
  for (const features of FEATURES) {
    const out = evaluate((m, a) => m[name](a as V), [x], features)
    let worst = { error: 0, at: 0 }
    x.forEach((value, k) => {
      const exact = dtype === 'f64' ? reference(value) : { high: native(value), low: 0, exponent: 0 }
      const zero = exact.high === 0 && out[k] === 0
      const error = zero ? 0 : ulps(dtype, out[k] as number, exact)
      if (Number.isNaN(error)) throw new Error(`no error at ${value}`)
      if (error > worst.error) worst = { error, at: value }
    })
    console.log(
      `${name} ${dtype} ${features.fma ? 'fused' : ''}: ${worst.error.toFixed(3)} ulp at ${worst.at}`,
    )
    expect(worst.error, `at ${worst.at}`).toBeLessThan(bound[dtype])
  }
}
