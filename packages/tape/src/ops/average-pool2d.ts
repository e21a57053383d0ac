import { checkOptions } from '../options.js'
import { type Aval, allocate } from '../program/index.js'
import { checkTensor, fromData, type Tensor } from '../record/index.js'
import { div } from './arithmetic.js'
import { reshape } from './shape.js'
import { sumPool } from './sum-pool.js'
import {
  alongWidth,
  checkLines,
  type LineOptions,
  outputLengths,
  WINDOW_OPTIONS,
  type Window,
  type WindowOptions,
  windowParams,
} from './window.js'

/** What {@link averagePool2d} divides by. */
export interface AverageOptions {
  /**
   * Whether padding counts as zeros, so that every window is divided by its full size (default, as PyTorch and Flax
   * have it), or not at all, so that a window is divided by its elements in the image (as TensorFlow has it).
   */
  readonly countIncludePad?: boolean
}

const AVERAGE_OPTIONS = [...WINDOW_OPTIONS, 'countIncludePad']

/**
 * Mean of each window, channel by channel. The mean of whole images is `mean(x, { axis: [1, 2] })`.
 *
 * @param x [n, height, width, c]
 * @param window rows and columns of a window; one number for squares
 * @returns [n, ⌊(height + padding − dilation·(rows − 1) − 1) / stride⌋ + 1, …, c]; 0 for a window of padding alone
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for an x or options that do not fit.
 * @example
 * const x = tensor([1, 2, 3, 6], { shape: [1, 2, 2, 1] })
 * averagePool2d(x, 2).toArray() // → [[[[3]]]]
 * const corners = { padding: 1, stride: 2 }
 * reshape(averagePool2d(x, 2, corners), [4]).toArray() // → [0.25, 0.5, 0.75, 1.5]
 * reshape(averagePool2d(x, 2, { ...corners, countIncludePad: false }), [4]).toArray() // → [1, 2, 3, 6]
 */
export function averagePool2d(
  x: Tensor,
  window: number | readonly [number, number],
  options: WindowOptions & AverageOptions = {},
): Tensor {
  checkTensor('averagePool2d', 'x', x)
  checkOptions('averagePool2d', options, AVERAGE_OPTIONS)
  const size = typeof window === 'number' ? ([window, window] as const) : window
  return average(x, windowParams('averagePool2d', x.aval, size, options, size), options)
}

/**
 * Mean of each window of a line, channel by channel: {@link averagePool2d} along it.
 *
 * @param x [n, length, c]
 * @returns [n, ⌊(length + padding − dilation·(window − 1) − 1) / stride⌋ + 1, c]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for an x or options that do not fit.
 * @example
 * averagePool1d(tensor([1, 2, 3, 6], { shape: [1, 4, 1] }), 2).toArray() // → [[[1.5], [4.5]]]
 */
export function averagePool1d(x: Tensor, window: number, options: LineOptions & AverageOptions = {}): Tensor {
  checkTensor('averagePool1d', 'x', x)
  checkOptions('averagePool1d', options, AVERAGE_OPTIONS)
  checkLines('averagePool1d', x.aval)
  const [n, length, channels] = x.shape as readonly [number, number, number]
  const image = reshape(x, [n, 1, length, channels])
  const size = [1, window] as const
  const out = average(
    image,
    windowParams('averagePool1d', image.aval, size, alongWidth(options), size),
    options,
  )
  return reshape(out, out.shape.toSpliced(1, 1))
}

function average(x: Tensor, over: Window, { countIncludePad = true }: AverageOptions): Tensor {
  const sums = sumPool(x, over)
  if (countIncludePad || over.padding.flat().every(pad => pad === 0)) {
    return div(sums, over.window[0] * over.window[1])
  }
  return div(sums, counts(x.aval, over))
}

/** Elements of each window that lie in the image, and 1 where there are none: [height, width, 1] of the output. */
function counts({ dtype, shape }: Aval, over: Window): Tensor {
  const lengths = shape.slice(1, 3)
  const { window, stride, padding, dilation = [1, 1] } = over
  const [rows, columns] = outputLengths(lengths, over).map((count, axis) =>
    Array.from({ length: count }, (_, k) => {
      const first = k * (stride[axis] as number) - (padding[axis] as readonly number[])[0]!
      const taps = Array.from(
        { length: window[axis] as number },
        (_, tap) => first + tap * (dilation[axis] as number),
      )
      return taps.filter(at => at >= 0 && at < (lengths[axis] as number)).length
    }),
  ) as [number[], number[]]
  const aval = { dtype, shape: [rows.length, columns.length, 1] }
  const data = allocate(aval)
  rows.forEach((down, i) => {
    columns.forEach((right, j) => {
      data[i * columns.length + j] = Math.max(1, down * right)
    })
  })
  return fromData(aval, data)
}
