import type { Tensor } from '../record/index.js'
import { add, sub } from './arithmetic.js'
import { exp, log } from './exponential.js'
import { max, type ReduceOptions, sum } from './reduction.js'
import { reshape, stopGradient } from './shape.js'

/**
 * log Σ exp(x) along an axis, shifted by the maximum so that nothing overflows.
 *
 * @example
 * logsumexp(tensor([1000, 1000])).item() // → 1000.6931
 */
export function logsumexp(x: Tensor, { axis = -1, keepdims = false }: ReduceOptions = {}): Tensor {
  // The shift cancels, so it is a constant for derivatives.
  const shift = stopGradient(max(x, { axis, keepdims: true }))
  const out = log(sum(exp(sub(x, shift)), { axis }))
  const total = add(out, reshape(shift, out.shape))
  return keepdims ? reshape(total, shift.shape) : total
}

/**
 * Logarithm of softmax along an axis: x − log Σ exp(x).
 *
 * @example
 * logSoftmax(tensor([0, 0])).toArray() // → [-0.693147, -0.693147]
 */
export const logSoftmax = (x: Tensor, { axis = -1 } = {}): Tensor =>
  sub(x, logsumexp(x, { axis, keepdims: true }))

/**
 * Softmax along an axis: positive numbers that add up to 1, in proportion to exp(x).
 *
 * @example
 * softmax(tensor([0, 0])).toArray() // → [0.5, 0.5]
 */
export const softmax = (x: Tensor, options: { axis?: number } = {}): Tensor => exp(logSoftmax(x, options))
