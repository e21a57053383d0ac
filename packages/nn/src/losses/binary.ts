import { add, mul, neg, softplus, sub, type Tensor } from '@wengert/tape'
import { checkAlike, rowMeans } from './rows.js'

/**
 * Cross-entropy of σ(logits) against probabilities, one number a row: the mean of −y·log σ(x) − (1 − y)·log(1 − σ(x)).
 * It keeps its digits for large logits of either sign.
 *
 * @param logits [rows, …]
 * @param labels from 0 to 1, of the shape and dtype of the logits
 * @returns [rows]
 * @throws ShapeError unless both have the same shape; DTypeError unless both are f32 or both f64.
 * @example
 * binaryCrossEntropy(tensor([0, 10000, -10000]), tensor([1, 1, 1])).toArray() // → [0.693147, 0, 10000]
 */
export function binaryCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  checkAlike('binaryCrossEntropy', logits, labels)
  // −log σ(x) = softplus(−x) and −log(1 − σ(x)) = softplus(x); their difference, x, would cancel.
  const [wrongIfOne, wrongIfZero] = [softplus(neg(logits)), softplus(logits)]
  return rowMeans(add(mul(labels, wrongIfOne), mul(sub(1, labels), wrongIfZero)))
}
