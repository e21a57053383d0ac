import { copy } from '@wengert/kernels'
import { ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions } from '../options.js'
import { type Aval, formatAval, isFloat, registerOp, sameShape, sizeOf, stridesOf } from '../program/index.js'
import { applyOne, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { defineRule, type Rule } from '../rules/index.js'
import { div, mul } from './arithmetic.js'
import { checkNumbers, normalizeAxes } from './axes.js'
import { equal } from './comparison.js'
import { convert } from './convert.js'
import { broadcastShapes } from './elementwise.js'
import {
  axesOf,
  batchOf,
  defineReduction,
  kept,
  REDUCE_OPTIONS,
  type ReduceOptions,
  reduction,
} from './reduce.js'
import { reshape } from './shape.js'

export type { ReduceOptions }

defineReduction('sum', ['f32', 'f64', 'i32'])
defineRule('sum', {
  pullback: ({ inputs: [x], ct, params }) => {
    const { shape } = x as Tensor
    return [broadcastTo(reshape(ct, kept(shape, axesOf(params))), shape)]
  },
  pushforward: 'linear',
  batch: batchOf('sum'),
})

/**
 * Sum along axes, added as a pairwise tree: the error grows with log n, and the order is fixed by the shape.
 *
 * @example
 * sum(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray() // → [3, 7]
 */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('sum', 'x', x)
  return reduction('sum', x, options)
}

/** d max = the cotangent, shared evenly among all elements that attain it. */
const extremum = (name: string): Rule => ({
  pullback({ inputs: [x], outputs: [out], ct, params }) {
    const { shape, dtype } = x as Tensor
    const axes = axesOf(params)
    const attains = convert(equal(x as Tensor, reshape(out as Tensor, kept(shape, axes))), dtype)
    const count = sum(attains, { axis: axes })
    return [mul(attains, reshape(div(ct, count), kept(shape, axes)))]
  },
  // The mean tangent of the elements that attain it.
  pushforward({ inputs: [x], outputs: [out], tangents: [t], params }) {
    const { shape, dtype } = x as Tensor
    const axes = axesOf(params)
    const attains = convert(equal(x as Tensor, reshape(out as Tensor, kept(shape, axes))), dtype)
    return div(sum(mul(attains, t as Tensor), { axis: axes }), sum(attains, { axis: axes }))
  },
  batch: batchOf(name),
})

defineReduction('max', ['f32', 'f64', 'i32', 'bool'])
defineRule('max', extremum('max'))

/**
 * Largest element along axes; NaN if there is one, −∞ of nothing. Among equal ones the derivative is shared evenly.
 *
 * @example
 * max(tensor([[1, 2], [4, 3]]), { axis: 1 }).toArray() // → [2, 4]
 */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('max', 'x', x)
  return reduction('max', x, options)
}

defineReduction('min', ['f32', 'f64', 'i32', 'bool'])
defineRule('min', extremum('min'))

/**
 * Smallest element along axes; NaN if there is one, +∞ of nothing. Among equal ones the derivative is shared evenly.
 *
 * @example
 * min(tensor([[1, 2], [4, 3]]), { axis: 1 }).toArray() // → [1, 3]
 */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('min', 'x', x)
  return reduction('min', x, options)
}

/**
 * Mean along axes; of i32 and bool in f32.
 *
 * @example
 * mean(tensor([[1, 2], [3, 4]])).item() // → 2.5
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('mean', 'x', x)
  const axes = normalizeAxes('mean', x.aval, checkOptions('mean', options, REDUCE_OPTIONS).axis)
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1)
  return div(sum(isFloat(x.dtype) ? x : convert(x, 'f32'), options), count)
}

registerOp({
  name: 'broadcastTo',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: params.shape as readonly number[] }],
  lower([x], [out]) {
    const { shape } = x as Aval
    const strides = stridesOf(shape)
    const missing = (out as Aval).shape.length - shape.length
    return copy({
      ...(out as Aval),
      strides: (out as Aval).shape.map((_, axis) =>
        axis < missing || shape[axis - missing] === 1 ? 0 : (strides[axis - missing] as number),
      ),
      offset: 0,
    })
  },
})
defineRule('broadcastTo', {
  pullback: ({ inputs: [x], ct }) => [sumTo(ct, (x as Tensor).shape)],
  pushforward: 'linear',
  batch({ inputs: [x], size, params }) {
    const shape = params.shape as readonly number[]
    const [, ...own] = (x as Tensor).shape
    const ones = shape.slice(own.length).map(() => 1)
    return broadcastTo(reshape(x as Tensor, [size, ...ones, ...own]), [size, ...shape])
  },
})

/**
 * Repeats a tensor along new axes and axes of length 1 until it has a shape, by NumPy's rule.
 *
 * @throws {@link ShapeError} if the shapes do not broadcast.
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray() // → [[1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('broadcastTo', 'x', x)
  checkNumbers('broadcastTo', 'the shape', shape)
  if (sameShape(x.shape, shape)) return x
  const together = broadcastShapes('broadcastTo', [x.aval, { dtype: x.dtype, shape }])
  if (sameShape(together, shape)) {
    return sizeOf(shape) === x.size ? reshape(x, shape) : applyOne('broadcastTo', [x], { shape })
  }
  throw new ShapeError({
    summary: `broadcastTo: ${formatAval(x.aval)} cannot become [${shape.join(',')}].`,
    expected: 'axes that are new or of length 1 to grow, all others to stay',
    at: callerLocation(),
  })
}

/**
 * The transpose of broadcasting: sums a tensor over the axes along which `shape` was broadcast to it.
 *
 * @example
 * sumTo(tensor([[1, 2], [3, 4]]), [1, 2]).toArray() // → [[4, 6]]
 */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('sumTo', 'x', x)
  checkNumbers('sumTo', 'the shape', shape)
  if (sameShape(x.shape, shape)) return x
  const missing = x.rank - shape.length
  const axes = x.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
  )
  return reshape(sum(x, { axis: axes }), shape)
}

/**
 * Zeros of the shape and dtype of a tensor.
 *
 * @example
 * zerosLike(tensor([1, 2])).toArray() // → [0, 0]
 */
export const zerosLike = (x: Tensor): Tensor => {
  checkTensor('zerosLike', 'x', x)
  return broadcastTo(scalarLike(x, 0), x.shape)
}
