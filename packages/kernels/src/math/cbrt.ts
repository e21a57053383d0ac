/**
 * ∛x = 2^q·∛z with x = 2^(3q + r)·(1 + f), z = 2^r·(1 + f) and r among −1, 0, 1. ∛(1 + f) starts from a minimax polynomial
 * (Remez, relative error 1e−5); Halley's iteration t ← t + t·(z/t² − t) / (2t + z/t²) triples its digits. In the last
 * one t has half the digits, so that t² is exact, and the error is that of the correction and of one sum.
 *
 * Largest errors found: 0.74 ulp in f32, 0.67 ulp in f64 (`powers.test.ts`).
 */
import { headOf } from './double.js'
import type { FloatVectors } from './float-vectors.js'
import { reduceLog } from './log.js'
import type { V } from './vectors.js'

/** ∛y for √½ ≤ y ≤ √2. */
const seed = [
  0.45227322904049544, 0.9023821874947852, -0.5320333013750558, 0.2146233693613928, -0.03724035520862011,
]

/** The cube root of x. */
export function cbrt(m: FloatVectors, x: V): V {
  const { fractionBits, bias } = m.format
  const { e, f } = reduceLog(m, m.abs(x))
  const y = m.add(f, m.constant(1))
  const q = m.round(m.mul(e, m.constant(1 / 3)))
  const r = m.sub(e, m.mul(q, m.constant(3)))
  const [up, down] = [m.greater(r, m.constant(0.5)), m.less(r, m.constant(-0.5))]
  const pick = (a: number, b: number, c: number) =>
    m.select(up, m.constant(c), m.select(down, m.constant(a), m.constant(b)))
  const z = m.mul(y, pick(0.5, 1, 2))

  const halley = (t: V) => {
    const quotient = m.div(z, m.mul(t, t))
    return m.madd(t, m.div(m.sub(quotient, t), m.add(m.add(t, t), quotient)), t)
  }
  const start = m.mul(m.polynomial(y, seed), pick(2 ** (-1 / 3), 1, 2 ** (1 / 3)))
  const root = halley(headOf(m, m.dtype === 'f64' ? halley(start) : start))

  const exponent = m.add(q, m.constant(1.5 * 2 ** fractionBits + bias))
  const size = m.mul(root, m.shiftLeft(exponent, fractionBits))
  const regular = m.and(m.notEqual(x, m.constant(0)), m.less(m.abs(x), m.constant(Infinity)))
  return m.select(regular, m.or(size, m.sign(x)), m.add(x, x))
}
