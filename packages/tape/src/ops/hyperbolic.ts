import type { Tensor } from '../record/index.js'
import { add, div, mul, square, sub } from './arithmetic.js'
import { unary } from './elementwise.js'
import { hypot, reciprocal, rsqrt } from './power.js'

/**
 * Hyperbolic sine.
 *
 * @example
 * sinh(tensor([0, 1])).toArray() // → [0.0, 1.175201]
 */
export const sinh = unary('sinh', {
  summary: 'Hyperbolic sine.',
  kernel: (m, x) => m.sinh(x),
  derivative: (x): Tensor => cosh(x),
})

/**
 * Hyperbolic cosine.
 *
 * @example
 * cosh(tensor([0, 1])).toArray() // → [1, 1.543081]
 */
export const cosh = unary('cosh', {
  summary: 'Hyperbolic cosine.',
  kernel: (m, x) => m.cosh(x),
  derivative: x => sinh(x),
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
 * The inverse of the hyperbolic sine.
 *
 * @example
 * asinh(tensor([0, 1])).toArray() // → [0.0, 0.881374]
 */
export const asinh = unary('asinh', {
  summary: 'Inverse hyperbolic sine.',
  kernel: (m, x) => m.asinh(x),
  derivative: x => reciprocal(hypot(x, 1)), // d asinh x = 1 / √(x² + 1)
})

/**
 * The inverse of the hyperbolic cosine, NaN below 1; its derivative at 1 is ∞.
 *
 * @example
 * acosh(tensor([1, 2])).toArray() // → [0.0, 1.316958]
 */
export const acosh = unary('acosh', {
  summary: 'Inverse hyperbolic cosine.',
  domain: [1.2, 4],
  kernel: (m, x) => m.acosh(x),
  derivative: x => mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1))), // d acosh x = 1 / √(x² − 1)
})

/**
 * The inverse of the hyperbolic tangent, ±∞ at ±1, NaN beyond.
 *
 * @example
 * atanh(tensor([0, 0.5])).toArray() // → [0.0, 0.549306]
 */
export const atanh = unary('atanh', {
  summary: 'Inverse hyperbolic tangent.',
  domain: [-0.8, 0.8],
  kernel: (m, x) => m.atanh(x),
  scale: (t, x) => div(t, mul(sub(1, x), add(1, x))), // d atanh x = 1 / (1 − x²)
})
