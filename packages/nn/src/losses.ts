import {
  dataOf,
  equal,
  formatAval,
  fromData,
  greaterEqual,
  less,
  logSoftmax,
  max,
  mean,
  min,
  mul,
  oneHot,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@wengert/tape'

/**
 * Cross-entropy of softmax(logits) against labels: −log softmax(logits)[label], one number a row; NaN for a label that
 * is no class.
 *
 * @param logits [rows, classes]
 * @param labels i32[rows], from 0 to classes − 1
 * @returns [rows]
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * crossEntropy(tensor([[0, 0], [0, 0]]), tensor([0, 1], { dtype: 'i32' })).toArray() // → [0.693147, 0.693147]
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const classes = classesOf('crossEntropy', logits, labels)
  // Chosen, not multiplied: a class that is impossible has −∞, and 0 · −∞ is NaN.
  const own = where(oneHot(labels, classes, 'bool'), logSoftmax(logits), 0)
  const loss = sub(0, sum(own, { axis: 1 }))
  return where(greaterEqual(labels, 0), where(less(labels, classes), loss, Number.NaN), Number.NaN)
}

/**
 * Mean squared difference, one number a row.
 *
 * @param x [rows, n] or [rows]
 * @param y as x
 * @returns [rows]
 * @throws ShapeError unless x and y have the same shape.
 * @example
 * mse(tensor([[1, 2], [3, 4]]), tensor([[1, 4], [3, 4]])).toArray() // → [2, 0]
 */
export function mse(x: Tensor, y: Tensor): Tensor {
  if (x.rank === 0 || x.shape.join() !== y.shape.join()) {
    throw new ShapeError({
      summary: `mse: shapes differ: x ${formatAval(x.aval)}, y ${formatAval(y.aval)}.`,
      expected: 'the same shape, with a first axis of rows',
      fix: 'reshape one of them',
    })
  }
  const squares = square(sub(x, y))
  return x.rank === 1 ? squares : mean(squares, { axis: squares.shape.slice(1).map((_, k) => k + 1) })
}

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
  })
}
