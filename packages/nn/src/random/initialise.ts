/**
 * Uniform initialisation: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010, eq. 16; He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, eq. 10.
 * Only operations that IEEE 754 rounds exactly, so weights are the same bits on every host.
 */
import { checkOptions, type FloatDType, fromData, sizeOf, type Tensor } from '@wengert/tape'
import { checkLengths } from '../arguments.js'
import { RANDOM_OPTIONS, type RandomOptions, randomWords } from './words.js'

/** How weights are drawn. */
export interface InitialiseOptions extends RandomOptions {
  /** Default f32. */
  readonly dtype?: FloatDType
}

/** The names of {@link InitialiseOptions}. */
export const INITIALISE_OPTIONS = [...RANDOM_OPTIONS, 'dtype']

/** The options, if they are those of how weights are drawn. */
export const checkInitialise = (owner: string, options: InitialiseOptions): InitialiseOptions =>
  checkOptions(owner, options, INITIALISE_OPTIONS)

/**
 * Uniform numbers in [−limit, limit).
 *
 * @example
 * uniformWeights([2, 3], 0.5, { seed: 7 }).shape // → [2, 3]
 */
export function uniformWeights(
  shape: readonly number[],
  limit: number,
  options: InitialiseOptions = {},
): Tensor {
  const { dtype = 'f32', ...random } = checkInitialise('uniformWeights', options)
  checkLengths('uniformWeights', 'the shape', shape)
  const size = sizeOf(shape)
  const data = dtype === 'f32' ? new Float32Array(size) : new Float64Array(size)
  const words = randomWords(size, random)
  // 24 bits of a word, so that (2u − 1) is exact in f32 and f64 alike.
  for (let k = 0; k < size; k++) data[k] = (((words[k] as number) >>> 8) * 2 ** -23 - 1) * limit
  return fromData({ dtype, shape }, data)
}

/**
 * Glorot's uniform weights, for layers that are followed by tanh, sigmoid or nothing: limit √(6 / (in + out)).
 *
 * @param shape [in, out], or [rows, columns, in, out] for the filter of a convolution.
 * @example
 * glorotUniform([3, 3], { seed: 7 }).toArray().flat().every(w => Math.abs(w) <= 1) // → true
 */
export function glorotUniform(shape: readonly number[], options: InitialiseOptions = {}): Tensor {
  checkInitialise('glorotUniform', options)
  checkLengths('glorotUniform', 'the shape', shape)
  const { fanIn, fanOut } = fans(shape)
  return uniformWeights(shape, Math.sqrt(6 / (fanIn + fanOut)), options)
}

/**
 * He's uniform weights, for layers that are followed by a rectifier: limit √(6 / in).
 *
 * @param shape [in, out], or [rows, columns, in, out] for the filter of a convolution.
 * @example
 * heUniform([6, 2], { seed: 7 }).toArray().flat().every(w => Math.abs(w) <= 1) // → true
 */
export function heUniform(shape: readonly number[], options: InitialiseOptions = {}): Tensor {
  checkInitialise('heUniform', options)
  checkLengths('heUniform', 'the shape', shape)
  return uniformWeights(shape, Math.sqrt(6 / fans(shape).fanIn), options)
}

/** Inputs and outputs of one unit; each place of a filter's window counts. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const window = sizeOf(shape.slice(0, -2))
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) }
}
