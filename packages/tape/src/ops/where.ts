import type { V } from '@wengert/kernels'
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, registerOp } from '../program/index.js'
import { applyOne, type Operand, operands, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { greater, greaterEqual, lessEqual } from './comparison.js'
import { binary, broadcastShapes, unary } from './elementwise.js'

registerOp({
  name: 'where',
  infer(avals) {
    const [condition, x, y] = avals as readonly [Aval, Aval, Aval]
    if (condition.dtype !== 'bool' || x.dtype !== y.dtype) {
      throw new DTypeError({
        summary: `where: dtypes do not fit: ${avals.map(formatAval).join(', ')}.`,
        expected: 'a condition of dtype bool and two operands of one dtype',
        at: callerLocation(),
        fix: 'compare to get a condition, such as greater(x, 0)',
      })
    }
    return [{ dtype: x.dtype, shape: broadcastShapes('where', avals) }]
  },
  element: (_avals, out) => ({
    name: 'where',
    algebra: out.dtype,
    body: (m, condition, x, y) => m.select(condition as V, x as V, y as V),
  }),
})

defineRule('where', {
  partials: [
    null,
    { scale: (t: Tensor, condition: Tensor) => where(condition, t, 0) },
    { scale: (t: Tensor, condition: Tensor) => where(condition, 0, t) },
  ],
})

/**
 * `x` where the condition holds, `y` elsewhere. Cotangents of the side that is not chosen are exactly 0.
 *
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0).toArray() // → [1, 0]
 */
export function where(condition: Tensor | boolean, x: Operand, y: Operand): Tensor {
  return applyOne('where', operands('where', [condition, x, y]))
}

/**
 * The larger of two numbers, NaN if either is. Where they are equal, x has the whole derivative.
 *
 * @example
 * maximum(tensor([-1, 2]), 0).toArray() // → [0, 2]
 */
export const maximum = binary('maximum', {
  summary: 'The larger of x and y.',
  kernel: (m, x, y) => m.max(x, y),
  partials: [
    { scale: (t: Tensor, x: Tensor, y: Tensor) => where(greaterEqual(x, y), t, 0) },
    { scale: (t: Tensor, x: Tensor, y: Tensor) => where(greaterEqual(x, y), 0, t) },
  ],
})

/**
 * The smaller of two numbers, NaN if either is. Where they are equal, x has the whole derivative.
 *
 * @example
 * minimum(tensor([-1, 2]), 0).toArray() // → [-1, 0]
 */
export const minimum = binary('minimum', {
  summary: 'The smaller of x and y.',
  kernel: (m, x, y) => m.min(x, y),
  partials: [
    { scale: (t: Tensor, x: Tensor, y: Tensor) => where(lessEqual(x, y), t, 0) },
    { scale: (t: Tensor, x: Tensor, y: Tensor) => where(lessEqual(x, y), 0, t) },
  ],
})

/**
 * Rectifier max(x, 0); its derivative at 0 is 0.
 *
 * @example
 * relu(tensor([-1, 2])).toArray() // → [0, 2]
 */
export const relu = unary('relu', {
  summary: 'max(x, 0).',
  // −0 + 0 = 0
  kernel: (m, x) => m.add(m.atLeast(x, 0), m.constant(0)),
  scale: (t, _x, out) => where(greater(out, 0), t, 0),
})
