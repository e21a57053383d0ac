import type { Algebra, V } from '@wengert/kernels'
import type { Operand, Tensor } from '../record/index.js'
import { binary } from './elementwise.js'

const test = (name: string, sign: string, kernel: (m: Algebra, x: V, y: V) => V) =>
  binary(name, { summary: `x ${sign} y.`, kernel, test: true }) as (x: Operand, y: Operand) => Tensor

/**
 * Where x equals y; NaN equals nothing.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * equal(tensor([1, 2]), 2).toArray() // → [false, true]
 */
export const equal = test('equal', '=', (m, x, y) => m.equal(x, y))

/**
 * Where x differs from y.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * notEqual(tensor([1, 2]), 2).toArray() // → [true, false]
 */
export const notEqual = test('notEqual', '≠', (m, x, y) => m.notEqual(x, y))

/**
 * Where x is less than y.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * less(tensor([1, 2]), 2).toArray() // → [true, false]
 */
export const less = test('less', '<', (m, x, y) => m.less(x, y))

/**
 * Where x is at most y.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * lessEqual(tensor([1, 3]), 2).toArray() // → [true, false]
 */
export const lessEqual = test('lessEqual', '≤', (m, x, y) => m.lessEqual(x, y))

/**
 * Where x is greater than y.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * greater(tensor([1, 3]), 2).toArray() // → [false, true]
 */
export const greater = test('greater', '>', (m, x, y) => m.greater(x, y))

/**
 * Where x is at least y.
 * An `if` takes any tensor for true: choose with `where` or `cond`, or read it with `item()`.
 *
 * @example
 * greaterEqual(tensor([1, 2]), 2).toArray() // → [false, true]
 */
export const greaterEqual = test('greaterEqual', '≥', (m, x, y) => m.greaterEqual(x, y))
