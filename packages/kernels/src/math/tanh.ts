/**
 * tanh(y) for y = |x|, and the sign of x. With y = n·(ln 2)/2 + h and t = tanh(h), by the addition theorem
 * tanh(y) = N / (N + 2·(1 − t)), N = (2ⁿ + 1)·t + 2ⁿ − 1, where errors of N hardly matter if it is large, and up to 0.3,
 * where n = 0, the result is t itself. For that n is rounded down, from a multiple of ¼; |h| ≤ 0.304.
 * t = h + h³·P(h²), P minimax (Remez), relative error below 2e−10 in f32 and 3e−18 in f64.
 *
 * Largest errors found: 1.73 ulp in f32 (of all numbers in 1/32 … 10), 1.72 ulp in f64 (`accuracy.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import type { FloatVectors } from './float-vectors.js'
import { ln2Of } from './ln2.js'
import type { V } from './vectors.js'

/** (tanh(h)/h − 1) / h² in powers of h². */
const curve: Readonly<Record<FloatDType, readonly number[]>> = {
  f32: [-0.33333329241881515, 0.1333290005067139, -0.0538251411189037, 0.01998842105102659],
  f64: [
    -0.3333333333333324, 0.1333333333330165, -0.05396825393012768, 0.02186948631528335, -0.008863163839942905,
    0.0035907752730237785, -0.0014409316916112326, 0.0005003154544209777,
  ],
}

/** tanh is 1 from here on. */
const saturation: Readonly<Record<FloatDType, number>> = { f32: 10, f64: 20 }

/** tanh(x). */
export function tanh(m: FloatVectors, x: V): V {
  const { fractionBits, bias } = m.format
  const [one, two] = [m.constant(1), m.constant(2)]
  const y = m.atMost(m.abs(x), saturation[m.dtype])
  // Sums with it are multiples of ¼; without the last two bits they are whole.
  const shift = m.constant(1.5 * 2 ** (fractionBits - 2) + bias)
  const exponent = m.and(m.madd(y, m.constant(2 * Math.LOG2E), shift), m.bits(-4n))
  const h = reduce(m, y, m.sub(exponent, shift))
  const z = m.mul(h, h)
  const t = m.madd(m.mul(h, z), m.polynomial(z, curve[m.dtype]), h)

  const power = m.shiftLeft(exponent, fractionBits - 2)
  const numerator = m.madd(m.add(power, one), t, m.sub(power, one))
  const quotient = m.div(numerator, m.add(numerator, m.nmadd(two, t, two)))
  return m.or(quotient, m.sign(x))
}

/** y − n·(ln 2)/2. */
function reduce(m: FloatVectors, y: V, n: V): V {
  // The f32 next to ln 2 is so near to it that one part does for n ≤ 29, where the product is not rounded.
  if (m.dtype === 'f32' && m.module.features.fma) return m.nmadd(n, m.constant(Math.LN2 / 2), y)
  const { high, low } = ln2Of[m.dtype]
  return m.nmadd(n, m.constant(low / 2), m.nmadd(n, m.constant(high / 2), y))
}
