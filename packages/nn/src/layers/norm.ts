import {
  add,
  callerLocation,
  checkOptions,
  checkTensors,
  formatAval,
  mean,
  mul,
  OptionError,
  reshape,
  rsqrt,
  shown,
  square,
  sub,
  type Tensor,
} from '@wengert/tape'
import {
  checkChannelNorm,
  checkEpsilon,
  checkNorm,
  type NormOptions,
  type NormParams,
  type RmsNormParams,
} from './norm-params.js'

/** (x − mean) / √(variance + ε) along axes; the variance is that of all elements, in two passes. */
function standardised(x: Tensor, axis: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, mean(x, { axis, keepdims: true }))
  const variance = mean(square(centred), { axis, keepdims: true })
  return mul(centred, rsqrt(add(variance, epsilon)))
}

/** The last axes of x, as many as the parameters have. */
const lastAxes = (x: Tensor, { rank }: Tensor) => Array.from({ length: rank }, (_, k) => x.rank - rank + k)

/**
 * Layer normalisation: (x − mean) / √(variance + ε)·scale + shift, with mean and variance (of all elements) over the
 * axes that the parameters have, by themselves for each place of the others (Ba, Kiros & Hinton 2016).
 *
 * @param x [rows, …, n] for parameters [n]
 * @returns as x
 * @throws ShapeError unless the parameters have the shape of the last axes of x; OptionError for a negative epsilon.
 * @example
 * layerNorm(initNorm(2), tensor([[1, 3], [10, 10]]), { epsilon: 0.01 }).toArray() // → [[-0.995037, 0.995037], [0, 0]]
 */
export function layerNorm(params: NormParams, x: Tensor, options: NormOptions = {}): Tensor {
  const { epsilon = 1e-5 } = checkOptions('layerNorm', options, ['epsilon'])
  checkTensors('layerNorm', params, ['scale', 'shift'])
  const { scale, shift } = params
  checkNorm('layerNorm', [scale, shift], x)
  checkEpsilon('layerNorm', epsilon)
  return add(mul(standardised(x, lastAxes(x, scale), epsilon), scale), shift)
}

/**
 * Normalisation by the root mean square: x / √(mean of x² + ε)·scale over the axes that the parameters have (Zhang &
 * Sennrich 2019).
 *
 * @param x [rows, …, n] for parameters [n]
 * @returns as x
 * @throws ShapeError unless the parameters have the shape of the last axes of x; OptionError for a negative epsilon.
 * @example
 * rmsNorm(initRmsNorm(2), tensor([[3, 4]]), { epsilon: 0 }).toArray() // → [[0.848528, 1.131371]]
 */
export function rmsNorm(params: RmsNormParams, x: Tensor, options: NormOptions = {}): Tensor {
  const { epsilon = 1e-5 } = checkOptions('rmsNorm', options, ['epsilon'])
  checkTensors('rmsNorm', params, ['scale'])
  const { scale } = params
  checkNorm('rmsNorm', [scale], x)
  checkEpsilon('rmsNorm', epsilon)
  const squares = mean(square(x), { axis: lastAxes(x, scale), keepdims: true })
  return mul(mul(x, rsqrt(add(squares, epsilon))), scale)
}

/** Options of {@link groupNorm}. */
export interface GroupNormOptions extends NormOptions {
  /** Into how many groups the channels are divided. With one a channel this is instance normalisation. */
  readonly groups: number
}

/**
 * Group normalisation: mean and variance for each row and group of channels, over all places; then a scale and a shift a
 * channel (Wu & He 2018).
 *
 * @param x [rows, …, c] for parameters [c]
 * @returns as x
 * @throws ShapeError unless the parameters are one a channel; OptionError unless the groups divide the channels evenly,
 * or for a negative epsilon.
 * @example
 * const x = tensor([1, 2, 3, 6], { shape: [1, 2, 2] })
 * groupNorm(initNorm(2), x, { groups: 2, epsilon: 0 }).toArray() // → [[[-1, -1], [1, 1]]]
 */
export function groupNorm(params: NormParams, x: Tensor, options: GroupNormOptions): Tensor {
  const { groups, epsilon = 1e-5 } = checkOptions('groupNorm', options, ['groups', 'epsilon'])
  checkTensors('groupNorm', params, ['scale', 'shift'])
  const { scale, shift } = params
  checkChannelNorm('groupNorm', [scale, shift], x)
  checkEpsilon('groupNorm', epsilon)
  const [rows, channels] = [x.shape[0] as number, x.shape.at(-1) as number]
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new OptionError({
      summary: `groupNorm: ${shown(groups)} groups of the channels of x ${formatAval(x.aval)}.`,
      expected: `a number that divides ${channels}`,
      at: callerLocation(),
      data: { option: 'groups' },
    })
  }
  const places = x.shape.slice(1, -1).reduce((product, length) => product * length, 1)
  const grouped = reshape(x, [rows, places, groups, channels / groups])
  return add(mul(reshape(standardised(grouped, [1, 3], epsilon), x.shape), scale), shift)
}
