import { div, mul, square, sub } from './arithmetic.js'
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
 * Natural logarithm; −∞ at 0, NaN below.
 *
 * @example
 * log(tensor([1, 10])).toArray() // → [0.0, 2.302585]
 */
export const log = unary('log', {
  summary: 'Natural logarithm.',
  domain: [0.2, 4],
  kernel: (m, x) => m.log(x),
  scale: (t, x) => div(t, x),
})

/**
 * Square root; NaN below 0.
 *
 * @example
 * sqrt(tensor([4, 9])).toArray() // → [2, 3]
 */
export const sqrt = unary('sqrt', {
  summary: '√x.',
  domain: [0.2, 4],
  kernel: (m, x) => m.sqrt(x),
  derivative: (_x, out) => div(0.5, out), // d √x = 1 / (2√x)
})

/**
 * Hyperbolic tangent.
 *
 * @example
 * tanh(tensor([0, 0.5])).toArray() // → [0.0, 0.462117]
 */
export const tanh = unary('tanh', {
  summary: 'Hyperbolic tangent.',
  domain: [-3, 3],
  kernel: (m, x) => m.tanh(x),
  derivative: (_x, out) => sub(1, square(out)), // d tanh = 1 − out²
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
