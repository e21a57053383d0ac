import {
  callerLocation,
  checkTensor,
  dataOf,
  equal,
  formatAval,
  fromData,
  max,
  min,
  mul,
  oneHot,
  ShapeError,
  sum,
  type Tensor,
  where,
} from '@wengert/tape'

/**
 * 1 for each row whose label is predicted, 0 for the others. The prediction is the first of the largest logits; a row
 * with NaN among its logits predicts nothing, and a label that is no class is never predicted.
 *
 * @param logits [rows, classes]
 * @param labels i32[rows]
 * @returns [rows], of the dtype of the logits
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * hits(tensor([[1, 2], [4, 3], [5, 5]]), tensor([1, 1, 1], { dtype: 'i32' })).toArray() // → [1, 0, 0]
 */
export function hits(logits: Tensor, labels: Tensor): Tensor {
  checkTensor('hits', 'logits', logits)
  checkTensor('hits', 'labels', labels)
  const classes = classesOf('hits', logits, labels)
  const places = fromData(
    { dtype: 'i32', shape: [classes] },
    Int32Array.from({ length: classes }, (_, k) => k),
  )
  // NaN is the maximum of its row and equals nothing, so that no place is left but one past the end.
  const largest = equal(logits, max(logits, { axis: 1, keepdims: true }))
  const predicted = min(where(largest, places, classes), { axis: 1 })
  const vector = (of: Tensor) => oneHot(of, classes, logits.dtype)
  return sum(mul(vector(labels), vector(predicted)), { axis: 1 })
}

/**
 * Share of hits among rows, added in f64.
 *
 * @param found what {@link hits} returned.
 * @example
 * accuracy(hits(tensor([[1, 2], [4, 3]]), tensor([1, 1], { dtype: 'i32' }))) // → 0.5
 */
export function accuracy(found: Tensor): number {
  checkTensor('accuracy', 'found', found)
  let count = 0
  for (const hit of dataOf(found)) count += hit
  return count / found.size
}

/** How many classes there are. */
function classesOf(name: string, logits: Tensor, labels: Tensor): number {
  const [rows, classes] = logits.shape
  if (logits.rank === 2 && classes !== undefined && labels.shape.join() === `${rows}`) return classes
  throw new ShapeError({
    summary: `${name}: logits ${formatAval(logits.aval)} and labels ${formatAval(labels.aval)} do not fit.`,
    expected: 'logits [rows, classes] and labels i32[rows]',
    at: callerLocation(),
  })
}
