import {
  add,
  callerLocation,
  checkOptions,
  checkTensor,
  DTypeError,
  formatAval,
  greaterEqual,
  less,
  logicalAnd,
  logSoftmax,
  mean,
  mul,
  OptionError,
  oneHot,
  ShapeError,
  shown,
  sizeOf,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@wengert/tape'
import { checkAlike, possible, rowMeans } from './rows.js'

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /**
   * Share of each label that is spread evenly over all classes, from 0 (default) to 1: the label y becomes
   * (1 − smoothing)·y + smoothing / classes (Szegedy et al. 2016, "Rethinking the Inception architecture for computer
   * vision", §7).
   */
  readonly smoothing?: number
}

/**
 * Cross-entropy of softmax(logits) against labels, one number a row: −log softmax(logits)[label], or
 * −Σ label·log softmax(logits) for labels that are probabilities. Labels are data of a run, which cannot throw: one that is
 * no class makes the loss of its row NaN, and the gradient too.
 *
 * @param logits [rows, classes], or [rows, …, classes], where the mean is taken over axes between
 * @param labels i32[rows, …], from 0 to classes − 1; or probabilities of the shape and dtype of the logits
 * @returns [rows]
 * @throws ShapeError or DTypeError unless labels are one of these; OptionError for a smoothing outside of 0 … 1.
 * @example
 * crossEntropy(tensor([[0, 0], [0, 0]]), tensor([0, 1], { dtype: 'i32' })).toArray() // → [0.693147, 0.693147]
 * crossEntropy(tensor([[0, 1]]), tensor([[0.5, 0.5]])).toArray() // → [0.813262]
 * crossEntropy(tensor([[0, 1]]), tensor([1], { dtype: 'i32' }), { smoothing: 0.5 }).toArray() // → [0.563262]
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { smoothing = 0 } = checkOptions('crossEntropy', options, ['smoothing'])
  if (!(typeof smoothing === 'number' && smoothing >= 0 && smoothing <= 1)) {
    throw new OptionError({
      summary: `crossEntropy: smoothing ${shown(smoothing)}.`,
      expected: 'a number from 0 to 1',
      at: callerLocation(),
      data: { option: 'smoothing' },
    })
  }
  checkTensor('crossEntropy', 'logits', logits)
  checkTensor('crossEntropy', 'labels', labels)
  if (logits.rank >= 2 && labels.shape.join() === logits.shape.join()) {
    checkAlike('crossEntropy', logits, labels)
    return softLabels(logSoftmax(logits), labels, smoothing)
  }
  checkLabels('crossEntropy', 'logits', logits, labels)
  return hardLabels(logSoftmax(logits), labels, smoothing)
}

/**
 * Negative logarithm of the probability of each label, one number a row. A label that is no class makes the loss of its
 * row NaN, and the gradient too, as of {@link crossEntropy}.
 *
 * @param logProbabilities [rows, classes], such as {@link logSoftmax} gives; or [rows, …, classes], where the mean is
 * taken over axes between
 * @param labels i32[rows, …], from 0 to classes − 1
 * @returns [rows]
 * @throws ShapeError unless there is one label a row; DTypeError unless labels are i32.
 * @example
 * const labels = tensor([1], { dtype: 'i32' })
 * negativeLogLikelihood(tensor([[0.75, 0.25]]).log(), labels).toArray() // → [1.386294]
 */
export function negativeLogLikelihood(logProbabilities: Tensor, labels: Tensor): Tensor {
  checkLabels('negativeLogLikelihood', 'logarithms', logProbabilities, labels)
  return hardLabels(logProbabilities, labels, 0)
}

function hardLabels(logs: Tensor, labels: Tensor, smoothing: number): Tensor {
  const classes = logs.shape.at(-1) as number
  const valid = logicalAnd(greaterEqual(labels, 0), less(labels, classes))
  // Chosen, not multiplied: a class that is impossible has −∞, and 0 · −∞ is NaN.
  const own = where(oneHot(where(valid, labels, 0), classes, 'bool'), logs, 0)
  const likely = sum(own, { axis: -1 })
  const mixed =
    smoothing === 0 ? likely : add(mul(1 - smoothing, likely), mul(smoothing, mean(logs, { axis: -1 })))
  // A factor, unlike a choice, takes NaN to the gradient as well.
  const one = tensor(1, { dtype: logs.dtype })
  return rowMeans(mul(sub(0, mixed), where(valid, one, Number.NaN)))
}

function softLabels(logs: Tensor, labels: Tensor, smoothing: number): Tensor {
  const classes = logs.shape.at(-1) as number
  const weights = smoothing === 0 ? labels : add(mul(1 - smoothing, labels), smoothing / classes)
  return rowMeans(sub(0, sum(mul(weights, possible(logs, weights)), { axis: -1 })))
}

/** Labels that would fit. */
const labelsFor = (loss: string, { aval }: Tensor): string => {
  const labels = formatAval({ dtype: 'i32', shape: aval.shape.slice(0, -1) })
  return `labels ${labels}${loss === 'crossEntropy' ? `, or probabilities ${formatAval(aval)}` : ''}`
}

function checkLabels(loss: string, name: string, x: Tensor, labels: Tensor): void {
  checkTensor(loss, name, x)
  checkTensor(loss, 'labels', labels)
  const avals = `${name} ${formatAval(x.aval)} and labels ${formatAval(labels.aval)} do not fit.`
  if (x.rank < 2 || labels.shape.join() !== x.shape.slice(0, -1).join()) {
    const shape = x.shape.slice(0, -1)
    throw new ShapeError({
      summary: `${loss}: ${avals}`,
      expected: x.rank < 2 ? `${name} [rows, classes] and labels i32[rows]` : labelsFor(loss, x),
      at: callerLocation(),
      ...(x.rank >= 2 && labels.size === sizeOf(shape)
        ? { fix: `one label a row: labels.reshape([${shape.join(', ')}])` }
        : {}),
    })
  }
  if (labels.dtype === 'i32' && (x.dtype === 'f32' || x.dtype === 'f64')) return
  throw new DTypeError({
    summary: `${loss}: ${avals}`,
    expected: `${name} f32 or f64 and labels i32`,
    at: callerLocation(),
    fix: "convert labels with .convert('i32')",
  })
}
