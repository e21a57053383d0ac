import { add, checkTensors, lerp, matmul, mul, sigmoid, split, type Tensor, tanh } from '@wengert/tape'
import type { InitialiseOptions } from '../random/index.js'
import { filled } from './norm-params.js'
import { type CellSizes, checkCell, gateWeights } from './recurrent-params.js'

/** Parameters of a GRU cell; the gates r, z, n lie side by side, in PyTorch's order. */
export type GruParams = {
  /** [inputs, 3·units] */
  readonly wx: Tensor
  /** [units, 3·units] */
  readonly wh: Tensor
  /** [3·units], added to x·wx */
  readonly bx: Tensor
  /** [3·units], added to h·wh */
  readonly bh: Tensor
}

type Gates = readonly [Tensor, Tensor, Tensor]

/**
 * A step of a network of gated recurrent units. With [rx zx nx] = x·wx + bx and [rh zh nh] = h·wh + bh:
 * r = σ(rx + rh), z = σ(zx + zh), n = tanh(nx + r·nh) and h′ = (1 − z)·n + z·h (Cho et al. 2014, with the reset after
 * the product, as PyTorch and cuDNN have it).
 *
 * @param h [rows, units]
 * @param x [rows, inputs]
 * @returns h′ [rows, units]
 * @throws ShapeError if shapes do not fit.
 * @example
 * const zero = tensor([0, 0, 0])
 * const p = { wx: tensor([[0, 0, 1]]), wh: tensor([[0, 0, 0]]), bx: zero, bh: zero }
 * gruCell(p, tensor([[2]]), tensor([[0]])).toArray() // → [[1]]
 */
export function gruCell(params: GruParams, h: Tensor, x: Tensor): Tensor {
  checkTensors('gruCell', params, ['wx', 'wh', 'bx', 'bh'])
  const { wx, wh, bx, bh } = params
  checkCell('gruCell', 3, { wx, wh, biases: [bx, bh] }, [h], x)
  const [rx, zx, nx] = split(add(matmul(x, wx), bx), 3, { axis: 1 }) as unknown as Gates
  const [rh, zh, nh] = split(add(matmul(h, wh), bh), 3, { axis: 1 }) as unknown as Gates
  const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))]
  return lerp(tanh(add(nx, mul(r, nh))), h, z)
}

/**
 * Parameters of a GRU cell: weights uniform within ±1 / √units, as PyTorch draws them, biases of 0.
 *
 * @example
 * initGru({ inputs: 3, units: 5 }, { seed: 7 }).wx.shape // → [3, 15]
 */
export const initGru = (sizes: CellSizes, options: InitialiseOptions = {}): GruParams => ({
  ...gateWeights('initGru', sizes, 3, options),
  bx: filled([3 * sizes.units], 0, options.dtype ?? 'f32'),
  bh: filled([3 * sizes.units], 0, options.dtype ?? 'f32'),
})
