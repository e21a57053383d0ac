import { checkTensor, checkTensors, matmul, type Tensor } from '@wengert/tape'

/** Parameters of a dense layer. */
export type DenseParams = {
  /** [in, out] */
  readonly w: Tensor
  /** [out] */
  readonly b: Tensor
}

/**
 * A dense layer: x·w + b.
 *
 * @param x [rows, in]
 * @returns [rows, out]
 * @throws ShapeError if x does not have as many columns as w has rows.
 * @example
 * dense({ w: tensor([[1], [2]]), b: tensor([10]) }, tensor([[3, 4]])).toArray() // → [[21]]
 */
export function dense(params: DenseParams, x: Tensor): Tensor {
  checkTensors('dense', params, ['w', 'b'])
  checkTensor('dense', 'x', x)
  return matmul(x, params.w).add(params.b)
}
