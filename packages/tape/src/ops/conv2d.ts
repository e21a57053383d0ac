import { checkOptions } from '../options.js'
import type { Params } from '../program/index.js'
import { checkTensor, type Tensor } from '../record/index.js'
import { CONVOLUTION_OPTIONS, checkFilter } from './channels.js'
import { convolve, joinLast, splitLast } from './convolution.js'
import { reshape } from './shape.js'
import {
  alongWidth,
  checkImages,
  checkLines,
  type LineOptions,
  type WindowOptions,
  windowParams,
} from './window.js'

/** How a convolution moves, and which channels it combines. */
export interface ConvolutionOptions extends WindowOptions {
  /**
   * Groups of channels that do not meet: those of the result come from their group of the image alone. Default 1;
   * with as many groups as channels a convolution is depthwise.
   */
  readonly groups?: number
}

/** As {@link ConvolutionOptions}, along a line. */
export interface LineConvolutionOptions extends LineOptions {
  readonly groups?: number
}

/**
 * Two-dimensional convolution (cross-correlation, as neural networks use the word).
 *
 * @param x [n, height, width, c]
 * @param filter [rows, columns, c / groups, o]; the first o / groups of its filters belong to the first group
 * @returns [n, ⌊(height + padding − dilation·(rows − 1) − 1) / stride⌋ + 1, …, o]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for operands or options that do not fit.
 * @example
 * const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 3, 3, 1] })
 * const blur = tensor([1, 1, 1, 1], { shape: [2, 2, 1, 1] })
 * reshape(conv2d(x, blur), [2, 2]).toArray() // → [[12, 16], [24, 28]]
 * reshape(conv2d(x, blur, { dilation: 2 }), [1]).toArray() // → [20]
 */
export function conv2d(x: Tensor, filter: Tensor, options: ConvolutionOptions = {}): Tensor {
  checkTensor('conv2d', 'x', x)
  checkTensor('conv2d', 'filter', filter)
  const { groups = 1 } = checkOptions('conv2d', options, CONVOLUTION_OPTIONS)
  checkImages('conv2d', x.aval)
  checkFilter('conv2d', x, filter, groups)
  return over('conv2d', x, filter, options, groups)
}

/**
 * One-dimensional convolution: {@link conv2d} along a line.
 *
 * @param x [n, length, c]
 * @param filter [width, c / groups, o]
 * @returns [n, ⌊(length + padding − dilation·(width − 1) − 1) / stride⌋ + 1, o]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for operands or options that do not fit.
 * @example
 * const x = tensor([1, 2, 4, 8], { shape: [1, 4, 1] })
 * const change = tensor([-1, 1], { shape: [2, 1, 1] })
 * reshape(conv1d(x, change), [3]).toArray() // → [1, 2, 4]
 * reshape(conv1d(x, change, { padding: [1, 0], stride: 2 }), [2]).toArray() // → [1, 2]
 */
export function conv1d(x: Tensor, filter: Tensor, options: LineConvolutionOptions = {}): Tensor {
  checkTensor('conv1d', 'x', x)
  checkTensor('conv1d', 'filter', filter)
  const { groups = 1 } = checkOptions('conv1d', options, CONVOLUTION_OPTIONS)
  checkLines('conv1d', x.aval)
  checkFilter('conv1d', x, filter, groups)
  const [n, length, channels] = x.shape as readonly [number, number, number]
  const image = reshape(x, [n, 1, length, channels])
  const out = over('conv1d', image, reshape(filter, [1, ...filter.shape]), alongWidth(options), groups)
  return reshape(out, out.shape.toSpliced(1, 1))
}

function over(op: string, x: Tensor, filter: Tensor, options: WindowOptions, groups: number): Tensor {
  const window = filter.shape.slice(0, 2) as [number, number]
  const params = { ...windowParams(op, x.aval, window, options, [1, 1]) } as Params
  if (groups === 1) return convolve(x, filter, params)
  return joinLast(convolve(splitLast(x, groups), splitLast(filter, groups), params))
}
