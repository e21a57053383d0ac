import {
  convert,
  equal,
  formatAval,
  logsumexp,
  max,
  mean,
  oneHot,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@wengert/tape'

/**
 * Cross-entropy of softmax(logits) against labels: log Σ exp(logits) − logits[label], one number a row.
 *
 * @param logits [rows, classes]
 * @param labels i32[rows], from 0 to classes − 1
 * @returns [rows]
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * crossEntropy(tensor([[0, 0], [0, 0]]), tensor([0, 1], { dtype: 'i32' })).toArray() // → [0.693147, 0.693147]
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return sub(logsumexp(logits), sum(picked('crossEntropy', logits, labels), { axis: 1 }))
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
 * 1 for each row whose largest logit is that of its label, 0 for the others; their mean is the accuracy.
 *
 * @param logits [rows, classes]
 * @param labels i32[rows]
 * @returns [rows], of the dtype of the logits
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * hits(tensor([[1, 2], [4, 3]]), tensor([1, 1], { dtype: 'i32' })).toArray() // → [1, 0]
 */
export function hits(logits: Tensor, labels: Tensor): Tensor {
  const own = sum(picked('hits', logits, labels), { axis: 1 })
  return convert(equal(own, max(logits, { axis: 1 })), logits.dtype)
}

/** The logits of the labels, and zeros. */
function picked(name: string, logits: Tensor, labels: Tensor): Tensor {
  const [rows, classes] = logits.shape
  if (logits.rank !== 2 || rows === undefined || classes === undefined || labels.shape.join() !== `${rows}`) {
    throw new ShapeError({
      summary: `${name}: logits ${formatAval(logits.aval)} and labels ${formatAval(labels.aval)} do not fit.`,
      expected: 'logits [rows, classes] and labels i32[rows]',
    })
  }
  return where(oneHot(labels, classes, 'bool'), logits, 0)
}
