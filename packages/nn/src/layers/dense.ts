import { checkOneOf, checkOptions, checkTensor, checkTensors, matmul, type Tensor } from '@wengert/tape'
import { checkCounts } from '../arguments.js'
import { glorotUniform, heUniform, INITIALISE_OPTIONS, type InitialiseOptions } from '../random/index.js'
import { filled } from './norm-params.js'

/** Parameters of a dense layer. */
export type DenseParams = {
  /** [in, out] */
  readonly w: Tensor
  /** [out] */
  readonly b: Tensor
}

/**
 * A dense layer: x·w + b, along the last axis.
 *
 * @param x [rows, in], or [rows, …, in]
 * @returns [rows, out], or [rows, …, out]
 * @throws ShapeError if the last axis of x is not as long as w has rows.
 * @example
 * dense({ w: tensor([[1], [2]]), b: tensor([10]) }, tensor([[3, 4]])).toArray() // → [[21]]
 */
export function dense(params: DenseParams, x: Tensor): Tensor {
  checkTensors('dense', params, ['w', 'b'])
  checkTensor('dense', 'x', x)
  return matmul(x, params.w).add(params.b)
}

/** Sizes of a dense layer. */
export interface DenseSizes {
  /** Features of the input. */
  readonly inputs: number
  /** Features of the output. */
  readonly outputs: number
}

/** How parameters of a dense layer are made. */
export interface DenseOptions extends InitialiseOptions {
  /** {@link heUniform}, for a layer before a rectifier, or {@link glorotUniform}, the default. */
  readonly weights?: 'glorot' | 'he'
}

/**
 * Parameters of a dense layer: Glorot's or He's uniform weights, biases of 0.
 *
 * @throws OptionError for sizes that are not whole numbers above 0.
 * @example
 * const p = initDense({ inputs: 3, outputs: 2 }, { seed: 7, weights: 'he' })
 * dense(p, tensor([[1, 2, 3]])).relu().shape // → [1, 2]
 */
export function initDense(sizes: DenseSizes, options: DenseOptions = {}): DenseParams {
  const { inputs, outputs } = checkOptions('initDense', sizes, ['inputs', 'outputs'])
  checkCounts('initDense', '`inputs` and `outputs`', [inputs, outputs])
  const { weights = 'glorot', ...drawn } = checkOptions('initDense', options, [
    ...INITIALISE_OPTIONS,
    'weights',
  ])
  checkOneOf('weights', weights, ['glorot', 'he'])
  const draw = weights === 'he' ? heUniform : glorotUniform
  return { w: draw([inputs, outputs], drawn), b: filled([outputs], 0, drawn.dtype ?? 'f32') }
}
