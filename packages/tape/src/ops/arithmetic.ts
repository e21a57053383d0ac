import type { Tensor } from '../record/index.js'
import { binary, unary } from './elementwise.js'

/**
 * Sum of two tensors, element by element.
 *
 * @example
 * add(tensor([1, 2]), 10).toArray() // → [11, 12]
 */
export const add = binary('add', {
  summary: 'x + y.',
  kernel: (m, x, y) => m.add(x, y),
  partials: [{ derivative: () => 1 }, { derivative: () => 1 }],
})

/**
 * Difference of two tensors, element by element.
 *
 * @example
 * sub(1, tensor([1, 2])).toArray() // → [0, -1]
 */
export const sub = binary('sub', {
  summary: 'x − y.',
  kernel: (m, x, y) => m.sub(x, y),
  partials: [{ derivative: () => 1 }, { derivative: () => -1 }],
})

/**
 * Product of two tensors, element by element.
 *
 * @example
 * mul(tensor([[1, 2], [3, 4]]), tensor([10, 100])).toArray() // → [[10, 200], [30, 400]]
 */
export const mul = binary('mul', {
  summary: 'x · y.',
  kernel: (m, x, y) => m.mul(x, y),
  partials: [{ derivative: (_x: Tensor, y: Tensor) => y }, { derivative: (x: Tensor) => x }],
})

/**
 * Quotient of two tensors, element by element.
 *
 * @example
 * div(tensor([1, 2]), 4).toArray() // → [0.25, 0.5]
 */
export const div = binary('div', {
  summary: 'x / y.',
  kernel: (m, x, y) => m.div(x, y),
  dtypes: ['f32', 'f64'],
  domain: [0.5, 2],
  partials: [
    { scale: (t: Tensor, _x: Tensor, y: Tensor): Tensor => div(t, y) },
    // ∂(x/y)/∂y = −(x/y)/y; of cotangents, t/y is computed once for both.
    { scale: (t: Tensor, _x: Tensor, y: Tensor, out: Tensor): Tensor => neg(mul(div(t, y), out)) },
  ],
  // d(x/y) = (dx − (x/y)·dy)/y
  tangent: ([dx, dy], _x, y, out): Tensor =>
    div(sub(dx as Tensor, mul(out as Tensor, dy as Tensor)), y as Tensor),
})

/**
 * The opposite.
 *
 * @example
 * neg(tensor([1, -2])).toArray() // → [-1, 2]
 */
export const neg = unary('neg', {
  summary: '−x.',
  dtypes: ['f32', 'f64', 'i32'],
  kernel: (m, x) => m.neg(x),
  derivative: () => -1,
})

/**
 * The square.
 *
 * @example
 * square(tensor([3, -4])).toArray() // → [9, 16]
 */
export const square = unary('square', {
  summary: 'x².',
  dtypes: ['f32', 'f64', 'i32'],
  kernel: (m, x) => m.mul(x, x),
  derivative: x => mul(2, x),
})
