import { argsort as argsortKernel, searchSorted } from '@wengert/kernels'
import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown } from '../options.js'
import { type Aval, formatAval, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { normalizeAxis } from './axes.js'
import { allBatched } from './batch.js'
import { convert } from './convert.js'
import { gatherAlong, swappedWithLast } from './rows.js'
import { reshape, slice } from './shape.js'

type Ordered = 'f32' | 'f64' | 'i32'

/** Along which axis to sort, and which way. */
export interface SortOptions {
  /** Default −1, the last. */
  readonly axis?: number
  /** Largest first. */
  readonly descending?: boolean
}

const SORT_OPTIONS = ['axis', 'descending']

registerOp({
  name: 'argsort',
  infer: ([x]) => [{ dtype: 'i32', shape: (x as Aval).shape }],
  lower([x], _out, params) {
    const { dtype, shape } = x as Aval
    return argsortKernel({
      dtype: dtype as Ordered,
      rows: sizeOf(shape.slice(0, -1)),
      length: shape.at(-1) as number,
      descending: params.descending === true,
    })
  },
})
// Rows are sorted each for itself, so a batch is more rows.
defineRule('argsort', {
  pullback: 'zero',
  batch: ({ inputs, params }) => applyOne('argsort', inputs, params),
})

/** What order is defined on: bools count as 0 and 1. */
const ordered = (x: Tensor): Tensor => (x.dtype === 'bool' ? convert(x, 'i32') : x)

/**
 * Indices, as i32, that bring a tensor into order along an axis; equal elements stay in the order they have. NaN comes
 * after every number, and first where the order is descending.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * argsort(tensor([3, 1, 2])).toArray() // → [1, 2, 0]
 * argsort(tensor([3, 1, 2]), { descending: true }).toArray() // → [0, 2, 1]
 */
export function argsort(x: Tensor, options: SortOptions = {}): Tensor {
  checkTensor('argsort', 'x', x)
  const { axis = -1, descending = false } = checkOptions('argsort', options, SORT_OPTIONS)
  const along = normalizeAxis('argsort', x.aval, axis)
  return swappedWithLast(applyOne('argsort', [swappedWithLast(ordered(x), along)], { descending }), along)
}

/**
 * A tensor in order along an axis, NaN last (first where the order is descending). Its derivative follows the elements
 * to their places; equal ones stay in the order they have.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * sort(tensor([3, 1, 2])).toArray() // → [1, 2, 3]
 * sort(tensor([[3, 1], [2, 4]]), { axis: 0 }).toArray() // → [[2, 1], [3, 4]]
 */
export function sort(x: Tensor, options: SortOptions = {}): Tensor {
  checkTensor('sort', 'x', x)
  const along = normalizeAxis('sort', x.aval, checkOptions('sort', options, SORT_OPTIONS).axis ?? -1)
  return gatherAlong(x, argsort(x, options), along, 'zero')
}

/** The largest elements and where they are. */
export interface TopK {
  readonly values: Tensor
  /** i32 along the axis. */
  readonly indices: Tensor
}

/**
 * The k largest elements along an axis, largest first, and their indices; of equal ones the first come first, and NaN
 * counts as larger than every number.
 *
 * @throws {@link OptionError} unless k is a whole number up to the length of the axis.
 * @example
 * const { values, indices } = topK(tensor([3, 1, 4, 1, 5]), 2)
 * values.toArray() // → [5, 4]
 * indices.toArray() // → [4, 2]
 */
export function topK(x: Tensor, k: number, options: { readonly axis?: number } = {}): TopK {
  checkTensor('topK', 'x', x)
  const { axis = -1 } = checkOptions('topK', options, ['axis'])
  const along = normalizeAxis('topK', x.aval, axis)
  const length = x.shape[along] as number
  if (!Number.isInteger(k) || k < 0 || k > length) {
    throw new OptionError({
      summary: `topK: k ${shown(k)} of ${formatAval(x.aval)} along axis ${along}.`,
      expected: `a whole number up to ${length}`,
      at: callerLocation(),
    })
  }
  const order = argsort(x, { axis: along, descending: true })
  const indices = slice(order, [], x.shape.with(along, k))
  return { values: gatherAlong(x, indices, along, 'zero'), indices }
}

registerOp({
  name: 'searchsorted',
  infer: ([, values]) => [{ dtype: 'i32', shape: (values as Aval).shape }],
  lower([sorted, values], _out, params) {
    const { dtype, shape } = sorted as Aval
    return searchSorted({
      dtype: dtype as Ordered,
      rows: sizeOf(shape.slice(0, -1)),
      length: shape.at(-1) as number,
      count: (values as Aval).shape.at(-1) as number,
      side: params.side as 'left' | 'right',
    })
  },
})
defineRule('searchsorted', {
  pullback: 'zero',
  batch(site) {
    const [sorted, values] = site.inputs as readonly [Tensor, Tensor]
    if (site.batched[0] || sorted.rank > 1)
      return applyOne('searchsorted', allBatched(site).inputs, site.params)
    // One sorted list for all: the batch is more values.
    return reshape(
      applyOne('searchsorted', [sorted, reshape(values, [values.size])], site.params),
      values.shape,
    )
  },
})

/** On which side of equal elements a value goes. */
export interface SearchOptions {
  /** `'left'` (default): before them; `'right'`: after them. */
  readonly side?: 'left' | 'right'
}

/**
 * Index, as i32, at which each value can be inserted into a sorted vector so that it stays sorted, by bisection. NaN
 * counts as larger than every number.
 *
 * @param sorted [n], ascending
 * @throws {@link ShapeError} unless `sorted` is a vector; {@link DTypeError} if the dtypes differ;
 * {@link OptionError} for another side.
 * @example
 * searchsorted(tensor([1, 2, 2, 3]), tensor([2, 9])).toArray() // → [1, 4]
 * searchsorted(tensor([1, 2, 2, 3]), tensor([2, 9]), { side: 'right' }).toArray() // → [3, 4]
 */
export function searchsorted(sorted: Tensor, values: Tensor, options: SearchOptions = {}): Tensor {
  checkTensor('searchsorted', 'sorted', sorted)
  checkTensor('searchsorted', 'values', values)
  const { side = 'left' } = checkOptions('searchsorted', options, ['side'])
  if (sorted.rank !== 1) {
    throw new ShapeError({
      summary: `searchsorted: the sorted operand is ${formatAval(sorted.aval)}.`,
      expected: 'a vector',
      at: callerLocation(),
    })
  }
  if (sorted.dtype !== values.dtype) {
    throw new DTypeError({
      summary: `searchsorted: dtypes differ: ${formatAval(sorted.aval)}, ${formatAval(values.aval)}.`,
      expected: 'operands of one dtype',
      at: callerLocation(),
    })
  }
  if (side !== 'left' && side !== 'right') {
    throw new OptionError({
      summary: `searchsorted: side ${shown(side)}.`,
      expected: "'left' or 'right'",
      at: callerLocation(),
    })
  }
  const flat = reshape(ordered(values), [values.size])
  return reshape(applyOne('searchsorted', [ordered(sorted), flat], { side }), values.shape)
}
