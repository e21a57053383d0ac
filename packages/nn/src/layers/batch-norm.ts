import {
  add,
  callerLocation,
  checkOptions,
  checkTensors,
  formatAval,
  mean,
  mul,
  OptionError,
  rsqrt,
  ShapeError,
  shown,
  square,
  stopGradient,
  sub,
  type Tensor,
} from '@wengert/tape'
import { checkLength } from '../arguments.js'
import {
  type ConstantOptions,
  checkChannelNorm,
  checkEpsilon,
  filled,
  type NormOptions,
  type NormParams,
} from './norm-params.js'

/** What batch normalisation has seen of each channel: a state beside the parameters, without a gradient. */
export type BatchStatistics = {
  /** [c] */
  readonly mean: Tensor
  /** [c] */
  readonly variance: Tensor
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions extends NormOptions {
  /** Share of the batch at hand in the new statistics, from 0 to 1. Default 0.1. */
  readonly momentum?: number
}

/** What {@link batchNorm} returns. */
export interface BatchNormed {
  /** As x. */
  readonly out: Tensor
  /** To be given to the next call, and to {@link batchNormEvaluate}. */
  readonly statistics: BatchStatistics
}

/**
 * Statistics of nothing: means 0, variances 1.
 *
 * @example
 * initBatchStatistics(2).variance.toArray() // → [1, 1]
 */
export const initBatchStatistics = (channels: number, options: ConstantOptions = {}): BatchStatistics => {
  const { dtype = 'f32' } = checkOptions('initBatchStatistics', options, ['dtype'])
  checkLength('initBatchStatistics', 'the number of channels', channels)
  return { mean: filled([channels], 0, dtype), variance: filled([channels], 1, dtype) }
}

/**
 * Batch normalisation while training: (x − mean) / √(variance + ε)·scale + shift with mean and variance of each channel
 * over all rows and places, differentiated through both; and the running statistics, which are constants for
 * derivatives (Ioffe & Szegedy 2015). The variance that divides is that of all n elements, the one that is remembered
 * that of a sample (n − 1), as PyTorch has it.
 *
 * It combines the rows of a batch. A scheduler computes rows in shards and refuses such a loss where it can tell; where
 * it cannot, each shard has statistics of its own. With a scheduler use {@link batchNormEvaluate} with statistics from
 * elsewhere, or {@link layerNorm} or {@link groupNorm}, which keep rows apart.
 *
 * @param statistics what the call before returned
 * @param x [rows, …, c] for parameters [c]
 * @throws ShapeError unless parameters and statistics are one a channel and there are two elements of each;
 * OptionError for a negative epsilon or a momentum outside of 0 … 1.
 * @example
 * const { out, statistics } = batchNorm(initNorm(1), initBatchStatistics(1), tensor([[1], [3]]), { epsilon: 0 })
 * out.toArray() // → [[-1], [1]]
 * statistics.mean.toArray() // → [0.2]
 * statistics.variance.toArray() // → [1.1]
 */
export function batchNorm(
  params: NormParams,
  statistics: BatchStatistics,
  x: Tensor,
  options: BatchNormOptions = {},
): BatchNormed {
  const names = ['epsilon', 'momentum']
  const { epsilon = 1e-5, momentum = 0.1 } = checkOptions('batchNorm', options, names)
  const { scale, shift } = checked('batchNorm', params, statistics, x, epsilon)
  if (!(typeof momentum === 'number' && momentum >= 0 && momentum <= 1)) {
    throw new OptionError({
      summary: `batchNorm: momentum ${shown(momentum)}.`,
      expected: 'a number from 0 to 1',
      at: callerLocation(),
      data: { option: 'momentum' },
    })
  }
  const count = x.size / (scale.size || 1)
  if (count < 2) {
    throw new ShapeError({
      summary: `batchNorm: ${count} elements of each channel in x ${formatAval(x.aval)}.`,
      expected: 'two or more, to have a variance',
      at: callerLocation(),
    })
  }
  const axis = x.shape.slice(1).map((_, k) => k)
  const centre = mean(x, { axis })
  const centred = sub(x, centre)
  const variance = mean(square(centred), { axis })
  const blend = (before: Tensor, now: Tensor) =>
    stopGradient(add(mul(1 - momentum, before), mul(momentum, now)))
  return {
    out: add(mul(mul(centred, rsqrt(add(variance, epsilon))), scale), shift),
    statistics: {
      mean: blend(statistics.mean, centre),
      variance: blend(statistics.variance, mul(count / (count - 1), variance)),
    },
  }
}

/**
 * Batch normalisation with given statistics, as a trained network is used: each row by itself.
 *
 * @param statistics what {@link batchNorm} returned
 * @param x [rows, …, c] for parameters [c]
 * @returns as x
 * @throws ShapeError unless parameters and statistics are one a channel; OptionError for a negative epsilon.
 * @example
 * const seen = { mean: tensor([2]), variance: tensor([4]) }
 * batchNormEvaluate(initNorm(1), seen, tensor([[4], [0]]), { epsilon: 0 }).toArray() // → [[1], [-1]]
 */
export function batchNormEvaluate(
  params: NormParams,
  statistics: BatchStatistics,
  x: Tensor,
  options: NormOptions = {},
): Tensor {
  const { epsilon = 1e-5 } = checkOptions('batchNormEvaluate', options, ['epsilon'])
  const { scale, shift } = checked('batchNormEvaluate', params, statistics, x, epsilon)
  const factor = mul(scale, rsqrt(add(statistics.variance, epsilon)))
  return add(mul(sub(x, statistics.mean), factor), shift)
}

function checked(
  layer: string,
  params: NormParams,
  statistics: BatchStatistics,
  x: Tensor,
  epsilon: number,
): NormParams {
  checkTensors(layer, params, ['scale', 'shift'])
  checkTensors(layer, statistics, ['mean', 'variance'])
  const { mean, variance } = statistics
  checkChannelNorm(layer, [params.scale, params.shift, mean, variance], x)
  checkEpsilon(layer, epsilon)
  return params
}
