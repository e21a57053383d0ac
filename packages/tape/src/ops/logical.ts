import type { Algebra, V } from '@wengert/kernels'
import type { Operand, Tensor } from '../record/index.js'
import { binary, unary } from './elementwise.js'

/**
 * Where x is neither infinite nor NaN.
 *
 * @example
 * isFinite(tensor([1, Infinity, NaN])).toArray() // → [true, false, false]
 */
const finite = unary('isFinite', {
  summary: 'Whether x is finite.',
  test: true,
  kernel: (m, x) => m.less(m.abs(x), m.constant(Infinity)),
})

/**
 * Where x is NaN.
 *
 * @example
 * isNaN(tensor([1, Infinity, NaN])).toArray() // → [false, false, true]
 */
const missing = unary('isNaN', {
  summary: 'Whether x is NaN.',
  test: true,
  kernel: (m, x) => m.notEqual(x, x),
})

const logical = (name: string, sign: string, kernel: (m: Algebra, x: V, y: V) => V) =>
  binary(name, { summary: `x ${sign} y.`, kernel, dtypes: ['bool'] }) as (x: Operand, y: Operand) => Tensor

/**
 * Where both of two truth values hold.
 *
 * @example
 * logicalAnd(tensor([true, false]), true).toArray() // → [true, false]
 */
export const logicalAnd = logical('logicalAnd', '∧', (m, x, y) => m.and(x, y))

/**
 * Where at least one of two truth values holds.
 *
 * @example
 * logicalOr(tensor([true, false]), true).toArray() // → [true, true]
 */
export const logicalOr = logical('logicalOr', '∨', (m, x, y) => m.or(x, y))

/**
 * Where exactly one of two truth values holds.
 *
 * @example
 * logicalXor(tensor([true, false]), true).toArray() // → [false, true]
 */
export const logicalXor = logical('logicalXor', '≠', (m, x, y) => m.notEqual(x, y))

/**
 * Where a truth value does not hold.
 *
 * @example
 * logicalNot(tensor([true, false])).toArray() // → [false, true]
 */
export const logicalNot = unary('logicalNot', {
  summary: '¬x.',
  dtypes: ['bool'],
  kernel: (m, x) => m.not(x),
})

export { finite as isFinite, missing as isNaN }
