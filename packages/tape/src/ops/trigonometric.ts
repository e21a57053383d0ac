import type { Tensor } from '../record/index.js'
import { neg } from './arithmetic.js'
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
