import { concat as concatKernel } from '@wengert/kernels'
import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shownList } from '../options.js'
import { type Aval, formatAval, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, checkTensorList, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { checkNumbers, normalizeAxis } from './axes.js'
import { broadcastTo } from './reduction.js'
import { reshape, slice } from './shape.js'

// With `addsZero` a sum of arrays that are zero but for a slice of each: −0 becomes 0.
registerOp({
  name: 'concat',
  infer(avals, params) {
    const axis = params.axis as number
    const { dtype, shape } = avals[0] as Aval
    const total = avals.reduce((sum, aval) => sum + (aval.shape[axis] as number), 0)
    return [{ dtype, shape: shape.with(axis, total) }]
  },
  lower(avals, _out, params) {
    const axis = params.axis as number
    const { dtype, shape } = avals[0] as Aval
    return concatKernel({
      dtype,
      outer: sizeOf(shape.slice(0, axis)),
      inner: avals.map(aval => sizeOf(aval.shape.slice(axis))),
      addsZero: params.addsZero === true,
    })
  },
})

defineRule('concat', {
  pullback({ inputs, ct, params, wanted }) {
    const axis = params.axis as number
    let start = 0
    return inputs.map((x, k) => {
      const [from, to] = [start, start + (x.shape[axis] as number)]
      start = to
      if (!wanted[k]) return undefined
      return slice(ct, new Array<number>(axis).fill(0).concat(from), [...ct.shape.slice(0, axis), to])
    })
  },
  pushforward: 'linear',
  batch: ({ inputs, batched, size, params }) =>
    applyOne(
      'concat',
      inputs.map((x, k) => (batched[k] ? x : broadcastTo(x, [size, ...x.shape]))),
      { axis: (params.axis as number) + 1 },
    ),
})

/**
 * Joins tensors along an axis that they have.
 *
 * @throws {@link ShapeError} if they differ in dtype or another axis; {@link OptionError} if there are none.
 * @example
 * concat([tensor([[1, 2]]), tensor([[3, 4]])]).toArray() // → [[1, 2], [3, 4]]
 * concat([tensor([[1], [2]]), tensor([[3], [4]])], { axis: 1 }).toArray() // → [[1, 3], [2, 4]]
 */
export function concat(tensors: readonly Tensor[], options: { readonly axis?: number } = {}): Tensor {
  const { axis = 0 } = checkOptions('concat', options, ['axis'])
  checkTensorList('concat', tensors)
  const [first] = tensors
  if (!first) {
    throw new OptionError({
      summary: 'concat: there are no tensors.',
      expected: 'one or more',
      at: callerLocation(),
    })
  }
  const along = normalizeAxis('concat', first.aval, axis)
  const fits = (x: Tensor) =>
    x.dtype === first.dtype &&
    x.rank === first.rank &&
    x.shape.every((length, k) => k === along || length === first.shape[k])
  if (!tensors.every(fits)) {
    throw new ShapeError({
      summary: `concat: tensors do not line up along axis ${along}: ${tensors.map(x => formatAval(x.aval)).join(', ')}.`,
      expected: 'one dtype, and equal lengths along all other axes',
      at: callerLocation(),
    })
  }
  return tensors.length === 1 ? first : applyOne('concat', tensors, { axis: along })
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @throws {@link ShapeError} if their shapes or dtypes differ.
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])]).toArray() // → [[1, 2], [3, 4]]
 */
export function stack(tensors: readonly Tensor[], options: { readonly axis?: number } = {}): Tensor {
  const { axis = 0 } = checkOptions('stack', options, ['axis'])
  checkTensorList('stack', tensors)
  const [first] = tensors
  if (!first) return concat(tensors)
  const at = normalizeAxis('stack', { dtype: first.dtype, shape: [1, ...first.shape] }, axis)
  return concat(
    tensors.map(x => reshape(x, x.shape.toSpliced(at, 0, 1))),
    { axis: at },
  )
}

/**
 * Cuts a tensor along an axis: into so many equal parts, or before each of some indices.
 *
 * @throws {@link ShapeError} if the parts are not equal; {@link OptionError} for indices that do not ascend within the
 * axis.
 * @example
 * split(tensor([1, 2, 3, 4]), 2).map(part => part.toArray()) // → [[1, 2], [3, 4]]
 * split(tensor([1, 2, 3, 4]), [1, 3]).map(part => part.toArray()) // → [[1], [2, 3], [4]]
 */
export function split(
  x: Tensor,
  parts: number | readonly number[],
  options: { readonly axis?: number } = {},
): readonly Tensor[] {
  checkTensor('split', 'x', x)
  const { axis = 0 } = checkOptions('split', options, ['axis'])
  const along = normalizeAxis('split', x.aval, axis)
  const length = x.shape[along] as number
  const bounds = [0, ...cuts(x, length, parts), length]
  return bounds.slice(1).map((limit, k) =>
    slice(
      x,
      x.shape.map((_, other) => (other === along ? (bounds[k] as number) : 0)),
      x.shape.with(along, limit),
    ),
  )
}

/** Indices before which an axis is cut. */
function cuts(x: Tensor, length: number, parts: number | readonly number[]): readonly number[] {
  if (typeof parts === 'number') {
    const part = length / parts
    if (Number.isInteger(part) && parts >= 1)
      return Array.from({ length: parts - 1 }, (_, k) => (k + 1) * part)
    throw new ShapeError({
      summary: `split: ${formatAval(x.aval)} does not fall into ${parts} equal parts of its ${length} elements.`,
      expected: `a number that divides ${length}, or indices to cut before`,
      at: callerLocation(),
    })
  }
  checkNumbers('split', 'what says where to cut', parts)
  const ascending = parts.every(
    (cut, k) => Number.isInteger(cut) && cut >= (parts[k - 1] ?? 0) && cut <= length,
  )
  if (ascending) return parts
  throw new OptionError({
    summary: `split: indices ${shownList(parts)} do not fit ${formatAval(x.aval)}.`,
    expected: `ascending integers from 0 to ${length}`,
    at: callerLocation(),
  })
}
