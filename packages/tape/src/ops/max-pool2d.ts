import {
  type FloatDType,
  maxPool2dPullback,
  maxPool2dPushforward,
  maxPool2d as maxPoolKernel,
} from '@wengert/kernels'
import { checkOptions } from '../options.js'
import { type Aval, type Params, registerOp } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { type Batch, defineRule } from '../rules/index.js'
import { allBatched, merged } from './batch.js'
import { reshape } from './shape.js'
import {
  alongWidth,
  checkLines,
  type LineOptions,
  outputLengths,
  WINDOW_OPTIONS,
  type WindowOptions,
  windowOf,
  windowParams,
} from './window.js'

// Pooling selects one element a window; the selection is a linear map S(x) with S(x)·x the result. Its transpose
// and itself are closed under differentiation, since the selection is piecewise constant in x.

function spec({ dtype, shape }: Aval, params: Params) {
  const [batch, height, width, channels] = shape as readonly [number, number, number, number]
  return { dtype: dtype as FloatDType, batch, height, width, channels, ...windowOf(params) }
}

const pooledShape = ([n, height, width, channels]: readonly number[], params: Params): number[] => [
  n as number,
  ...outputLengths([height as number, width as number], windowOf(params)),
  channels as number,
]

const pooled = ([x]: readonly Aval[], params: Params): readonly Aval[] => [
  { dtype: (x as Aval).dtype, shape: pooledShape((x as Aval).shape, params) },
]

registerOp({
  name: 'maxPool2d',
  infer: pooled,
  lower: ([x], _out, params) => maxPoolKernel(spec(x as Aval, params)),
})
registerOp({
  name: 'maxPool2dPushforward',
  infer: pooled,
  lower: ([x], _out, params) => maxPool2dPushforward(spec(x as Aval, params)),
})
registerOp({
  name: 'maxPool2dPullback',
  infer: ([x]) => [x as Aval],
  lower: ([x], _out, params) => maxPool2dPullback(spec(x as Aval, params)),
})

const spread = (x: Tensor, ct: Tensor, params: Params) => applyOne('maxPool2dPullback', [x, ct], params)
const select = (x: Tensor, t: Tensor, params: Params) => applyOne('maxPool2dPushforward', [x, t], params)

const pooling =
  (name: string): Batch =>
  site =>
    merged(name, allBatched(site), site.params)

defineRule('maxPool2d', {
  pullback: ({ inputs: [x], ct, params }) => [spread(x as Tensor, ct, params)],
  pushforward: ({ inputs: [x], tangents: [t], params }) => select(x as Tensor, t as Tensor, params),
  batch: pooling('maxPool2d'),
})
defineRule('maxPool2dPushforward', {
  pullback: ({ inputs: [x], ct, params }) => [undefined, spread(x as Tensor, ct, params)],
  pushforward: { multilinear: [1] },
  batch: pooling('maxPool2dPushforward'),
})
defineRule('maxPool2dPullback', {
  pullback: ({ inputs: [x], ct, params }) => [undefined, select(x as Tensor, ct, params)],
  pushforward: { multilinear: [1] },
  batch: pooling('maxPool2dPullback'),
})

/**
 * Largest element of each window, channel by channel. Padding counts as −∞; among equal elements the first of the
 * window has the whole derivative; NaN is larger than everything.
 *
 * @param x [n, height, width, c]
 * @param window rows and columns of a window; one number for squares
 * @returns [n, ⌊(height + padding − dilation·(rows − 1) − 1) / stride⌋ + 1, …, c]; −∞ for a window of padding alone
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for an x or options that do not fit.
 * @example
 * const x = tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1] })
 * maxPool2d(x, 2).toArray() // → [[[[4]]]]
 */
export function maxPool2d(
  x: Tensor,
  window: number | readonly [number, number],
  options: WindowOptions = {},
): Tensor {
  checkTensor('maxPool2d', 'x', x)
  checkOptions('maxPool2d', options, WINDOW_OPTIONS)
  const size = typeof window === 'number' ? ([window, window] as const) : window
  return applyOne('maxPool2d', [x], { ...windowParams('maxPool2d', x.aval, size, options, size) } as Params)
}

/**
 * Largest element of each window of a line, channel by channel: {@link maxPool2d} along it.
 *
 * @param x [n, length, c]
 * @returns [n, ⌊(length + padding − dilation·(window − 1) − 1) / stride⌋ + 1, c]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for an x or options that do not fit.
 * @example
 * maxPool1d(tensor([1, 2, 4, 3], { shape: [1, 4, 1] }), 2).toArray() // → [[[2], [4]]]
 */
export function maxPool1d(x: Tensor, window: number, options: LineOptions = {}): Tensor {
  checkTensor('maxPool1d', 'x', x)
  checkOptions('maxPool1d', options, WINDOW_OPTIONS)
  checkLines('maxPool1d', x.aval)
  const [n, length, channels] = x.shape as readonly [number, number, number]
  const image = reshape(x, [n, 1, length, channels])
  const size = [1, window] as const
  const over = windowParams('maxPool1d', image.aval, size, alongWidth(options), size)
  const out = applyOne('maxPool2d', [image], { ...over } as Params)
  return reshape(out, out.shape.toSpliced(1, 1))
}
