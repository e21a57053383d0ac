import { checkTensor, mean, reshape, type Tensor } from '@wengert/tape'

/**
 * Each row as a vector: [rows, …] becomes [rows, n].
 *
 * @example
 * flatRows(tensor([1, 2, 3, 4], { shape: [1, 2, 2] })).toArray() // → [[1, 2, 3, 4]]
 */
export const flatRows = (x: Tensor): Tensor => {
  checkTensor('flatRows', 'x', x)
  return reshape(x, [x.shape[0] ?? 1, -1])
}

/**
 * Mean over height and width, channel by channel: [rows, height, width, c] becomes [rows, c].
 *
 * @example
 * globalAverage(tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1] })).toArray() // → [[2.5]]
 */
export const globalAverage = (x: Tensor): Tensor => {
  checkTensor('globalAverage', 'x', x)
  return mean(x, { axis: [1, 2] })
}
