import { add, checkFunction, checkOptions, checkTensors, matmul, type Tensor, tanh } from '@wengert/tape'
import type { InitialiseOptions } from '../random/index.js'
import { filled } from './norm-params.js'
import { type CellSizes, checkCell, gateWeights } from './recurrent-params.js'

/** Parameters of an Elman cell. */
export type ElmanParams = {
  /** [inputs, units] */
  readonly wx: Tensor
  /** [units, units] */
  readonly wh: Tensor
  /** [units]; PyTorch's `b_ih` + `b_hh` */
  readonly b: Tensor
}

/** Options of {@link elmanCell}. */
export interface ElmanOptions {
  /** Default tanh. */
  readonly activation?: (x: Tensor) => Tensor
}

/**
 * A step of a simple recurrent network: h′ = tanh(x·wx + h·wh + b) (Elman 1990, "Finding structure in time").
 *
 * @param h [rows, units]
 * @param x [rows, inputs]
 * @returns h′ [rows, units]
 * @throws ShapeError if shapes do not fit.
 * @example
 * const p = { wx: tensor([[1]]), wh: tensor([[2]]), b: tensor([0.5]) }
 * elmanCell(p, tensor([[0.25]]), tensor([[-1]])).toArray() // → [[0]]
 */
export function elmanCell(params: ElmanParams, h: Tensor, x: Tensor, options: ElmanOptions = {}): Tensor {
  const { activation = tanh } = checkOptions('elmanCell', options, ['activation'])
  checkFunction('elmanCell', activation, 'the activation')
  checkTensors('elmanCell', params, ['wx', 'wh', 'b'])
  const { wx, wh, b } = params
  checkCell('elmanCell', 1, { wx, wh, biases: [b] }, [h], x)
  return activation(add(add(matmul(x, wx), matmul(h, wh)), b))
}

/**
 * Parameters of an Elman cell: weights uniform within ±1 / √units, as PyTorch draws them, biases of 0.
 *
 * @example
 * initElman({ inputs: 3, units: 5 }, { seed: 7 }).wx.shape // → [3, 5]
 */
export const initElman = (sizes: CellSizes, options: InitialiseOptions = {}): ElmanParams => ({
  ...gateWeights('initElman', sizes, 1, options),
  b: filled([sizes.units], 0, options.dtype ?? 'f32'),
})
