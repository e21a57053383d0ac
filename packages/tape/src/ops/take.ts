import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions } from '../options.js'
import { formatAval, isFloat, sameShape } from '../program/index.js'
import { checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { add, div } from './arithmetic.js'
import { normalizeAxis } from './axes.js'
import { less } from './comparison.js'
import { broadcastTo } from './reduction.js'
import { checkIndices, gatherAlong, gatherRows, scatterRows } from './rows.js'
import { reshape } from './shape.js'
import { where } from './where.js'

/** Along which axis indices count. */
export interface AlongOptions {
  readonly axis?: number
}

/**
 * Rows of a tensor by their indices along an axis, by default the first: with a table x [words, features] this is an
 * embedding. Negative indices count from the end. An index outside gives NaN in a float and 0 or false in other
 * dtypes (a compiled program cannot throw), and no derivative.
 *
 * @param indices i32[...]
 * @returns the shape of x with that of the indices in place of the axis
 * @throws {@link DTypeError} unless the indices are i32; {@link OptionError} for an axis that is not there.
 * @example
 * const x = tensor([[1, 2], [3, 4], [5, 6]])
 * take(x, tensor([2, 0], { dtype: 'i32' })).toArray() // → [[5, 6], [1, 2]]
 * take(x, tensor(-1, { dtype: 'i32' }), { axis: 1 }).toArray() // → [2, 4, 6]
 */
export function take(x: Tensor, indices: Tensor, options: AlongOptions = {}): Tensor {
  checkTensor('take', 'x', x)
  checkTensor('take', 'indices', indices)
  const { axis = 0 } = checkOptions('take', options, ['axis'])
  checkIndices('take', indices)
  return gatherRows(x, indices, { batchRank: 0, axis: normalizeAxis('take', x.aval, axis) }, 'nan')
}

/**
 * Elements of a tensor by their indices along an axis, by default the last, with indices of their own for every line:
 * out[i, k] = x[i, indices[i, k]]. It fits what argsort and argmax (with keepdims) return. Indices count as those of
 * {@link take}.
 *
 * @param indices i32, of the shape of x but for the axis
 * @throws {@link DTypeError} unless the indices are i32; {@link ShapeError} if they differ in another axis.
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * takeAlongAxis(x, tensor([[2], [0]], { dtype: 'i32' })).toArray() // → [[3], [4]]
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, options: AlongOptions = {}): Tensor {
  checkTensor('takeAlongAxis', 'x', x)
  checkTensor('takeAlongAxis', 'indices', indices)
  const { axis = -1 } = checkOptions('takeAlongAxis', options, ['axis'])
  checkIndices('takeAlongAxis', indices)
  const along = normalizeAxis('takeAlongAxis', x.aval, axis)
  const length = indices.shape[along]
  if (length === undefined || !sameShape(x.shape.with(along, length), indices.shape)) {
    throw new ShapeError({
      summary: `takeAlongAxis: indices do not line up: x ${formatAval(x.aval)}, indices ${formatAval(indices.aval)}.`,
      expected: `equal lengths but for axis ${along}`,
      at: callerLocation(),
      fix: 'broadcast one of them, or use take for the same indices everywhere',
    })
  }
  return gatherAlong(x, indices, along, 'nan')
}

/**
 * A tensor with rows added to those that indices name along an axis, by default the first: x[indices[k]] += rows[k].
 * Rows of equal indices are added in their order, so bits are the same every time. Negative indices count from the end;
 * rows of indices outside are dropped.
 *
 * @param indices i32[...]
 * @param rows the shape of x with that of the indices in place of the axis
 * @throws {@link DTypeError} unless the indices are i32 and both tensors numbers of one dtype; {@link ShapeError} if the
 * rows do not fit.
 * @example
 * const indices = tensor([2, 0, 2], { dtype: 'i32' })
 * scatterAdd(tensor([1, 1, 1]), indices, tensor([10, 20, 30])).toArray() // → [21, 1, 41]
 */
export function scatterAdd(x: Tensor, indices: Tensor, rows: Tensor, options: AlongOptions = {}): Tensor {
  checkTensor('scatterAdd', 'x', x)
  checkTensor('scatterAdd', 'indices', indices)
  checkTensor('scatterAdd', 'rows', rows)
  const { axis = 0 } = checkOptions('scatterAdd', options, ['axis'])
  checkIndices('scatterAdd', indices)
  const along = normalizeAxis('scatterAdd', x.aval, axis)
  checkNumbers('scatterAdd', x, rows)
  const shape = x.shape.toSpliced(along, 1, ...indices.shape)
  if (!sameShape(rows.shape, shape)) {
    throw new ShapeError({
      summary: `scatterAdd: rows ${formatAval(rows.aval)} do not fit x ${formatAval(x.aval)} at indices ${formatAval(indices.aval)}.`,
      expected: `rows ${formatAval({ dtype: x.dtype, shape })}`,
      at: callerLocation(),
    })
  }
  return add(x, scatterRows(rows, indices, { batchRank: 0, axis: along }, x.shape[along] as number))
}

/**
 * Sums of the rows of each segment: out[s] = Σ x[k] over all k with segments[k] = s, added in the order of k. Rows of
 * segments outside of 0 … count − 1 are dropped.
 *
 * @param segments i32[rows]
 * @param count number of segments
 * @returns [count, ...]
 * @throws {@link DTypeError} unless the segments are i32; {@link ShapeError} unless there is one for every row;
 * {@link OptionError} for a count that is no whole number.
 * @example
 * const segments = tensor([0, 1, 0], { dtype: 'i32' })
 * segmentSum(tensor([1, 2, 3]), segments, 2).toArray() // → [4, 2]
 */
export function segmentSum(x: Tensor, segments: Tensor, count: number): Tensor {
  checkTensor('segmentSum', 'x', x)
  checkTensor('segmentSum', 'segments', segments)
  checkIndices('segmentSum', segments)
  checkNumbers('segmentSum', x, x)
  if (!Number.isInteger(count) || count < 0) {
    throw new OptionError({
      summary: `segmentSum: count ${count}.`,
      expected: 'a whole number of at least 0',
      at: callerLocation(),
    })
  }
  if (segments.rank !== 1 || segments.size !== x.shape[0]) {
    throw new ShapeError({
      summary: `segmentSum: segments ${formatAval(segments.aval)} of ${formatAval(x.aval)}.`,
      expected: `i32[${x.shape[0] ?? ''}], one for each row`,
      at: callerLocation(),
    })
  }
  // Past the end, where negative ones would count from.
  const inside = where(less(segments, 0), count, segments)
  return scatterRows(x, inside, { batchRank: 0, axis: 0 }, count)
}

/**
 * Means of the rows of each segment, as {@link segmentSum} has them; NaN for a segment without rows.
 *
 * @param segments i32[rows]
 * @param count number of segments
 * @returns [count, ...]
 * @throws as {@link segmentSum} does; {@link DTypeError} unless x is a float.
 * @example
 * const segments = tensor([0, 1, 0], { dtype: 'i32' })
 * segmentMean(tensor([1, 2, 4]), segments, 2).toArray() // → [2.5, 2]
 */
export function segmentMean(x: Tensor, segments: Tensor, count: number): Tensor {
  checkTensor('segmentMean', 'x', x)
  checkTensor('segmentMean', 'segments', segments)
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      summary: `segmentMean: dtype not taken: ${formatAval(x.aval)}.`,
      expected: 'f32 or f64',
      at: callerLocation(),
      fix: "convert with x.convert('f32')",
    })
  }
  const sums = segmentSum(x, segments, count)
  const rows = segmentSum(broadcastTo(scalarLike(x, 1), segments.shape), segments, count)
  return div(sums, reshape(rows, [count, ...x.shape.slice(1).map(() => 1)]))
}

function checkNumbers(op: string, x: Tensor, rows: Tensor): void {
  if (x.dtype === rows.dtype && x.dtype !== 'bool') return
  throw new DTypeError({
    summary: `${op}: dtypes do not fit: ${formatAval(x.aval)}, ${formatAval(rows.aval)}.`,
    expected: 'numbers of one dtype',
    at: callerLocation(),
  })
}
