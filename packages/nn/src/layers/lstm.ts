import { add, checkTensors, matmul, mul, sigmoid, split, type Tensor, tanh } from '@wengert/tape'
import type { InitialiseOptions } from '../random/index.js'
import { filled } from './norm-params.js'
import { type CellSizes, checkCell, gateWeights } from './recurrent-params.js'

/** Parameters of an LSTM cell; the gates i, f, g, o lie side by side, in PyTorch's order. */
export type LstmParams = {
  /** [inputs, 4·units] */
  readonly wx: Tensor
  /** [units, 4·units] */
  readonly wh: Tensor
  /** [4·units]; PyTorch's `b_ih` + `b_hh` */
  readonly b: Tensor
}

/** State of an LSTM cell, both [rows, units]. */
export type LstmState = {
  /** What the cell puts out. */
  readonly h: Tensor
  /** What it keeps to itself. */
  readonly c: Tensor
}

/**
 * A step of a network with long short-term memory. With [i f g o] = x·wx + h·wh + b:
 * c′ = σ(f)·c + σ(i)·tanh(g) and h′ = σ(o)·tanh(c′) (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000).
 *
 * @param x [rows, inputs]
 * @returns h′ and c′
 * @throws ShapeError if shapes do not fit.
 * @example
 * const p = { wx: tensor([[0, 0, 1, 0]]), wh: tensor([[0, 0, 0, 0]]), b: tensor([0, 0, 0, 0]) }
 * const { h, c } = lstmCell(p, { h: tensor([[0]]), c: tensor([[2]]) }, tensor([[0]]))
 * c.item() // → 1
 * h.item() // → 0.380797
 */
export function lstmCell(params: LstmParams, state: LstmState, x: Tensor): LstmState {
  checkTensors('lstmCell', params, ['wx', 'wh', 'b'])
  checkTensors('lstmCell', state, ['h', 'c'])
  const [{ wx, wh, b }, { h, c }] = [params, state]
  checkCell('lstmCell', 4, { wx, wh, biases: [b] }, [h, c], x)
  const gates = add(add(matmul(x, wx), matmul(h, wh)), b)
  const [i, f, g, o] = split(gates, 4, { axis: 1 }) as [Tensor, Tensor, Tensor, Tensor]
  const kept = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
  return { h: mul(sigmoid(o), tanh(kept)), c: kept }
}

/**
 * Parameters of an LSTM cell: weights uniform within ±1 / √units, as PyTorch draws them, biases of 0.
 *
 * @example
 * initLstm({ inputs: 3, units: 5 }, { seed: 7 }).wx.shape // → [3, 20]
 */
export const initLstm = (sizes: CellSizes, options: InitialiseOptions = {}): LstmParams => ({
  ...gateWeights('initLstm', sizes, 4, options),
  b: filled([4 * sizes.units], 0, options.dtype ?? 'f32'),
})
