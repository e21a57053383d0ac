import {
  allocate,
  callerLocation,
  checkOptions,
  checkTensor,
  type FloatDType,
  formatAval,
  fromData,
  OptionError,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
} from '@wengert/tape'
import { checkLengths } from '../arguments.js'

/** Parameters of a normalisation: what follows is y·scale + shift. */
export type NormParams = {
  /** [n], or the shape of all that is normalised together */
  readonly scale: Tensor
  /** as `scale` */
  readonly shift: Tensor
}

/** Parameters of {@link rmsNorm}. */
export type RmsNormParams = {
  /** [n], or the shape of all that is normalised together */
  readonly scale: Tensor
}

/** What all normalisations take. */
export interface NormOptions {
  /** Added to the variance, so that nothing is divided by 0. Default 10⁻⁵. */
  readonly epsilon?: number
}

/** How parameters without chance are made. */
export interface ConstantOptions {
  /** Default f32. */
  readonly dtype?: FloatDType
}

/** A tensor of one number. */
export const filled = (shape: readonly number[], value: number, dtype: FloatDType): Tensor =>
  fromData({ dtype, shape }, allocate({ dtype, shape: [sizeOf(shape)] }).fill(value))

/** Ones and zeros, of a length or a shape. */
function shapeOf(owner: string, length: number | readonly number[]): readonly number[] {
  const shape = typeof length === 'number' ? [length] : length
  checkLengths(owner, 'the length', shape)
  return shape
}

/**
 * Parameters that leave alone what is normalised: scales of 1, shifts of 0.
 *
 * @param length of the last axis, or lengths of the last axes that are normalised together
 * @example
 * initNorm(2).scale.toArray() // → [1, 1]
 */
export const initNorm = (length: number | readonly number[], options: ConstantOptions = {}): NormParams => {
  const { dtype = 'f32' } = checkOptions('initNorm', options, ['dtype'])
  const shape = shapeOf('initNorm', length)
  return { scale: filled(shape, 1, dtype), shift: filled(shape, 0, dtype) }
}

/**
 * Parameters for {@link rmsNorm} that leave alone what is normalised: scales of 1.
 *
 * @param length of the last axis, or lengths of the last axes that are normalised together
 * @example
 * initRmsNorm(2).scale.toArray() // → [1, 1]
 */
export const initRmsNorm = (
  length: number | readonly number[],
  options: ConstantOptions = {},
): RmsNormParams => {
  const { dtype = 'f32' } = checkOptions('initRmsNorm', options, ['dtype'])
  return { scale: filled(shapeOf('initRmsNorm', length), 1, dtype) }
}

/** @throws ShapeError unless the parameters have the shape of the last axes of x. */
export function checkNorm(layer: string, params: readonly Tensor[], x: Tensor): void {
  checkTensor(layer, 'x', x)
  const { rank } = params[0] as Tensor
  if (rank < 1 || x.rank < rank || !areOf(x.shape.slice(x.rank - rank), params))
    throw misfit(layer, params, x, 'parameters of the shape of the last axes of x')
}

/** @throws ShapeError unless each parameter has a number a channel of x. */
export function checkChannelNorm(layer: string, params: readonly Tensor[], x: Tensor): void {
  checkTensor(layer, 'x', x)
  if (x.rank < 2 || !areOf(x.shape.slice(-1), params))
    throw misfit(layer, params, x, 'x [rows, …, channels] and parameters [channels]')
}

const areOf = (shape: readonly number[], params: readonly Tensor[]) =>
  params.every(param => param.shape.join() === shape.join())

const misfit = (layer: string, params: readonly Tensor[], x: Tensor, expected: string) =>
  new ShapeError({
    summary: `${layer}: ${params.map(({ aval }) => formatAval(aval)).join(', ')} do not fit x ${formatAval(x.aval)}.`,
    expected,
    at: callerLocation(),
  })

/** @throws OptionError unless epsilon is a number of at least 0. */
export function checkEpsilon(layer: string, epsilon: number): void {
  if (Number.isFinite(epsilon) && epsilon >= 0) return
  throw new OptionError({
    summary: `${layer}: epsilon ${shown(epsilon)}.`,
    expected: 'a number of at least 0',
    at: callerLocation(),
    data: { option: 'epsilon' },
  })
}
