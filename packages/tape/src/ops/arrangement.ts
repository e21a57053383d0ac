import { copy } from '@wengert/kernels'
import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown, shownList } from '../options.js'
import { type Aval, formatAval, registerOp, stridesOf } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { type Axes, normalizeAxes, normalizeAxis } from './axes.js'
import { concat } from './concat.js'
import { broadcastTo } from './reduction.js'
import { reshape, slice } from './shape.js'

type List = readonly number[]

registerOp({
  name: 'flip',
  infer: ([x]) => [x as Aval],
  lower([x], [out], params) {
    const [{ shape }, axes] = [x as Aval, params.axes as List]
    const strides = stridesOf(shape)
    return copy({
      ...(out as Aval),
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      offset: axes.reduce(
        (sum, axis) => sum + Math.max(0, (shape[axis] as number) - 1) * (strides[axis] as number),
        0,
      ),
    })
  },
})
defineRule('flip', {
  pullback: ({ ct, params }) => [applyOne('flip', [ct], params)],
  pushforward: 'linear',
  batch: ({ inputs, params }) =>
    applyOne('flip', inputs, { axes: (params.axes as List).map(axis => axis + 1) }),
})

/**
 * Reverses the order of elements along axes, by default all of them.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * flip(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray() // → [[2, 1], [4, 3]]
 */
export function flip(x: Tensor, options: { readonly axis?: Axes } = {}): Tensor {
  checkTensor('flip', 'x', x)
  const { axis } = checkOptions('flip', options, ['axis'])
  const axes = normalizeAxes('flip', x.aval, axis).filter(k => (x.shape[k] as number) > 1)
  return axes.length === 0 ? x : applyOne('flip', [x], { axes })
}

/**
 * Moves elements along an axis by a number of places; those that fall off the end come in again at the beginning.
 *
 * @throws {@link OptionError} for an axis that is not there or a shift that is no integer.
 * @example
 * roll(tensor([1, 2, 3, 4]), 1).toArray() // → [4, 1, 2, 3]
 * roll(tensor([1, 2, 3, 4]), -1).toArray() // → [2, 3, 4, 1]
 */
export function roll(x: Tensor, shift: number, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('roll', 'x', x)
  const { axis = -1 } = checkOptions('roll', options, ['axis'])
  const along = normalizeAxis('roll', x.aval, axis)
  if (!Number.isInteger(shift)) {
    throw new OptionError({
      summary: `roll: shift ${shown(shift)}.`,
      expected: 'an integer',
      at: callerLocation(),
    })
  }
  const length = x.shape[along] as number
  const moved = length === 0 ? 0 : ((shift % length) + length) % length
  if (moved === 0) return x
  const cut = (start: number, limit: number) =>
    slice(
      x,
      x.shape.map((_, k) => (k === along ? start : 0)),
      x.shape.map((full, k) => (k === along ? limit : full)),
    )
  return concat([cut(length - moved, length), cut(0, length - moved)], { axis: along })
}

/** @throws {@link OptionError} unless all counts are whole numbers of at least 0. */
function checkCounts(op: string, counts: List): void {
  if (counts.every(count => Number.isInteger(count) && count >= 0)) return
  throw new OptionError({
    summary: `${op}: repetitions ${shownList(counts)}.`,
    expected: 'whole numbers of at least 0',
    at: callerLocation(),
  })
}

/**
 * Repeats a tensor as a whole, so many times along each axis. Missing axes of the tensor come in front, missing counts
 * are 1, by NumPy's rule.
 *
 * @throws {@link OptionError} for counts that are no whole numbers.
 * @example
 * tile(tensor([1, 2]), 2).toArray() // → [1, 2, 1, 2]
 * tile(tensor([1, 2]), [2, 1]).toArray() // → [[1, 2], [1, 2]]
 */
export function tile(x: Tensor, counts: number | readonly number[]): Tensor {
  checkTensor('tile', 'x', x)
  const list = [counts].flat()
  checkCounts('tile', list)
  const rank = Math.max(x.rank, list.length)
  const lengths = [...new Array<number>(rank - x.rank).fill(1), ...x.shape]
  const times = [...new Array<number>(rank - list.length).fill(1), ...list]
  // [n] → [1, n] → [count, n] → [count · n], axis by axis.
  const apart = reshape(
    x,
    lengths.flatMap(length => [1, length]),
  )
  const repeated = broadcastTo(
    apart,
    lengths.flatMap((length, k) => [times[k] as number, length]),
  )
  return reshape(
    repeated,
    lengths.map((length, k) => length * (times[k] as number)),
  )
}

/**
 * Repeats each element along an axis.
 *
 * @throws {@link OptionError} for an axis that is not there or a count that is no whole number.
 * @example
 * repeat(tensor([1, 2]), 2).toArray() // → [1, 1, 2, 2]
 * repeat(tensor([[1, 2], [3, 4]]), 2, { axis: 0 }).toArray() // → [[1, 2], [1, 2], [3, 4], [3, 4]]
 */
export function repeat(x: Tensor, count: number, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('repeat', 'x', x)
  const { axis = -1 } = checkOptions('repeat', options, ['axis'])
  const along = normalizeAxis('repeat', x.aval, axis)
  checkCounts('repeat', [count])
  const apart = reshape(x, x.shape.toSpliced(along + 1, 0, 1))
  const repeated = broadcastTo(apart, x.shape.toSpliced(along + 1, 0, count))
  return reshape(repeated, x.shape.with(along, (x.shape[along] as number) * count))
}

/**
 * Removes axes of length 1: those named, or all.
 *
 * @throws {@link ShapeError} for an axis of another length.
 * @example
 * squeeze(tensor([[[1], [2]]])).shape // → [2]
 * squeeze(tensor([[[1], [2]]]), { axis: 0 }).shape // → [2, 1]
 */
export function squeeze(x: Tensor, options: { readonly axis?: Axes } = {}): Tensor {
  checkTensor('squeeze', 'x', x)
  const { axis } = checkOptions('squeeze', options, ['axis'])
  const axes =
    axis === undefined
      ? x.shape.flatMap((length, k) => (length === 1 ? [k] : []))
      : normalizeAxes('squeeze', x.aval, axis)
  if (axes.some(k => x.shape[k] !== 1)) {
    throw new ShapeError({
      summary: `squeeze: axis ${JSON.stringify(axis)} of ${formatAval(x.aval)} is longer than 1.`,
      expected: 'axes of length 1',
      at: callerLocation(),
    })
  }
  return reshape(
    x,
    x.shape.filter((_, k) => !axes.includes(k)),
  )
}

/**
 * Inserts axes of length 1, at these places of the result.
 *
 * @throws {@link OptionError} for places outside of the result.
 * @example
 * expandDims(tensor([1, 2]), 0).shape // → [1, 2]
 * expandDims(tensor([1, 2]), [0, -1]).shape // → [1, 2, 1]
 */
export function expandDims(x: Tensor, axis: Axes): Tensor {
  checkTensor('expandDims', 'x', x)
  const rank = x.rank + [axis].flat().length
  const result = { dtype: x.dtype, shape: new Array<number>(rank).fill(1) }
  const axes = normalizeAxes('expandDims', result, axis)
  const lengths = [...x.shape]
  return reshape(
    x,
    result.shape.map((_, k) => (axes.includes(k) ? 1 : (lengths.shift() as number))),
  )
}
