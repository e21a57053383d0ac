import { shownList } from '../options.js'
// Reading and writing a window are linear, and each is made of the other's transposes, so that derivatives of every order
// are again these two.

import {
  type DynamicSpec,
  dynamicSlice as dynamicSliceKernel,
  dynamicUpdateSlice as dynamicUpdateSliceKernel,
} from '@wengert/kernels'
import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, registerOp, sameShape, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, fromData, operands, Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { checkNumbers } from './axes.js'
import { allBatched } from './batch.js'
import { stack } from './concat.js'
import { zerosLike } from './reduction.js'

type List = readonly number[]

/** Where a window begins: i32[rank], or a number or i32 scalar for each axis. */
export type Starts = Tensor | readonly (Tensor | number)[]

/** All axes of the starts but the last are a batch, each element with starts of its own. */
const batchRank = (starts: Aval) => starts.shape.length - 1

function specOf({ dtype, shape }: Aval, starts: Aval, sizes: List): DynamicSpec {
  const rank = batchRank(starts)
  return { dtype, batch: sizeOf(shape.slice(0, rank)), shape: shape.slice(rank), sizes }
}

registerOp({
  name: 'dynamicSlice',
  infer: ([x, starts], params) => {
    const { dtype, shape } = x as Aval
    return [{ dtype, shape: [...shape.slice(0, batchRank(starts as Aval)), ...(params.sizes as List)] }]
  },
  lower: ([x, starts], _out, params) =>
    dynamicSliceKernel(specOf(x as Aval, starts as Aval, params.sizes as List)),
})
defineRule('dynamicSlice', {
  pullback: ({ inputs: [x, starts], ct }) => [written(zerosLike(x as Tensor), ct, starts as Tensor)],
  pushforward: ({ inputs: [, starts], tangents: [t], params }) =>
    t && applyOne('dynamicSlice', [t, starts as Tensor], params),
  batch: site => applyOne('dynamicSlice', allBatched(site).inputs, site.params),
})

registerOp({
  name: 'dynamicUpdateSlice',
  infer: ([x]) => [x as Aval],
  lower([x, update, starts]) {
    const sizes = (update as Aval).shape.slice(batchRank(starts as Aval))
    return dynamicUpdateSliceKernel(specOf(x as Aval, starts as Aval, sizes))
  },
})
defineRule('dynamicUpdateSlice', {
  pullback({ inputs: [, update, starts], ct, wanted }) {
    const [window, at] = [update as Tensor, starts as Tensor]
    return [
      wanted[0] ? written(ct, zerosLike(window), at) : undefined,
      wanted[1] ? read(ct, at, window.shape.slice(batchRank(at.aval))) : undefined,
    ]
  },
  pushforward: ({ inputs: [x, update, starts], tangents: [dx, du] }) =>
    written(dx ?? zerosLike(x as Tensor), du ?? zerosLike(update as Tensor), starts as Tensor),
  batch: site => applyOne('dynamicUpdateSlice', allBatched(site).inputs),
})

const read = (x: Tensor, starts: Tensor, sizes: List) => applyOne('dynamicSlice', [x, starts], { sizes })
const written = (x: Tensor, update: Tensor, starts: Tensor) =>
  applyOne('dynamicUpdateSlice', [x, update, starts])

/**
 * A window of a tensor that begins where data say, such as a step of a loop. Each start is moved as little as it takes
 * for the window to lie inside (as in XLA): one below 0 to 0, negative ones do not count from the end.
 *
 * @param starts i32[rank], or a number or i32 scalar for each axis
 * @param sizes length of the window along each axis
 * @throws {@link ShapeError} and {@link DTypeError} unless there is an i32 for each axis; {@link OptionError} for a window
 * that is larger than the tensor.
 * @example
 * const x = tensor([10, 20, 30, 40])
 * dynamicSlice(x, tensor([1], { dtype: 'i32' }), [2]).toArray() // → [20, 30]
 * dynamicSlice(x, [9], [2]).toArray() // → [30, 40]
 */
export function dynamicSlice(x: Tensor, starts: Starts, sizes: readonly number[]): Tensor {
  checkTensor('dynamicSlice', 'x', x)
  checkNumbers('dynamicSlice', 'the sizes', sizes)
  checkWindow('dynamicSlice', x, sizes)
  return read(x, startsOf('dynamicSlice', x, starts), sizes)
}

/**
 * A tensor with a window replaced that begins where data say; starts are moved as in {@link dynamicSlice}.
 *
 * @param update of the rank of x, nowhere longer
 * @param starts i32[rank], or a number or i32 scalar for each axis
 * @throws {@link ShapeError} and {@link DTypeError} unless there is an i32 for each axis and both tensors have one dtype;
 * {@link OptionError} for an update that is larger than the tensor.
 * @example
 * dynamicUpdateSlice(tensor([10, 20, 30, 40]), tensor([1, 2]), [1]).toArray() // → [10, 1, 2, 40]
 */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, starts: Starts): Tensor {
  checkTensor('dynamicUpdateSlice', 'x', x)
  checkTensor('dynamicUpdateSlice', 'update', update)
  if (x.dtype !== update.dtype) {
    throw new DTypeError({
      summary: `dynamicUpdateSlice: dtypes differ: ${formatAval(x.aval)}, ${formatAval(update.aval)}.`,
      expected: 'operands of one dtype',
      at: callerLocation(),
    })
  }
  checkWindow('dynamicUpdateSlice', x, update.shape)
  return written(x, update, startsOf('dynamicUpdateSlice', x, starts))
}

function checkWindow(op: string, x: Tensor, sizes: List): void {
  const fits = sizes.every(
    (size, axis) => Number.isInteger(size) && size >= 0 && size <= (x.shape[axis] as number),
  )
  if (fits && sizes.length === x.rank) return
  throw new OptionError({
    summary: `${op}: a window ${shownList(sizes)} of ${formatAval(x.aval)}.`,
    expected: 'a whole number for each axis, at most its length',
    at: callerLocation(),
  })
}

/** The starts as i32[rank]. */
function startsOf(op: string, x: Tensor, starts: Starts): Tensor {
  const none = fromData({ dtype: 'i32', shape: [0] }, new Int32Array(0))
  if (!(starts instanceof Tensor)) checkNumbers(op, 'the starts', starts)
  // Numbers among them become i32, as the first operand is.
  const list = starts instanceof Tensor ? [starts] : operands(op, [none, ...starts]).slice(1)
  const wrong = list.find(start => start.dtype !== 'i32')
  if (wrong) {
    throw new DTypeError({
      summary: `${op}: starts are ${formatAval(wrong.aval)}.`,
      expected: 'dtype i32',
      at: callerLocation(),
      fix: "convert them with starts.convert('i32')",
    })
  }
  const scalars = list.every(start => start.rank === 0) && list.length === x.rank
  if (!(starts instanceof Tensor) && scalars) return list.length === 0 ? none : stack(list)
  if (starts instanceof Tensor && sameShape(starts.shape, [x.rank])) return starts
  throw new ShapeError({
    summary: `${op}: starts ${list.map(start => formatAval(start.aval)).join(', ')} in ${formatAval(x.aval)}.`,
    expected: `i32[${x.rank}], or a scalar for each axis`,
    at: callerLocation(),
  })
}
