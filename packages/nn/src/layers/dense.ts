import { matmul, type Tensor } from '@wengert/tape'

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
export const dense = ({ w, b }: DenseParams, x: Tensor): Tensor => matmul(x, w).add(b)
