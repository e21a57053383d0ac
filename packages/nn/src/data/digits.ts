import {
  callerLocation,
  checkArgument,
  checkTensors,
  dataOf,
  fromData,
  OptionError,
  type Tensor,
} from '@wengert/tape'
import { checkLength } from '../arguments.js'
import { type Split, splitRows } from './order.js'

/** Rows with a class each. */
export type Labelled = {
  /** f32[rows, features] */
  readonly x: Tensor
  /** i32[rows] */
  readonly y: Tensor
}

/**
 * Images of digits as rows with labels, from the pixels of each digit's images one after the other.
 *
 * @param pixels an array for each digit, with images × pixelsPerImage numbers.
 * @throws OptionError if an array does not hold whole images.
 * @example
 * const { x, y } = digits([[0, 0.5], [1, 1, 0, 1]], 2)
 * x.toArray() // → [[0, 0.5], [1, 1], [0, 1]]
 * y.toArray() // → [0, 1, 1]
 */
export function digits(pixels: readonly ArrayLike<number>[], pixelsPerImage = 784): Labelled {
  const fits = Array.isArray(pixels) && pixels.every(images => Number.isInteger(images?.length))
  checkArgument('digits', 'the pixels', pixels, fits, 'a list for each digit')
  checkLength('digits', 'pixelsPerImage', pixelsPerImage)
  const counts = pixels.map(({ length }) => length / pixelsPerImage)
  const broken = counts.findIndex(count => !Number.isInteger(count))
  if (broken !== -1) {
    throw new OptionError({
      summary: `digits: class ${broken} has ${pixels[broken]?.length} pixels.`,
      expected: `a multiple of ${pixelsPerImage}`,
      at: callerLocation(),
    })
  }
  const rows = counts.reduce((sum, count) => sum + count, 0)
  const data = new Float32Array(rows * pixelsPerImage)
  const labels = new Int32Array(rows)
  let row = 0
  for (const [digit, images] of pixels.entries()) {
    data.set(images, row * pixelsPerImage)
    labels.fill(digit, row, row + (counts[digit] as number))
    row += counts[digit] as number
  }
  return {
    x: fromData({ dtype: 'f32', shape: [rows, pixelsPerImage] }, data),
    y: fromData({ dtype: 'i32', shape: [rows] }, labels),
  }
}

const [TEST_ROWS, SPLIT_SEED] = [2000, 0]

/**
 * Sets 2,000 digits apart to test with: always the same ones, with the same share of every digit.
 *
 * @throws OptionError unless there are more digits than that.
 * @example
 * const { x, y } = digits([new Float32Array(1500), new Float32Array(1500)], 1)
 * splitDigits({ x, y }).test.length // → 2000
 */
export function splitDigits(digits: Labelled): Split {
  checkTensors('splitDigits', digits, ['x', 'y'])
  return splitRows(dataOf(digits.y), TEST_ROWS, SPLIT_SEED)
}
