/**
 * exp(x) − 1 = 2ⁿ·(exp(r) − 1) + (2ⁿ − 1) with x = n·ln 2 + r as in `exp.ts`, computed at half its size, since 2ⁿ may
 * overflow where the result does not. For n = 0 it is exp(r) − 1 itself.
 *
 * Largest errors found: 1.40 ulp in f32, 1.13 ulp in f64 (`powers.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import { reduceExp } from './exp.js'
import type { FloatVectors } from './float-vectors.js'
import type { V } from './vectors.js'

/** Below the first the result is −1, above the second ∞. */
const ranges: Readonly<Record<FloatDType, readonly [number, number]>> = { f32: [-20, 89], f64: [-40, 710] }

/** exp(x) − 1. */
export function expm1(m: FloatVectors, x: V): V {
  const { bias, fractionBits } = m.format
  const [lowest, highest] = ranges[m.dtype]
  const bounded = m.atMost(m.atLeast(x, lowest), highest)
  const { curve, exponent } = reduceExp(m, bounded, { sign: 1, offset: bias - 1, precise: true })
  const halfPower = m.shiftLeft(exponent, fractionBits)
  const half = m.madd(halfPower, curve, m.sub(halfPower, m.constant(0.5)))
  const near = m.equal(halfPower, m.constant(0.5))
  // The sign of x is that of the result, and −0 has one too.
  return m.or(m.select(near, curve, m.add(half, half)), m.sign(x))
}
