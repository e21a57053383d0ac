import { type ConvolutionOptions, checkTensor, checkTensors, conv2d, type Tensor } from '@wengert/tape'

/** Parameters of a convolution layer. */
export type ConvolutionParams = {
  /** [rows, columns, in / groups, out] */
  readonly w: Tensor
  /** [out] */
  readonly b: Tensor
}

/**
 * A convolution layer with a bias a channel; its options are those of {@link conv2d}, groups and dilation among them.
 *
 * @param x [rows, height, width, in]
 * @returns [rows, height′, width′, out]
 * @throws ShapeError if channels or windows do not fit.
 * @example
 * const p = { w: tensor([1, 1, 1, 1], { shape: [2, 2, 1, 1] }), b: tensor([0.5]) }
 * convolution(p, tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1] })).toArray() // → [[[[10.5]]]]
 */
export function convolution(params: ConvolutionParams, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  checkTensors('convolution', params, ['w', 'b'])
  checkTensor('convolution', 'x', x)
  return conv2d(x, params.w, options).add(params.b)
}
