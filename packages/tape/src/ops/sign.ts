import { mul } from './arithmetic.js'
import { unary } from './elementwise.js'

const NUMBERS = ['f32', 'f64', 'i32']

/**
 * The sign: −1, 0 or 1; zeros keep theirs and NaN is NaN. Its derivative is 0.
 *
 * @example
 * sign(tensor([-3, 0, 2])).toArray() // → [-1, 0, 1]
 */
export const sign = unary('sign', {
  summary: '−1, 0 or 1.',
  dtypes: NUMBERS,
  kernel(m, x) {
    const zero = m.constant(0)
    const negative = m.select(m.less(x, zero), m.constant(-1), x)
    return m.select(m.greater(x, zero), m.constant(1), negative)
  },
})

/**
 * The absolute value; its derivative at 0 is 0. The smallest i32 has none and stays itself.
 *
 * @example
 * abs(tensor([-3, 2])).toArray() // → [3, 2]
 */
export const abs = unary('abs', {
  summary: '|x|.',
  dtypes: NUMBERS,
  kernel: (m, x) => m.abs(x),
  scale: (t, x) => mul(t, sign(x)),
})
