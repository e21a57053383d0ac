/**
 * exp(x) = 2ⁿ·exp(r) with n = round(x·log₂e) and r = x − n·ln 2 in two parts (Cody & Waite 1980); exp(r) − 1 − r
 * is r² times a minimax polynomial (Remez), relative error below 3.1e−9 in f32 and 4e−18 in f64. Adding 1.5·2^p
 * rounds to an integer and leaves that integer in the low bits.
 *
 * Denormal results are rounded once. Largest errors found: 1.01 ulp in f32, 1.00 ulp in f64 (`accuracy.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import type { FloatVectors } from './float-vectors.js'
import { ln2Of } from './ln2.js'
import type { V } from './vectors.js'

/** (exp(r) − 1 − r) / r² for |r| ≤ ln 2 / 2. */
export const expTails: Readonly<Record<FloatDType, readonly number[]>> = {
  f32: [
    0.4999999403953552, 0.1666652113199234, 0.04166838899254799, 0.008368724957108498, 0.0013814610429108143,
  ],
  f64: [
    0.5000000000000011, 0.16666666666666413, 0.04166666666653048, 0.008333333333494612, 0.0013888888943572582,
    0.00019841269506127955, 2.4801493137495776e-5, 2.7557586809898596e-6, 2.763024062355546e-7,
    2.4999928386868633e-8,
  ],
}

/** Below the first exp is 0, above the second ∞. */
const ranges: Readonly<Record<FloatDType, readonly [number, number]>> = { f32: [-104, 89], f64: [-746, 710] }

/** exp(x). */
export function exp(m: FloatVectors, x: V): V {
  const { curve, factors } = factorsOf(m, x)
  return m.mul(m.mul(m.add(curve, m.constant(1)), factors[0]), factors[1])
}

/** a·exp(x + low), with one rounding of the product of a and the fraction. */
export function timesExp(m: FloatVectors, a: V, x: V, low: V): V {
  const { curve, factors } = factorsOf(m, x, low)
  return m.mul(m.mul(m.madd(a, curve, a), factors[0]), factors[1])
}

/** exp(x + low) = (1 + curve)·factors[0]·factors[1]. */
function factorsOf(m: FloatVectors, x: V, low?: V): { curve: V; factors: readonly [V, V] } {
  const [lowest, highest] = ranges[m.dtype]
  const bounded = m.atMost(m.atLeast(x, lowest), highest)
  const { curve, exponent } = reduceExp(m, bounded, { sign: 1, offset: 2 * m.format.bias, low })
  return { curve, factors: twoFactors(m, exponent) }
}

/** How {@link reduceExp} works. */
interface Reduce {
  /** Whether exp(r) or exp(−r) is wanted. */
  readonly sign: 1 | -1
  /** What to add to n. */
  readonly offset: number
  /** Keeps the rounding error of r out of the result; only for sign 1. */
  readonly precise?: boolean
  /** What x lacks; not together with `precise`. */
  readonly low?: V | undefined
}

/** x = n·ln 2 + r: exp(±r) − 1, and n + offset in the low bits of `exponent`. */
export function reduceExp(
  m: FloatVectors,
  x: V,
  { sign, offset, precise = false, low: rest }: Reduce,
): { curve: V; exponent: V } {
  const { high, low } = ln2Of[m.dtype]
  const shift = m.constant(1.5 * 2 ** m.format.fractionBits + offset)
  const exponent = m.madd(x, m.constant(Math.LOG2E), shift)
  const n = m.sub(exponent, shift)
  const near = m.nmadd(n, m.constant(high), x)
  const exact = m.nmadd(n, m.constant(low), near)
  const r = rest ? m.add(exact, rest) : exact
  // exp(−r) − 1 = r²·P(−r) − r.
  const tail = expTails[m.dtype].map((c, k) => c * sign ** k)
  const bend = m.polynomial(r, tail)
  const square = m.mul(r, r)
  if (sign === -1) return { curve: m.sub(m.mul(square, bend), r), exponent }
  // r = near − n·low, where near is exact.
  const curve = precise
    ? m.add(m.nmadd(n, m.constant(low), m.mul(square, bend)), near)
    : m.madd(square, bend, r)
  return { curve, exponent }
}

/**
 * 2ⁿ as a product, of an exponent n + 2·bias, as it may be out of range though a multiple of it is not: the biased exponents of the two
 * factors are the halves of that.
 */
export function twoFactors(m: FloatVectors, exponent: V): readonly [V, V] {
  const { fractionBits } = m.format
  const both = m.shiftLeft(exponent, fractionBits)
  const first = m.and(m.shiftRight(both, 1), m.bits(-1n << BigInt(fractionBits)))
  return [first, m.subBits(both, first)]
}
