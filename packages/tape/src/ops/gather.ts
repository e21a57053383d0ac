import { ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { formatAval, sizeOf } from '../program/index.js'
import { checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { add, mul } from './arithmetic.js'
import { equal, greaterEqual, less } from './comparison.js'
import { logicalAnd } from './logical.js'
import { broadcastTo } from './reduction.js'
import { checkIndices } from './rows.js'
import { reshape, slice } from './shape.js'
import { take } from './take.js'
import { where } from './where.js'

/** An index that no axis has. */
const NOWHERE = 0x7fffffff

/**
 * Elements, or blocks, of a tensor by their coordinates: out[i, …] = x[c₀, c₁, …, …] with c = coordinates[i]. Negative
 * coordinates count from the end. One outside gives NaN in a float and 0 or false in other dtypes, and no derivative.
 *
 * @param coordinates i32[..., k]: places along the first k axes of x
 * @returns [...leading axes of the coordinates, ...axes of x from the k-th on]
 * @throws {@link DTypeError} unless the coordinates are i32; {@link ShapeError} if they have more places than x has axes.
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * gather(x, tensor([[0, 1], [1, -2]], { dtype: 'i32' })).toArray() // → [2, 3]
 * gather(x, tensor([[1]], { dtype: 'i32' })).toArray() // → [[3, 4]]
 */
export function gather(x: Tensor, coordinates: Tensor): Tensor {
  checkTensor('gather', 'x', x)
  checkTensor('gather', 'coordinates', coordinates)
  checkIndices('gather', coordinates)
  const places = coordinates.shape.at(-1)
  if (places === undefined || places > x.rank) {
    throw new ShapeError({
      summary: `gather: coordinates ${formatAval(coordinates.aval)} of ${formatAval(x.aval)}.`,
      expected: `i32[..., k] with k up to ${x.rank}`,
      at: callerLocation(),
    })
  }
  const lengths = x.shape.slice(0, places)
  const blocks = reshape(x, [sizeOf(lengths), ...x.shape.slice(places)])
  // The coordinates of a place along one axis for all elements at once.
  const front = coordinates.shape.slice(0, -1)
  const along = (axis: number) =>
    reshape(slice(coordinates, [...front.map(() => 0), axis], [...front, axis + 1]), front)
  let index = broadcastTo(scalarLike(coordinates, 0), front)
  let inside = equal(index, 0)
  lengths.forEach((length, axis) => {
    const given = along(axis)
    const place = where(less(given, 0), add(given, length), given)
    inside = logicalAnd(inside, logicalAnd(greaterEqual(place, 0), less(place, length)))
    index = add(mul(index, length), place)
  })
  return take(blocks, where(inside, index, NOWHERE))
}
