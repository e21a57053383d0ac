import { copy, place } from '@wengert/kernels'
import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import {
  type Aval,
  formatAval,
  type Params,
  registerOp,
  sameShape,
  sizeOf,
  stridesOf,
} from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { checkNumbers, normalizeAxes, normalizeAxis } from './axes.js'

type List = readonly number[]

registerOp({
  name: 'reshape',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: params.shape as List }],
  lower: () => 'alias',
})
defineRule('reshape', {
  pullback: ({ inputs: [x], ct }) => [reshape(ct, (x as Tensor).shape)],
  pushforward: 'linear',
  batch: ({ inputs: [x], size, params }) => reshape(x as Tensor, [size, ...(params.shape as List)]),
})

/**
 * The same elements under another shape; one length may be −1 and is then worked out. Costs nothing.
 *
 * @throws {@link ShapeError} if the number of elements differs.
 * @example
 * reshape(tensor([1, 2, 3, 4]), [2, -1]).toArray() // → [[1, 2], [3, 4]]
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('reshape', 'x', x)
  checkNumbers('reshape', 'the shape', shape)
  const known = shape.filter(length => length !== -1).reduce((product, length) => product * length, 1)
  const full = shape.map(length => (length === -1 ? x.size / known : length))
  const valid = full.every(length => Number.isInteger(length) && length >= 0)
  if (!valid || sizeOf(full) !== x.size || shape.filter(length => length === -1).length > 1) {
    throw new ShapeError({
      summary: `reshape: ${formatAval(x.aval)} does not fill [${shape.join(',')}].`,
      expected: `a shape of ${x.size} elements`,
      at: callerLocation(),
    })
  }
  return sameShape(full, x.shape) ? x : applyOne('reshape', [x], { shape: full })
}

registerOp({
  name: 'transpose',
  infer: ([x], { permutation }) => [
    { dtype: (x as Aval).dtype, shape: (permutation as List).map(axis => (x as Aval).shape[axis] as number) },
  ],
  lower([x], [out], { permutation }) {
    const strides = stridesOf((x as Aval).shape)
    return copy({
      ...(out as Aval),
      strides: (permutation as List).map(axis => strides[axis] as number),
      offset: 0,
    })
  },
})
defineRule('transpose', {
  pullback({ ct, params }) {
    const permutation = params.permutation as List
    return [
      transpose(
        ct,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ]
  },
  pushforward: 'linear',
  batch: ({ inputs: [x], params }) =>
    transpose(x as Tensor, [0, ...(params.permutation as List).map(axis => axis + 1)]),
})

/**
 * Permutes the axes; without a permutation it reverses them.
 *
 * @throws {@link OptionError} if it is not a permutation of all axes.
 * @example
 * transpose(tensor([[1, 2], [3, 4]])).toArray() // → [[1, 3], [2, 4]]
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor('transpose', 'x', x)
  if (permutation !== undefined) checkNumbers('transpose', 'the permutation', permutation)
  const axes = permutation?.map(axis => normalizeAxis('transpose', x.aval, axis))
  const full = axes ?? x.shape.map((_, axis) => x.rank - 1 - axis)
  if (normalizeAxes('transpose', x.aval, full).length !== x.rank) {
    throw new OptionError({
      summary: `transpose: [${full.join(',')}] does not permute the axes of ${formatAval(x.aval)}.`,
      expected: `each axis from 0 to ${x.rank - 1} once`,
      at: callerLocation(),
    })
  }
  return full.every((axis, k) => axis === k) ? x : applyOne('transpose', [x], { permutation: full })
}

/**
 * The axes in another order: {@link transpose} with a permutation, as PyTorch names it.
 *
 * @throws {@link OptionError} if it is not a permutation of all axes.
 * @example
 * permute(tensor([[[1, 2], [3, 4]]]), [2, 0, 1]).toArray() // → [[[1, 3]], [[2, 4]]]
 */
export function permute(x: Tensor, permutation: readonly number[]): Tensor {
  checkNumbers('permute', 'the permutation', permutation)
  return transpose(x, permutation)
}

/** A slice: from `starts` in `steps` until before `limits`; backwards where a step is negative. */
interface SliceParams {
  readonly starts: List
  readonly limits: List
  readonly steps: List
}

const sliceParams = (params: Params) => params as unknown as SliceParams

const sliceShape = ({ starts, limits, steps }: SliceParams): number[] =>
  starts.map((start, axis) =>
    Math.max(0, Math.ceil(((limits[axis] as number) - start) / (steps[axis] as number))),
  )

/** Offset and strides of a slice in the array it is cut from. */
function window(shape: List, { starts, steps }: SliceParams): { offset: number; strides: number[] } {
  const strides = stridesOf(shape)
  return {
    offset: starts.reduce((sum, start, axis) => sum + start * (strides[axis] as number), 0),
    strides: strides.map((stride, axis) => stride * (steps[axis] as number)),
  }
}

/** The same slice of each element of a batch. */
function batchedSlice(params: Params, size: number): Params {
  const { starts, limits, steps } = sliceParams(params)
  return { starts: [0, ...starts], limits: [size, ...limits], steps: [1, ...steps] }
}

registerOp({
  name: 'slice',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: sliceShape(sliceParams(params)) }],
  lower: ([x], [out], params) =>
    copy({ ...(out as Aval), ...window((x as Aval).shape, sliceParams(params)) }),
})
defineRule('slice', {
  pullback: ({ inputs: [x], ct, params }) => [
    applyOne('unslice', [ct], { ...params, shape: (x as Tensor).shape }),
  ],
  pushforward: 'linear',
  batch: ({ inputs, size, params }) => applyOne('slice', inputs, batchedSlice(params, size)),
})

registerOp({
  name: 'unslice',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: params.shape as List }],
  lower: ([x], [out], params) =>
    place({
      ...(x as Aval),
      outSize: sizeOf((out as Aval).shape),
      ...window((out as Aval).shape, sliceParams(params)),
    }),
})
defineRule('unslice', {
  pullback: ({ ct, params: { starts, limits, steps } }) => [
    applyOne('slice', [ct], { starts, limits, steps } as Params),
  ],
  pushforward: 'linear',
  batch: ({ inputs, size, params }) =>
    applyOne('unslice', inputs, {
      ...batchedSlice(params, size),
      shape: [size, ...(params.shape as List)],
    }),
})

/** The bounds of one axis with what was left out; undefined if they do not fit. */
function boundsOf(
  length: number,
  start: number | undefined,
  limit: number | undefined,
  step = 1,
): readonly [start: number, limit: number] | undefined {
  const from = (bound: number) => (bound < 0 ? bound + length : bound)
  const down = step < 0
  const first = start === undefined ? (down ? length - 1 : 0) : from(start)
  // Downwards the last index is 0, before which there is none to name.
  const end = limit === undefined ? (down ? -1 : length) : from(limit)
  const whole = [first, end, step].every(Number.isInteger) && step !== 0
  const inside = first >= (down ? -1 : 0) && first <= (down ? length - 1 : length) && end <= length
  return whole && inside && (limit === undefined || end >= 0) ? [first, end] : undefined
}

/**
 * A part of a tensor: from `starts` in `steps` (default 1) until before `limits`, axis by axis. Negative starts
 * and limits count from the end; axes that are left out are kept whole. With a negative step an axis is read
 * backwards, where left out from its last index to its first.
 *
 * @throws {@link OptionError} for bounds outside of the tensor or steps of 0.
 * @example
 * slice(tensor([10, 20, 30, 40]), [1], [4], [2]).toArray() // → [20, 40]
 * slice(tensor([10, 20, 30, 40]), [], [], [-1]).toArray() // → [40, 30, 20, 10]
 * slice(tensor([10, 20, 30, 40]), [2], [0], [-1]).toArray() // → [30, 20]
 */
export function slice(
  x: Tensor,
  starts: readonly (number | undefined)[],
  limits: readonly (number | undefined)[] = [],
  steps: readonly number[] = [],
): Tensor {
  checkTensor('slice', 'x', x)
  checkNumbers('slice', 'the starts', starts)
  checkNumbers('slice', 'the limits', limits)
  checkNumbers('slice', 'the steps', steps)
  const bounds = x.shape.map((length, axis) => boundsOf(length, starts[axis], limits[axis], steps[axis]))
  const fits = bounds.filter(bound => bound !== undefined)
  if (fits.length < x.rank || Math.max(starts.length, limits.length, steps.length) > x.rank) {
    throw new OptionError({
      summary: `slice: starts [${starts}], limits [${limits}], steps [${steps}] do not fit ${formatAval(x.aval)}.`,
      expected: 'bounds within the tensor and steps other than 0, for at most as many axes as there are',
      at: callerLocation(),
    })
  }
  return applyOne('slice', [x], {
    starts: fits.map(([start]) => start),
    limits: fits.map(([, limit]) => limit),
    steps: x.shape.map((_, axis) => steps[axis] ?? 1),
  })
}

/**
 * The part of a tensor at one index of the first axis.
 *
 * @throws {@link OptionError} for an index outside.
 * @example
 * at(tensor([[1, 2], [3, 4]]), -1).toArray() // → [3, 4]
 */
export function at(x: Tensor, index: number): Tensor {
  checkTensor('at', 'x', x)
  const [length, ...rest] = x.shape
  const isWhole = Number.isInteger(index)
  const start = isWhole && length !== undefined && index < 0 ? index + length : index
  if (length === undefined || !isWhole || start < 0 || start >= length) {
    throw new OptionError({
      summary: `at: there is no index ${shown(index)} in ${formatAval(x.aval)}.`,
      expected:
        length === undefined ? 'a tensor of rank 1 or more' : `an integer from ${-length} to ${length - 1}`,
      at: callerLocation(),
    })
  }
  return reshape(slice(x, [start], [start + 1]), rest)
}

registerOp({
  name: 'stopGradient',
  infer: ([x]) => [x as Aval],
  lower: () => 'alias',
})
defineRule('stopGradient', { pullback: 'zero', batch: ({ inputs: [x] }) => stopGradient(x as Tensor) })

/**
 * The tensor itself, as a constant: derivatives do not flow through it.
 *
 * @example
 * grad(x => mul(stopGradient(x), x))(tensor(3)).item() // → 3
 */
export const stopGradient = (x: Tensor): Tensor => {
  checkTensor('stopGradient', 'x', x)
  return applyOne('stopGradient', [x])
}
