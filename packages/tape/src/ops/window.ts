import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, shownList } from '../options.js'
import { type Aval, formatAval, isFloat, type Params } from '../program/index.js'

type Pair = readonly [number, number]
type Pairs = readonly [Pair, Pair]

/**
 * What is added around an image: nothing; as much as gives ⌈length / stride⌉ windows along each axis (an odd one at
 * the end); the same on all sides; or `[[top, bottom], [left, right]]`.
 */
export type Padding =
  | 'valid'
  | 'same'
  | number
  | readonly [readonly [number, number], readonly [number, number]]

/** How a window moves over height and width. */
export interface WindowOptions {
  /** Rows and columns between windows; default 1 for convolutions, the window for pooling. */
  readonly stride?: number | readonly [number, number]
  /** Zeros, or what does not count for pooling. Default `'valid'`. */
  readonly padding?: Padding
  /** Steps between the rows and columns of a window. Default 1: they are neighbours. */
  readonly dilation?: number | readonly [number, number]
}

/** The names of {@link WindowOptions} and {@link LineOptions}. */
export const WINDOW_OPTIONS = ['stride', 'padding', 'dilation']

/** How a window moves along a line. */
export interface LineOptions {
  /** Elements between windows; default 1 for convolutions, the window for pooling. */
  readonly stride?: number
  /** As {@link Padding}, or `[before, after]`. Default `'valid'`. */
  readonly padding?: 'valid' | 'same' | number | readonly [number, number]
  /** Steps between the elements of a window. Default 1: they are neighbours. */
  readonly dilation?: number
}

/** A window over an image, worked out. */
export interface Window {
  readonly window: Pair
  readonly stride: Pair
  readonly padding: Pairs
  /** Left out where it is 1. */
  readonly dilation?: Pair
}

/** The window an instruction was recorded with. */
export const windowOf = (params: Params): Window => {
  const { window, stride, padding, dilation } = params as unknown as Window
  return dilation ? { window, stride, padding, dilation } : { window, stride, padding }
}

/** Height and width of the output for those of the image. */
export function outputLengths([height, width]: readonly number[], over: Window): [number, number] {
  const { stride, padding } = over
  const spans = extents(over)
  const length = (size: number, axis: 0 | 1) =>
    Math.floor((size + padding[axis][0] + padding[axis][1] - spans[axis]) / stride[axis]) + 1
  return [length(height as number, 0), length(width as number, 1)]
}

/** Rows and columns from the first to the last of a window: dilation · (window − 1) + 1. */
export const extents = ({ window, dilation = [1, 1] }: Pick<Window, 'window' | 'dilation'>): Pair => [
  dilation[0] * (window[0] - 1) + 1,
  dilation[1] * (window[1] - 1) + 1,
]

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value)

/**
 * A number for both axes, or one for each.
 *
 * @throws {@link OptionError} for anything else.
 */
export function pairOf(op: string, option: string, value: number | Pair): Pair {
  const fits = typeof value === 'number' || (Array.isArray(value) && value.length === 2)
  checkArgument(op, `\`${option}\``, value, fits, 'a whole number, or one for each of two axes')
  return pair(value)
}

/** @throws {@link DTypeError} or {@link ShapeError} unless x is floats [n, height, width, channels]. */
export function checkImages(op: string, x: Aval): void {
  checkFloat(op, x)
  if (x.shape.length === 4) return
  throw new ShapeError({
    summary: `${op}: an image batch has rank 4, not ${formatAval(x)}.`,
    expected: 'x [n, height, width, channels]',
    at: callerLocation(),
    fix: 'reshape it, such as reshape(x, [rows, 28, 28, 1])',
  })
}

/** @throws {@link DTypeError} or {@link ShapeError} unless x is floats [n, length, channels]. */
export function checkLines(op: string, x: Aval): void {
  checkFloat(op, x)
  if (x.shape.length === 3) return
  throw new ShapeError({
    summary: `${op}: a batch of sequences has rank 3, not ${formatAval(x)}.`,
    expected: 'x [n, length, channels]',
    at: callerLocation(),
    fix: 'reshape it, such as reshape(x, [rows, 28, 1])',
  })
}

function checkFloat(op: string, x: Aval): void {
  if (isFloat(x.dtype)) return
  throw new DTypeError({
    summary: `${op}: dtype not taken: ${formatAval(x)}.`,
    expected: 'f32 or f64',
    at: callerLocation(),
  })
}

/**
 * Stride, dilation and padding as pairs; the padding is worked out by `same` where it is `'same'`.
 *
 * @throws {@link OptionError} for strides or dilations below 1 or negative padding.
 */
export function worked(
  op: string,
  window: Pair,
  options: WindowOptions,
  defaultStride: Pair,
  same: (extent: number, stride: number, axis: 0 | 1) => Pair,
): Window {
  const stride = pairOf(op, 'stride', options.stride ?? defaultStride)
  const dilation = pairOf(op, 'dilation', options.dilation ?? 1)
  const positive = [...window, ...stride, ...dilation].every(size => Number.isInteger(size) && size >= 1)
  const { padding: given = 'valid' } = options
  const padding: unknown =
    given === 'same' && positive
      ? extents({ window, dilation }).map((extent, axis) =>
          same(extent, stride[axis] as number, axis as 0 | 1),
        )
      : given === 'valid'
        ? [[0, 0], [0, 0]] // biome-ignore format: a matrix
        : typeof given === 'number'
          ? [pair(given), pair(given)]
          : given
  if (!positive || !isPadding(padding)) {
    const apart = options.dilation === undefined ? '' : `, dilation ${shownList(dilation)}`
    throw new OptionError({
      summary: `${op}: window ${shownList(window)}, stride ${shownList(stride)}, padding ${shownList(padding)}${apart}.`,
      expected: 'whole numbers: windows, strides and dilations of at least 1, paddings of at least 0',
      at: callerLocation(),
    })
  }
  const over = { window, stride, padding }
  return dilation.every(step => step === 1) ? over : { ...over, dilation }
}

const isPadding = (padding: unknown): padding is Pairs =>
  Array.isArray(padding) &&
  padding.length === 2 &&
  padding.every(
    side => Array.isArray(side) && side.length === 2 && side.every(pad => Number.isInteger(pad) && pad >= 0),
  )

/**
 * Works out stride, padding and dilation for images x [n, h, w, c].
 *
 * @throws {@link ShapeError} for an x of another rank or a window larger than the padded image;
 * {@link OptionError} for strides below 1 or negative padding; {@link DTypeError} for an x that is no float.
 */
export function windowParams(
  op: string,
  x: Aval,
  window: Pair,
  options: WindowOptions,
  defaultStride: Pair,
): Window {
  checkImages(op, x)
  const lengths = x.shape.slice(1, 3)
  const over = worked(op, window, options, defaultStride, (extent, stride, axis) => {
    const length = lengths[axis] as number
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
  if (Math.min(...outputLengths(lengths, over)) < 1) {
    const apart = over.dilation ? ` with dilation ${over.dilation.join('×')}` : ''
    throw new ShapeError({
      summary: `${op}: a window of ${window.join('×')}${apart} does not fit ${formatAval(x)} with padding ${JSON.stringify(over.padding)}.`,
      expected: 'windows no larger than the padded image',
      at: callerLocation(),
    })
  }
  return over
}

/** The options of a line for images of height 1. */
export function alongWidth({ stride, padding, dilation }: LineOptions): WindowOptions {
  const sides = typeof padding === 'number' ? ([padding, padding] as const) : padding
  return {
    ...(stride === undefined ? {} : { stride: [1, stride] }),
    ...(sides === undefined ? {} : { padding: typeof sides === 'string' ? sides : [[0, 0], sides] }),
    ...(dilation === undefined ? {} : { dilation: [1, dilation] }),
  }
}
