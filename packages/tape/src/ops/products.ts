import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shownList } from '../options.js'
import { isFloat, sizeOf } from '../program/index.js'
import { checkTensor, type Tensor } from '../record/index.js'
import { mul } from './arithmetic.js'
import { type Axes, checkNumbers, normalizeAxis } from './axes.js'
import { matmul } from './matmul.js'
import { written } from './matrices.js'
import { sum } from './reduction.js'
import { reshape, transpose } from './shape.js'

/**
 * NumPy's dot: the inner product of vectors, the product of matrices, and in general the sum over the last axis of x
 * and the last but one of y; a scalar multiplies.
 *
 * @throws {@link ShapeError} if the lengths differ; {@link DTypeError} if the dtypes do.
 * @example
 * dot(tensor([1, 2]), tensor([3, 4])).item() // → 11
 * dot(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray() // → [3, 7]
 */
export function dot(x: Tensor, y: Tensor): Tensor {
  checkTensor('dot', 'x', x)
  checkTensor('dot', 'y', y)
  if (x.rank === 0 || y.rank === 0) return mul(x, y)
  return contract('dot', x, y, [x.rank - 1], [Math.max(0, y.rank - 2)])
}

/**
 * Sum over the last axes of both; a scalar multiplies.
 *
 * @throws {@link ShapeError} if the lengths differ; {@link DTypeError} if the dtypes do.
 * @example
 * inner(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray() // → [3, 7]
 */
export function inner(x: Tensor, y: Tensor): Tensor {
  checkTensor('inner', 'x', x)
  checkTensor('inner', 'y', y)
  if (x.rank === 0 || y.rank === 0) return mul(x, y)
  return contract('inner', x, y, [x.rank - 1], [y.rank - 1])
}

/**
 * All products of an element of x and one of y, both read as vectors: [size of x, size of y].
 *
 * @throws {@link DTypeError} if the dtypes differ.
 * @example
 * outer(tensor([1, 2]), tensor([3, 4])).toArray() // → [[3, 4], [6, 8]]
 */
export const outer = (x: Tensor, y: Tensor): Tensor => {
  checkTensor('outer', 'x', x)
  checkTensor('outer', 'y', y)
  return mul(reshape(x, [x.size, 1]), reshape(y, [y.size]))
}

/**
 * Inner products of the vectors along an axis, by default the last; the other axes broadcast.
 *
 * @throws {@link ShapeError} if the lengths differ or the shapes do not broadcast; {@link OptionError} for an axis that
 * is not there.
 * @example
 * vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray() // → [3, 7]
 */
export function vecdot(x: Tensor, y: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('vecdot', 'x', x)
  checkTensor('vecdot', 'y', y)
  const { axis = -1 } = checkOptions('vecdot', options, ['axis'])
  const [a, b] = [normalizeAxis('vecdot', x.aval, axis), normalizeAxis('vecdot', y.aval, axis)]
  if (x.shape[a] !== y.shape[b]) throw unequal('vecdot', x, y, [a], [b])
  const toLast = (z: Tensor, from: number) =>
    transpose(z, [...z.shape.keys()].filter(k => k !== from).concat(from))
  return sum(mul(toLast(x, a), toLast(y, b)), { axis: -1 })
}

/**
 * Sum over axes of x and axes of y: the last of x with as many first ones of y (default 2), or those that are named.
 * The other axes of x come first in the result, then those of y.
 *
 * @param axes a number, or the axes of x and those of y
 * @throws {@link ShapeError} if the lengths differ; {@link OptionError} for axes that are not there or not as many;
 * {@link DTypeError} if the dtypes differ.
 * @example
 * tensordot(tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 1]])).item() // → 5
 * tensordot(tensor([[1, 2], [3, 4]]), tensor([1, 1]), [0, 0]).toArray() // → [4, 6]
 */
export function tensordot(x: Tensor, y: Tensor, axes: number | readonly [Axes, Axes] = 2): Tensor {
  checkTensor('tensordot', 'x', x)
  checkTensor('tensordot', 'y', y)
  if (typeof axes === 'number') {
    if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(x.rank, y.rank)) throw badAxes(x, y, axes)
    const list = Array.from({ length: axes }, (_, k) => k)
    const last = list.map(k => x.rank - axes + k)
    return contract('tensordot', x, y, last, list)
  }
  checkNumbers('tensordot', 'the axes', axes)
  if (axes.length !== 2) throw badAxes(x, y, axes)
  const [a, b] = axes.map((list, k) => {
    const { aval } = [x, y][k] as Tensor
    return [list].flat().map(axis => normalizeAxis('tensordot', aval, axis))
  }) as [number[], number[]]
  if (a.length !== b.length || new Set(a).size !== a.length || new Set(b).size !== b.length) {
    throw badAxes(x, y, axes)
  }
  return contract('tensordot', x, y, a, b)
}

/** Σ over pairs of axes, as one product of matrices. */
function contract(op: string, x: Tensor, y: Tensor, a: readonly number[], b: readonly number[]): Tensor {
  if (a.some((axis, k) => x.shape[axis] !== y.shape[b[k] as number])) throw unequal(op, x, y, a, b)
  const rest = (z: Tensor, axes: readonly number[]) =>
    z.shape.flatMap((_, k) => (axes.includes(k) ? [] : [k]))
  const [restX, restY] = [rest(x, a), rest(y, b)]
  const lengths = (z: Tensor, axes: readonly number[]) => axes.map(axis => z.shape[axis] as number)
  const [rows, columns, inner] = [lengths(x, restX), lengths(y, restY), lengths(x, a)]
  const [m, n, k] = [rows, columns, inner].map(sizeOf) as [number, number, number]
  const left = reshape(transpose(x, [...restX, ...a]), [m, k])
  if (isFloat(x.dtype)) {
    const right = reshape(transpose(y, [...b, ...restY]), [k, n])
    return reshape(matmul(left, right), [...rows, ...columns])
  }
  const right = reshape(transpose(y, [...restY, ...b]), [n, k])
  return reshape(sum(mul(reshape(left, [m, 1, k]), right), { axis: 2 }), [...rows, ...columns])
}

function unequal(op: string, x: Tensor, y: Tensor, a: readonly number[], b: readonly number[]): ShapeError {
  const lengths = (z: Tensor, axes: readonly number[]) => axes.map(axis => z.shape[axis]).join(',')
  return new ShapeError({
    summary: `${op}: lengths differ: x ${written([x])} along [${a}], y ${written([y])} along [${b}].`,
    expected: `equal lengths   ([${lengths(x, a)}] ≠ [${lengths(y, b)}])`,
    at: callerLocation(),
  })
}

const badAxes = (x: Tensor, y: Tensor, axes: unknown) =>
  new OptionError({
    summary: `tensordot: axes ${shownList(axes)} do not fit x ${written([x])}, y ${written([y])}.`,
    expected: 'a whole number up to both ranks, or as many different axes of x as of y',
    at: callerLocation(),
  })
