import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown } from '../options.js'
import { formatAval } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { square } from './arithmetic.js'
import { type Axes, normalizeAxes, normalizeAxis } from './axes.js'
import { notEqual } from './comparison.js'
import { convert } from './convert.js'
import { pow } from './power.js'
import { kept, REDUCE_OPTIONS, type ReduceOptions } from './reduce.js'
import { max, min, sum } from './reduction.js'
import { safeRoot } from './safe-root.js'
import { reshape, transpose } from './shape.js'
import { abs } from './sign.js'
import { singularValues } from './svd.js'

/** Which norm: of vectors a number p, of matrices ±1, ±2, ±Infinity or a name. */
export type NormOrder = number | 'fro' | 'nuc'

/** Options of {@link norm}. */
export interface NormOptions extends ReduceOptions {
  /** Default: √Σ x² over all axes, however many. */
  readonly ord?: NormOrder
}

/**
 * Norm along axes, by default √Σ x² of all elements. With `ord` by NumPy's rules: along one axis (or of a vector) a
 * number p is (Σ |x|ᵖ)^1/p, ±Infinity the largest or smallest absolute value, and 0 the number of elements that are
 * not 0; along two (or of a matrix) `'fro'` is √Σ x², 1 and Infinity the largest sum of absolute values of a column
 * and of a row, 2 the largest singular value, −1, −Infinity and −2 the smallest ones, and `'nuc'` the sum of the
 * singular values. Roots have the derivative 0 at the origin.
 *
 * @throws {@link OptionError} for an order that the axes do not have, and axes that are not there.
 * @example
 * norm(tensor([3, 4])).item() // → 5
 * norm(tensor([3, -4]), { ord: 1 }).item() // → 7
 * norm(tensor([[3, 0], [0, 4]]), { ord: 'nuc' }).item() // → 7
 * grad(x => norm(x))(tensor([0, 0])).toArray() // → [0, 0]
 */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  const { ord, ...reduced } = checkOptions('norm', options, [...REDUCE_OPTIONS, 'ord'])
  if (ord === undefined) return safeRoot(sum(square(x), reduced))
  const axes = axesInOrder(x, reduced.axis)
  if (axes.length === 1 && typeof ord === 'number' && !Number.isNaN(ord)) {
    return vectorNorm(x, ord, { ...reduced, axis: axes })
  }
  const measure = axes.length === 2 && matrixNorms.get(ord)
  if (!measure) throw badOrder(x, ord, axes)
  const rest = x.shape.flatMap((_, k) => (axes.includes(k) ? [] : [k]))
  const out = measure(transpose(x, [...rest, ...axes]))
  return reduced.keepdims ? reshape(out, kept(x.shape, axes)) : out
}

/** Axes as they were given: rows come first. */
function axesInOrder(x: Tensor, axes: Axes | undefined): readonly number[] {
  if (typeof axes !== 'object') return normalizeAxes('norm', x.aval, axes)
  normalizeAxes('norm', x.aval, axes)
  return axes.map(axis => normalizeAxis('norm', x.aval, axis))
}

function vectorNorm(x: Tensor, p: number, options: ReduceOptions): Tensor {
  const sizes = abs(x)
  if (p === Number.POSITIVE_INFINITY) return max(sizes, options)
  if (p === Number.NEGATIVE_INFINITY) return min(sizes, options)
  if (p === 0) return sum(convert(notEqual(x, 0), x.dtype), options)
  if (p === 1) return sum(sizes, options)
  if (p === 2) return safeRoot(sum(square(x), options))
  return safeRoot(sum(pow(sizes, p), options), p)
}

const columnSums = (x: Tensor) => sum(abs(x), { axis: -2 })
const rowSums = (x: Tensor) => sum(abs(x), { axis: -1 })
const last = { axis: -1 }

/** Norms of the matrices in the last two axes. */
const matrixNorms: ReadonlyMap<NormOrder, (x: Tensor) => Tensor> = new Map<NormOrder, (x: Tensor) => Tensor>([
  ['fro', x => safeRoot(sum(square(x), { axis: [-2, -1] }))],
  ['nuc', x => sum(singularValues(x), last)],
  [1, x => max(columnSums(x), last)],
  [-1, x => min(columnSums(x), last)],
  [2, x => max(singularValues(x), last)],
  [-2, x => min(singularValues(x), last)],
  [Number.POSITIVE_INFINITY, x => max(rowSums(x), last)],
  [Number.NEGATIVE_INFINITY, x => min(rowSums(x), last)],
])

const badOrder = (x: Tensor, ord: unknown, axes: readonly number[]) =>
  new OptionError({
    summary: `norm: order ${shown(ord)} of ${formatAval(x.aval)} along [${axes}].`,
    expected: "a number along one axis; 1, -1, 2, -2, ±Infinity, 'fro' or 'nuc' along two",
    at: callerLocation(),
  })
