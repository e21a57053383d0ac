import type { Tensor } from '../record/index.js'
import { mul, neg, square } from './arithmetic.js'
import { unary } from './elementwise.js'
import { exp } from './exponential.js'

/** d erf = 2/√π·exp(−x²) */
const bell = (x: Tensor): Tensor => mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))))

/**
 * The error function 2/√π ∫₀ˣ exp(−t²) dt.
 *
 * @example
 * erf(tensor([0, 1])).toArray() // → [0.0, 0.842701]
 */
export const erf = unary('erf', {
  summary: 'The error function.',
  kernel: (m, x) => m.erf(x),
  derivative: bell,
})

/**
 * 1 − erf(x), with all digits also where it is small.
 *
 * @example
 * erfc(tensor([0, 2])).toArray() // → [1, 0.004677735]
 */
export const erfc = unary('erfc', {
  summary: '1 − erf(x).',
  kernel: (m, x) => m.erfc(x),
  derivative: x => neg(bell(x)),
})

/**
 * The number whose error function is x; ±∞ at ±1, NaN beyond.
 *
 * @example
 * erfinv(tensor([0, 0.842701])).toArray() // ≈ [0, 1]
 */
export const erfinv = unary('erfinv', {
  summary: 'Inverse of the error function.',
  domain: [-0.7, 0.7],
  kernel: (m, x) => m.erfinv(x),
  // d erf⁻¹ = √π/2·exp(out²)
  derivative: (_x, out) => mul(Math.sqrt(Math.PI) / 2, exp(square(out))),
})
