import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shownList } from '../options.js'
import { formatAval, type Params } from '../program/index.js'
import { checkTensor, type Tensor } from '../record/index.js'
import { CONVOLUTION_OPTIONS, checkFilter } from './channels.js'
import type { ConvolutionOptions, LineConvolutionOptions } from './conv2d.js'
import { convolveTransposed, joinLast, splitLast } from './convolution.js'
import { reshape } from './shape.js'
import { alongWidth, checkImages, checkLines, extents, pairOf, type Window, worked } from './window.js'

/** How a transposed convolution spreads; stride, padding and dilation are those of the convolution it transposes. */
export interface ConvTranspose2dOptions extends ConvolutionOptions {
  /**
   * Rows and columns at the end that the convolution would not have reached, at most stride − 1. Default 0. With
   * padding `'same'` the result has length · stride, and there is nothing to choose.
   */
  readonly outputPadding?: number | readonly [number, number]
}

const TRANSPOSE_OPTIONS = [...CONVOLUTION_OPTIONS, 'outputPadding']

/** As {@link ConvTranspose2dOptions}, along a line. */
export interface ConvTranspose1dOptions extends LineConvolutionOptions {
  readonly outputPadding?: number
}

/**
 * Transpose of {@link conv2d}, also called fractionally strided convolution or deconvolution: with the same filter and
 * options ⟨convTranspose2d(x, filter), y⟩ = ⟨x, conv2d(y, filter)⟩ (Dumoulin & Visin 2016, "A guide to convolution
 * arithmetic for deep learning", §4).
 *
 * @param x [n, height, width, c]
 * @param filter [rows, columns, o / groups, c]: that of the convolution from o to c channels
 * @returns [n, (height − 1)·stride + dilation·(rows − 1) + 1 − padding + outputPadding, …, o]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for operands or options that do not fit.
 * @example
 * const x = tensor([1, 2], { shape: [1, 1, 2, 1] })
 * const filter = tensor([1, 10], { shape: [1, 2, 1, 1] })
 * reshape(convTranspose2d(x, filter), [3]).toArray() // → [1, 12, 20]
 * reshape(convTranspose2d(x, filter, { stride: [1, 2] }), [4]).toArray() // → [1, 10, 2, 20]
 */
export function convTranspose2d(x: Tensor, filter: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  checkTensor('convTranspose2d', 'x', x)
  checkTensor('convTranspose2d', 'filter', filter)
  checkOptions('convTranspose2d', options, TRANSPOSE_OPTIONS)
  checkImages('convTranspose2d', x.aval)
  checkFilter('convTranspose2d', x, filter, options.groups ?? 1, true)
  return spread('convTranspose2d', x, filter, options)
}

/**
 * Transpose of {@link conv1d}: {@link convTranspose2d} along a line.
 *
 * @param x [n, length, c]
 * @param filter [width, o / groups, c]
 * @returns [n, (length − 1)·stride + dilation·(width − 1) + 1 − padding + outputPadding, o]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for operands or options that do not fit.
 * @example
 * const x = tensor([1, 2], { shape: [1, 2, 1] })
 * const filter = tensor([1, 10, 100], { shape: [3, 1, 1] })
 * reshape(convTranspose1d(x, filter, { stride: 2 }), [5]).toArray() // → [1, 10, 102, 20, 200]
 */
export function convTranspose1d(x: Tensor, filter: Tensor, options: ConvTranspose1dOptions = {}): Tensor {
  checkTensor('convTranspose1d', 'x', x)
  checkTensor('convTranspose1d', 'filter', filter)
  const { groups = 1, outputPadding } = checkOptions('convTranspose1d', options, TRANSPOSE_OPTIONS)
  checkLines('convTranspose1d', x.aval)
  checkFilter('convTranspose1d', x, filter, groups, true)
  const [n, length, channels] = x.shape as readonly [number, number, number]
  const out = spread(
    'convTranspose1d',
    reshape(x, [n, 1, length, channels]),
    reshape(filter, [1, ...filter.shape]),
    {
      ...alongWidth(options),
      groups,
      ...(outputPadding === undefined ? {} : { outputPadding: [0, outputPadding] }),
    },
  )
  return reshape(out, out.shape.toSpliced(1, 1))
}

function spread(op: string, x: Tensor, filter: Tensor, options: ConvTranspose2dOptions): Tensor {
  const window = filter.shape.slice(0, 2) as [number, number]
  const over = worked(op, window, options, [1, 1], (extent, stride) => {
    const total = Math.max(0, extent - stride)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
  const { groups = 1 } = options
  const [n] = x.shape as readonly [number]
  const image = [n, ...spreadLengths(op, x, over, options), filter.shape[2] as number]
  const params = { ...over } as Params
  if (groups === 1) return convolveTransposed(x, filter, params, image)
  const [parts, filters] = [splitLast(x, groups), splitLast(filter, groups)]
  return joinLast(convolveTransposed(parts, filters, params, [groups, ...image]))
}

/** Height and width of the result. */
function spreadLengths(op: string, x: Tensor, over: Window, options: ConvTranspose2dOptions): number[] {
  const { stride, padding } = over
  const { outputPadding: given } = options
  const extra = pairOf(op, 'outputPadding', given ?? 0)
  const same = options.padding === 'same'
  const valid = extra.every(
    (more, axis) => Number.isInteger(more) && more >= 0 && more < (stride[axis] as number),
  )
  if (!valid || (same && given !== undefined)) {
    throw new OptionError({
      summary: `${op}: outputPadding ${shownList(extra)} with stride [${stride}]${same ? " and padding 'same'" : ''}.`,
      expected: same ? 'none: the result has length · stride' : 'whole numbers from 0 to stride − 1',
      at: callerLocation(),
    })
  }
  const lengths = x.shape.slice(1, 3)
  const spans = extents(over)
  const worked = lengths.map((length, axis) => {
    if (same) return length * (stride[axis] as number)
    const [before, after] = padding[axis] as readonly [number, number]
    const full = (length - 1) * (stride[axis] as number) + (spans[axis] as number)
    return full - before - after + (extra[axis] as number)
  })
  if (Math.min(...worked) < 1) {
    throw new ShapeError({
      summary: `${op}: nothing is left of ${formatAval(x.aval)} by ${over.window.join('×')} within padding ${JSON.stringify(padding)}.`,
      expected: 'less padding than the result is long without it',
      at: callerLocation(),
    })
  }
  return worked
}
