import { applyOne, checkTensor, fromData, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { notEqual } from './comparison.js'
import { broadcastTo } from './reduction.js'
import { gatherAlong, scatterAlong } from './rows.js'
import { defineScan, directionOf, previous, type ScanOptions, scanAlong, scanned } from './scan.js'
import { reshape } from './shape.js'
import { where } from './where.js'

defineScan('cummax', 'max')
defineScan('cummin', 'min')

/** Along the axis of a scan, where the extreme so far was first reached. */
function reachedAt(out: Tensor, params: Parameters<typeof directionOf>[0]): Tensor {
  const direction = directionOf(params)
  const { axis, reverse } = direction
  const length = out.shape[axis] as number
  const places = fromData(
    { dtype: 'i32', shape: [length] },
    Int32Array.from({ length }, (_, k) => k),
  )
  const here = broadcastTo(
    reshape(
      places,
      out.shape.map((n, k) => (k === axis ? n : 1)),
    ),
    out.shape,
  )
  // The extreme changes where a new one is reached; before the first change it is the first element.
  const changed = notEqual(out, previous(out, direction, 0))
  const reached = where(changed, here, scalarLike(here, reverse ? length - 1 : 0))
  return applyOne(reverse ? 'cummin' : 'cummax', [reached], { axis, reverse })
}

for (const name of ['cummax', 'cummin']) {
  defineRule(name, {
    pullback({ outputs: [out], ct, params }) {
      const { axis } = directionOf(params)
      const length = ct.shape[axis] as number
      return [length === 0 ? ct : scatterAlong(ct, reachedAt(out as Tensor, params), axis, length)]
    },
    pushforward: ({ outputs: [out], tangents: [t], params }) =>
      t && gatherAlong(t, reachedAt(out as Tensor, params), directionOf(params).axis, 'zero'),
    batch: scanned(name),
  })
}

/**
 * Largest of the first 1, 2, 3, … elements along an axis, NaN from the first NaN on. Of equal ones the first has the
 * whole derivative.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * cummax(tensor([1, 3, 2, 4])).toArray() // → [1, 3, 3, 4]
 */
export const cummax = (x: Tensor, options: ScanOptions = {}): Tensor => {
  checkTensor('cummax', 'x', x)
  return scanAlong('cummax', [x], options)
}

/**
 * Smallest of the first 1, 2, 3, … elements along an axis, NaN from the first NaN on. Of equal ones the first has the
 * whole derivative.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * cummin(tensor([3, 4, 1, 2])).toArray() // → [3, 3, 1, 1]
 */
export const cummin = (x: Tensor, options: ScanOptions = {}): Tensor => {
  checkTensor('cummin', 'x', x)
  return scanAlong('cummin', [x], options)
}
