import { add, div, mul } from './arithmetic.js'
import { unary } from './elementwise.js'

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
 * Logarithm to the base 2; −∞ at 0, NaN below.
 *
 * @example
 * log2(tensor([8, 0.25])).toArray() // → [3, -2]
 */
export const log2 = unary('log2', {
  summary: 'Logarithm to the base 2.',
  domain: [0.2, 4],
  kernel: (m, x) => m.log2(x),
  scale: (t, x) => div(mul(Math.LOG2E, t), x), // d log₂ x = log₂ e / x
})

/**
 * Logarithm to the base 10; −∞ at 0, NaN below.
 *
 * @example
 * log10(tensor([1000, 2])).toArray() // → [3, 0.30103]
 */
export const log10 = unary('log10', {
  summary: 'Logarithm to the base 10.',
  domain: [0.2, 4],
  kernel: (m, x) => m.log10(x),
  scale: (t, x) => div(mul(Math.LOG10E, t), x), // d log₁₀ x = log₁₀ e / x
})

/**
 * log(1 + x), with all digits also where x is small; −∞ at −1, NaN below.
 *
 * @example
 * log1p(tensor([0, 1e-10])).toArray() // → [0.0, 1e-10]
 */
export const log1p = unary('log1p', {
  summary: 'log(1 + x).',
  domain: [-0.8, 3],
  kernel: (m, x) => m.log1p(x),
  scale: (t, x) => div(t, add(1, x)),
})
