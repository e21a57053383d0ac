import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkAmount, checkOneOf, checkOptions, shownList } from '../options.js'
import { formatAval } from '../program/index.js'
import { applyOne, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { flip } from './arrangement.js'
import { checkNumbers } from './axes.js'
import { concat } from './concat.js'
import { broadcastTo } from './reduction.js'
import { slice } from './shape.js'

/** What padding consists of. */
export interface PadOptions {
  /**
   * `'constant'` (default): one value; `'edge'`: the first and last element repeated; `'reflect'`: the elements
   * mirrored at the first and last one, which are not repeated themselves.
   */
  readonly mode?: 'constant' | 'edge' | 'reflect'
  /** The constant; default 0. */
  readonly value?: number
}

type Pair = readonly [number, number]

/**
 * Adds elements before and after, axis by axis.
 *
 * @param widths `[before, after]` of every axis, or one number for all sides.
 * @throws {@link OptionError} unless there is a pair of whole numbers an axis; {@link ShapeError} where there are too
 * few elements to repeat or to mirror.
 * @example
 * pad(tensor([1, 2]), [[1, 2]]).toArray() // → [0, 1, 2, 0, 0]
 * pad(tensor([1, 2, 3]), 2, { mode: 'edge' }).toArray() // → [1, 1, 1, 2, 3, 3, 3]
 * pad(tensor([1, 2, 3]), 2, { mode: 'reflect' }).toArray() // → [3, 2, 1, 2, 3, 2, 1]
 */
export function pad(
  x: Tensor,
  widths: number | readonly (readonly [number, number])[],
  options: PadOptions = {},
): Tensor {
  checkTensor('pad', 'x', x)
  const { mode = 'constant', value = 0 } = checkOptions('pad', options, ['mode', 'value'])
  checkOneOf('mode', mode, ['constant', 'edge', 'reflect'])
  checkAmount('pad', 'value', value)
  const pairs = typeof widths === 'number' ? x.shape.map((): Pair => [widths, widths]) : widths
  checkNumbers('pad', 'the widths', pairs)
  const valid = pairs.flat().every(width => Number.isInteger(width) && width >= 0)
  if (!valid || pairs.length !== x.rank) {
    throw new OptionError({
      summary: `pad: widths ${shownList(widths)} do not fit ${formatAval(x.aval)}.`,
      expected: '[before, after] for every axis, whole numbers of at least 0',
      at: callerLocation(),
    })
  }
  checkSource(x, pairs, mode)
  if (pairs.flat().every(width => width === 0)) return x
  if (mode === 'constant' && value === 0) return zeroPadded(x, pairs)
  return pairs.reduce((padded, pair, axis) => {
    const [before, after] = pair.map((width, side) =>
      width === 0 ? [] : [border(padded, axis, width, side === 1, mode, value)],
    ) as [Tensor[], Tensor[]]
    return concat([...before, padded, ...after], { axis })
  }, x)
}

/** The transpose of a slice. */
function zeroPadded(x: Tensor, pairs: readonly Pair[]): Tensor {
  return applyOne('unslice', [x], {
    starts: pairs.map(([before]) => before),
    limits: x.shape.map((length, axis) => (pairs[axis] as Pair)[0] + length),
    steps: x.shape.map(() => 1),
    shape: x.shape.map((length, axis) => (pairs[axis] as Pair)[0] + length + (pairs[axis] as Pair)[1]),
  })
}

/** What goes before or after the elements along an axis. */
function border(
  x: Tensor,
  axis: number,
  width: number,
  after: boolean,
  mode: PadOptions['mode'],
  value: number,
): Tensor {
  const length = x.shape[axis] as number
  if (mode === 'constant') return broadcastTo(scalarLike(x, value), x.shape.with(axis, width))
  const cut = (start: number, limit: number) =>
    slice(
      x,
      x.shape.map((_, k) => (k === axis ? start : 0)),
      x.shape.map((full, k) => (k === axis ? limit : full)),
    )
  if (mode === 'reflect') {
    return flip(after ? cut(length - 1 - width, length - 1) : cut(1, 1 + width), { axis })
  }
  return broadcastTo(after ? cut(length - 1, length) : cut(0, 1), x.shape.with(axis, width))
}

function checkSource(x: Tensor, pairs: readonly Pair[], mode: PadOptions['mode']): void {
  if (mode === 'constant') return
  const fits = x.shape.every((length, axis) => {
    const widest = Math.max(...(pairs[axis] as Pair))
    return widest === 0 || (mode === 'edge' ? length >= 1 : length > widest)
  })
  if (fits) return
  throw new ShapeError({
    summary: `pad: ${formatAval(x.aval)} is too short for ${JSON.stringify(pairs)} in mode ${mode}.`,
    expected:
      mode === 'edge' ? 'at least one element' : 'more elements along each axis than are added to a side',
    at: callerLocation(),
  })
}
