import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, isFloat, type Params } from '../program/index.js'

/** Zeros (or −∞ for pooling) added before and after an axis. */
export type Padding = 'valid' | 'same' | readonly [readonly [number, number], readonly [number, number]]

/** How a window moves over height and width. */
export interface WindowOptions {
  /** Rows and columns between windows; default 1 for convolutions, the window for pooling. */
  readonly stride?: number | readonly [number, number]
  /** `'valid'` (default): none; `'same'`: so that the output has ⌈length / stride⌉; or rows and columns. */
  readonly padding?: Padding
}

/** A window over an image, worked out. */
export interface Window {
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
}

type Pair = readonly [number, number]

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value)

/** The window an instruction was recorded with. */
export const windowOf = (params: Params): Window => params as unknown as Window

/** Length of the output along one axis. */
export const outputLength = (length: number, window: number, stride: number, [before, after]: Pair): number =>
  Math.floor((length + before + after - window) / stride) + 1

/**
 * Works out strides and padding for an image x [n, h, w, c].
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
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      summary: `${op}: dtype not taken: ${formatAval(x)}.`,
      expected: 'f32 or f64',
      at: callerLocation(),
    })
  }
  if (x.shape.length !== 4) {
    throw new ShapeError({
      summary: `${op}: an image batch has rank 4, not ${formatAval(x)}.`,
      expected: 'x [n, height, width, channels]',
      at: callerLocation(),
      fix: 'reshape it, such as reshape(x, [rows, 28, 28, 1])',
    })
  }
  const stride = pair(options.stride ?? defaultStride)
  const lengths = x.shape.slice(1, 3) as [number, number]
  const padding = paddingOf(options.padding ?? 'valid', lengths, window, stride)
  const whole = [...window, ...stride, ...padding.flat()].every(Number.isInteger)
  if (!whole || Math.min(...window, ...stride) < 1 || Math.min(...padding.flat()) < 0) {
    throw new OptionError({
      summary: `${op}: window [${window}], stride [${stride}], padding ${JSON.stringify(padding)}.`,
      expected: 'whole numbers: windows and strides of at least 1, paddings of at least 0',
      at: callerLocation(),
    })
  }
  if (
    lengths.some(
      (length, k) => outputLength(length, window[k] as number, stride[k] as number, padding[k] as Pair) < 1,
    )
  ) {
    throw new ShapeError({
      summary: `${op}: a window of ${window.join('×')} does not fit ${formatAval(x)} with padding ${JSON.stringify(padding)}.`,
      expected: 'windows no larger than the padded image',
      at: callerLocation(),
    })
  }
  return { window, stride, padding }
}

function paddingOf(padding: Padding, lengths: Pair, window: Pair, stride: Pair): readonly [Pair, Pair] {
  if (padding === 'valid') return [[0, 0], [0, 0]] // biome-ignore format: a matrix
  if (padding !== 'same') return padding
  const same = (axis: 0 | 1): Pair => {
    const total = Math.max(
      0,
      (Math.ceil(lengths[axis] / stride[axis]) - 1) * stride[axis] + window[axis] - lengths[axis],
    )
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  }
  return [same(0), same(1)]
}
