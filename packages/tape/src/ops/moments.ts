import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown } from '../options.js'
import { checkTensor, type Tensor } from '../record/index.js'
import { div, square, sub } from './arithmetic.js'
import { normalizeAxes } from './axes.js'
import type { ReduceOptions } from './reduce.js'
import { REDUCE_OPTIONS } from './reduce.js'
import { mean, sum } from './reduction.js'
import { safeRoot } from './safe-root.js'

const VARIANCE_OPTIONS = [...REDUCE_OPTIONS, 'ddof']

/** Options of {@link variance} and {@link std}. */
export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the number of elements in the divisor: 0 (default) of all, 1 of a sample. */
  readonly ddof?: number
}

/**
 * Mean squared distance from the mean, along axes: Σ (x − mean)² / (n − ddof), in two passes.
 *
 * @throws {@link OptionError} if `ddof` is no number.
 * @example
 * variance(tensor([1, 2, 3, 4])).item() // → 1.25
 * variance(tensor([1, 3]), { ddof: 1 }).item() // → 2
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  checkTensor('variance', 'x', x)
  const { ddof = 0, ...reduced } = checkOptions('variance', options, VARIANCE_OPTIONS)
  if (!Number.isFinite(ddof)) {
    throw new OptionError({
      summary: `variance: ddof ${shown(ddof)}.`,
      expected: 'a number',
      at: callerLocation(),
    })
  }
  const axis = normalizeAxes('variance', x.aval, reduced.axis)
  const count = axis.reduce((product, k) => product * (x.shape[k] as number), 1)
  const distances = sub(x, mean(x, { axis, keepdims: true }))
  return div(sum(square(distances), { ...reduced, axis }), count - ddof)
}

/**
 * Standard deviation along axes, the root of the {@link variance}; its derivative where all elements are equal is 0.
 *
 * @throws {@link OptionError} if `ddof` is no number.
 * @example
 * std(tensor([1, 3])).item() // → 1
 */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor => {
  checkTensor('std', 'x', x)
  return safeRoot(variance(x, checkOptions('std', options, VARIANCE_OPTIONS)))
}
