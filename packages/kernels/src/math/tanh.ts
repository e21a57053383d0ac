/**
 * tanh(y) = e / (e + 2) with e = exp(2y) − 1 for y = |x|, and the sign of x. With 2y = n·ln 2 + r as in `exp.ts`,
 * e = 2ⁿ·(exp(r) − 1) + (2ⁿ − 1). For small e the quotient t becomes e/2 − (e/2)·t, its fixed point, which leaves
 * of its rounding errors the part e/2.
 *
 * Largest errors found: 1.93 ulp in f32, 1.98 ulp in f64 (`accuracy.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import { reduceExp } from './exp.js'
import type { FloatVectors } from './float-vectors.js'
import type { V } from './vectors.js'

/** tanh is 1 from here on. */
const saturation: Readonly<Record<FloatDType, number>> = { f32: 10, f64: 20 }

/** tanh(x). */
export function tanh(m: FloatVectors, x: V): V {
  const one = m.constant(1)
  const y = m.atMost(m.abs(x), saturation[m.dtype])
  const { curve, exponent } = reduceExp(m, m.add(y, y), {
    sign: 1,
    offset: m.format.bias,
    precise: m.dtype === 'f64',
  })
  const power = m.shiftLeft(exponent, m.format.fractionBits)
  const e = m.madd(power, curve, m.sub(power, one))
  const quotient = m.div(e, m.add(e, m.constant(2)))
  const half = m.mul(e, m.constant(0.5))
  const positive = m.select(m.less(e, one), m.nmadd(half, quotient, half), quotient)
  return m.or(positive, m.sign(x))
}
