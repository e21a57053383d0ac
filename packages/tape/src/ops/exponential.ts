import { add, mul, sub } from './arithmetic.js'
import { unary } from './elementwise.js'

/**
 * e to the power of x.
 *
 * @example
 * exp(tensor([0, 1])).toArray() // → [1, 2.718282]
 */
export const exp = unary('exp', {
  summary: 'eˣ.',
  kernel: (m, x) => m.exp(x),
  derivative: (_x, out) => out,
})

/**
 * 2 to the power of x.
 *
 * @example
 * exp2(tensor([3, -1])).toArray() // → [8, 0.5]
 */
export const exp2 = unary('exp2', {
  summary: '2ˣ.',
  kernel: (m, x) => m.exp2(x),
  derivative: (_x, out) => mul(Math.LN2, out),
})

/**
 * eˣ − 1, with all digits also where x is small.
 *
 * @example
 * expm1(tensor([0, 1e-10])).toArray() // → [0.0, 1e-10]
 */
export const expm1 = unary('expm1', {
  summary: 'eˣ − 1.',
  kernel: (m, x) => m.expm1(x),
  derivative: (_x, out) => add(out, 1),
})

/**
 * Logistic function 1 / (1 + e⁻ˣ).
 *
 * @example
 * sigmoid(tensor([0, 2])).toArray() // → [0.5, 0.880797]
 */
export const sigmoid = unary('sigmoid', {
  summary: 'Logistic function 1 / (1 + e⁻ˣ).',
  domain: [-4, 4],
  kernel: (m, x) => m.sigmoid(x),
  derivative: (_x, out) => mul(out, sub(1, out)), // d σ = σ(1 − σ)
})
