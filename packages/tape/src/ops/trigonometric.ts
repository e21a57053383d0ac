import type { Tensor } from '../record/index.js'
import { add, neg, square } from './arithmetic.js'
import { unary } from './elementwise.js'

/**
 * Sine of x in radians.
 *
 * @example
 * sin(tensor([0, 1])).toArray() // → [0.0, 0.841471]
 */
export const sin = unary('sin', {
  summary: 'Sine.',
  kernel: (m, x) => m.sin(x),
  derivative: (x): Tensor => cos(x),
})

/**
 * Cosine of x in radians.
 *
 * @example
 * cos(tensor([0, 1])).toArray() // → [1, 0.540302]
 */
export const cos = unary('cos', {
  summary: 'Cosine.',
  kernel: (m, x) => m.cos(x),
  derivative: x => neg(sin(x)),
})

/**
 * Tangent of x in radians.
 *
 * @example
 * tan(tensor([0, 1])).toArray() // → [0.0, 1.557408]
 */
export const tan = unary('tan', {
  summary: 'Tangent.',
  domain: [-1, 1],
  kernel: (m, x) => m.tan(x),
  derivative: (_x, out) => add(1, square(out)), // d tan = 1 + out²
})
