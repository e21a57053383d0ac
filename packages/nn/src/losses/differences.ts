import {
  abs,
  callerLocation,
  checkOptions,
  clip,
  mul,
  OptionError,
  shown,
  square,
  sub,
  type Tensor,
} from '@wengert/tape'
import { checkAlike, rowMeans } from './rows.js'

/**
 * Mean squared difference, one number a row.
 *
 * @param x [rows, …]
 * @param y as x
 * @returns [rows]
 * @throws ShapeError unless x and y have the same shape; DTypeError unless both are f32 or both f64.
 * @example
 * meanSquaredError(tensor([[1, 2], [3, 4]]), tensor([[1, 4], [3, 4]])).toArray() // → [2, 0]
 */
export function meanSquaredError(x: Tensor, y: Tensor): Tensor {
  checkAlike('meanSquaredError', x, y)
  return rowMeans(square(sub(x, y)))
}

/**
 * Mean absolute difference, one number a row; its derivative where there is no difference is 0.
 *
 * @param x [rows, …]
 * @param y as x
 * @returns [rows]
 * @throws ShapeError unless x and y have the same shape; DTypeError unless both are f32 or both f64.
 * @example
 * meanAbsoluteError(tensor([[1, 2], [3, 4]]), tensor([[1, 4], [3, 4]])).toArray() // → [1, 0]
 */
export function meanAbsoluteError(x: Tensor, y: Tensor): Tensor {
  checkAlike('meanAbsoluteError', x, y)
  return rowMeans(abs(sub(x, y)))
}

/** Options of {@link huber}. */
export interface HuberOptions {
  /** Up to which difference the loss is a square; above 0, default 1. */
  readonly delta?: number
}

/**
 * Huber's loss, one number a row: the mean of ½d² where the difference d is at most delta, and of delta·(|d| − ½delta)
 * beyond (Huber 1964, "Robust estimation of a location parameter").
 *
 * @param x [rows, …]
 * @param y as x
 * @returns [rows]
 * @throws ShapeError unless x and y have the same shape; DTypeError unless both are f32 or both f64; OptionError
 * unless delta is above 0.
 * @example
 * huber(tensor([1, 2, 5]), tensor([1, 1, 1])).toArray() // → [0, 0.5, 3.5]
 * huber(tensor([5]), tensor([1]), { delta: 2 }).toArray() // → [6]
 */
export function huber(x: Tensor, y: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = checkOptions('huber', options, ['delta'])
  if (!(Number.isFinite(delta) && delta > 0)) {
    throw new OptionError({
      summary: `huber: delta ${shown(delta)}.`,
      expected: 'a number above 0',
      at: callerLocation(),
      data: { option: 'delta' },
    })
  }
  checkAlike('huber', x, y)
  // c·(d − ½c) with c = d within delta and ±delta beyond.
  const d = sub(x, y)
  const c = clip(d, -delta, delta)
  return rowMeans(mul(c, sub(d, mul(0.5, c))))
}
