import { type Operand, operands, type Tensor } from '../record/index.js'
import { div, mul, sub } from './arithmetic.js'
import { convert } from './convert.js'
import { binary, unary } from './elementwise.js'
import { maximum, minimum } from './where.js'

/**
 * The largest integer that is at most x. Its derivative is 0.
 *
 * @example
 * floor(tensor([1.5, -1.5])).toArray() // → [1, -2]
 */
export const floor = unary('floor', { summary: '⌊x⌋.', kernel: (m, x) => m.floor(x) })

/**
 * The smallest integer that is at least x. Its derivative is 0.
 *
 * @example
 * ceil(tensor([1.5, -1.5])).toArray() // → [2, -1]
 */
export const ceil = unary('ceil', { summary: '⌈x⌉.', kernel: (m, x) => m.ceil(x) })

/**
 * The nearest integer; halves go to the even one. Its derivative is 0.
 *
 * @example
 * round(tensor([0.5, 1.5, -1.2])).toArray() // → [0, 2, -1]
 */
export const round = unary('round', {
  summary: 'The nearest integer, ties to even.',
  kernel: (m, x) => m.round(x),
})

/**
 * x without its fraction. Its derivative is 0.
 *
 * @example
 * trunc(tensor([1.5, -1.5])).toArray() // → [1, -1]
 */
export const trunc = unary('trunc', { summary: 'x without its fraction.', kernel: (m, x) => m.trunc(x) })

const floatMod = binary('mod', {
  summary: 'x − ⌊x/y⌋·y.',
  dtypes: ['f32', 'f64'],
  jumps: true,
  kernel(m, x, y) {
    const zero = m.constant(0)
    const size = m.abs(y)
    const r = m.remainder(x, y)
    // The remainder for |y|, from that for y < 0 by the opposite.
    const lower = m.less(y, zero)
    const same = m.select(lower, m.neg(r), r)
    const positive = m.select(m.less(same, zero), m.add(same, size), m.abs(same))
    return m.select(lower, m.neg(positive), positive)
  },
  partials: [
    { derivative: () => 1 },
    // ∂/∂y = −⌊x/y⌋, the integer nearest to (mod − x)/y
    { scale: (t: Tensor, x: Tensor, y: Tensor, out: Tensor) => mul(t, round(div(sub(out, x), y))) },
  ],
})

/**
 * x − ⌊x/y⌋·y: what remains of x, with the sign of y (`%` in NumPy; that of JavaScript takes the sign of x). Exact but
 * for one rounding where signs differ. NaN for y = 0 and for infinite x. Of i32 it is 0 where the divisor is.
 *
 * @example
 * mod(tensor([5, -5]), 3).toArray() // → [2, 1]
 */
export function mod(x: Operand, y: Operand): Tensor {
  const both = operands('mod', [x, y])
  if (both.some(one => one.dtype !== 'i32')) return floatMod(x, y)
  // Exact: f64 holds every i32, and its remainder is not rounded.
  const [a, b] = both.map(one => convert(one, 'f64')) as [Tensor, Tensor]
  return convert(floatMod(a, b), 'i32')
}

/**
 * x, but at least `low` and at most `high`. At the bounds x has the whole derivative.
 *
 * @example
 * clip(tensor([-1, 0.5, 3]), 0, 1).toArray() // → [0, 0.5, 1]
 */
export const clip = (x: Operand, low: Operand, high: Operand): Tensor => minimum(maximum(x, low), high)
