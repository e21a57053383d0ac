import { equal, log, mul, sub, sum, type Tensor, where } from '@wengert/tape'
import { checkAlike, possible, rowMeans } from './rows.js'

/**
 * Kullback–Leibler divergence of predictions q from targets p, one number a row: Σ p·(log p − log q) over the last
 * axis. Classes with p = 0 add nothing; the derivative by such a p leaves log p, which is −∞, out.
 *
 * @param logPredictions log q, [rows, classes] or [rows, …, classes], such as `logSoftmax` gives; the mean is
 * taken over axes between
 * @param targets probabilities p, as the predictions
 * @returns [rows]
 * @throws ShapeError unless both have the same shape; DTypeError unless both are f32 or both f64.
 * @example
 * const q = tensor([[0.5, 0.5]])
 * klDivergence(q.log(), tensor([[0.5, 0.5]])).toArray() // → [0]
 * klDivergence(q.log(), tensor([[1, 0]])).toArray() // → [0.693147]
 */
export function klDivergence(logPredictions: Tensor, targets: Tensor): Tensor {
  checkAlike('klDivergence', logPredictions, targets)
  const logTargets = log(where(equal(targets, 0), 1, targets))
  const apart = sub(logTargets, possible(logPredictions, targets))
  return rowMeans(sum(mul(targets, apart), { axis: -1 }))
}
