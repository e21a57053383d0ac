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
  OptionError,
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
  return hitsOf('hits', logits, labels)
}

function hitsOf(owner: string, logits: Tensor, labels: Tensor): Tensor {
  checkTensor(owner, 'logits', logits)
  checkTensor(owner, 'labels', labels)
  const classes = classesOf(owner, logits, labels)
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
 * @param found what {@link hits} returned
 * @throws OptionError for anything else.
 * @example
 * accuracy(hits(tensor([[1, 2], [4, 3]]), tensor([1, 1], { dtype: 'i32' }))) // → 0.5
 */
export function accuracy(found: Tensor): number
/**
 * Share of rows whose label is predicted, as {@link hits} tells.
 *
 * @param logits [rows, classes]
 * @param labels i32[rows]
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * accuracy(tensor([[1, 2], [4, 3]]), tensor([1, 1], { dtype: 'i32' })) // → 0.5
 */
export function accuracy(logits: Tensor, labels: Tensor): number
export function accuracy(first: Tensor, labels?: Tensor): number {
  if (labels !== undefined) return accuracy(hitsOf('accuracy', first, labels))
  checkTensor('accuracy', 'found', first)
  const data = dataOf(first)
  if (first.rank !== 1) throw noHits(first)
  let count = 0
  for (const hit of data) {
    if (hit !== 0 && hit !== 1) throw noHits(first, hit)
    count += hit
  }
  return count / first.size
}

const noHits = ({ aval }: Tensor, value?: number) =>
  new OptionError({
    summary: `accuracy: what it got is ${formatAval(aval)}${value === undefined ? '' : ` with ${value}`}, no hits.`,
    expected: 'a 1 or a 0 for each row, as `hits` returns',
    at: callerLocation(),
    fix: 'write `accuracy(hits(logits, labels))`, or `accuracy(logits, labels)`',
  })

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
