import { checkOptions } from '../options.js'
import { checkTensor, type Tensor } from '../record/index.js'
import { add, div, sub } from './arithmetic.js'
import { exp } from './exponential.js'
import { log } from './logarithm.js'
import { REDUCE_OPTIONS } from './reduce.js'
import { max, type ReduceOptions, sum } from './reduction.js'
import { reshape, stopGradient } from './shape.js'
import { maximum, minimum } from './where.js'

/** The largest finite f32. */
const LARGEST_F32 = (2 - 2 ** -23) * 2 ** 127

/**
 * Maximum along an axis, which keeps length 1. What it is subtracted from shifts by it, so it cancels and is a
 * constant for derivatives; it stays finite, since ∞ − ∞ is NaN.
 */
function shiftOf(x: Tensor, axis: ReduceOptions['axis']): Tensor {
  const finite = x.dtype === 'f64' ? Number.MAX_VALUE : LARGEST_F32
  const largest = max(x, { ...(axis === undefined ? {} : { axis }), keepdims: true })
  return stopGradient(minimum(maximum(largest, -finite), finite))
}

/**
 * log Σ exp(x) along an axis, shifted by the maximum so that nothing overflows; −∞ if every x is.
 *
 * @example
 * logsumexp(tensor([1000, 1000])).item() // → 1000.6931
 */
export function logsumexp(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('logsumexp', 'x', x)
  const { axis = -1, keepdims = false } = checkOptions('logsumexp', options, REDUCE_OPTIONS)
  const shift = shiftOf(x, axis)
  const out = log(sum(exp(sub(x, shift)), { axis }))
  const total = add(out, reshape(shift, out.shape))
  return keepdims ? reshape(total, shift.shape) : total
}

/**
 * Logarithm of softmax along an axis: x − log Σ exp(x), as accurate for large x as for small ones.
 *
 * @example
 * logSoftmax(tensor([0, 0])).toArray() // → [-0.693147, -0.693147]
 */
export function logSoftmax(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('logSoftmax', 'x', x)
  const { axis = -1 } = checkOptions('logSoftmax', options, ['axis'])
  // Shifting x first, not its logarithm last, leaves no rounding error in proportion to |x|.
  const shifted = sub(x, shiftOf(x, axis))
  return sub(shifted, log(sum(exp(shifted), { axis, keepdims: true })))
}

/**
 * Softmax along an axis: positive numbers that add up to 1, in proportion to exp(x).
 *
 * @example
 * softmax(tensor([0, 0])).toArray() // → [0.5, 0.5]
 */
export function softmax(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('softmax', 'x', x)
  const { axis = -1 } = checkOptions('softmax', options, ['axis'])
  const powers = exp(sub(x, shiftOf(x, axis)))
  return div(powers, sum(powers, { axis, keepdims: true }))
}
