import { type Operand, operands, type Tensor } from '../record/index.js'
import { add, div, mul, neg, square, sub } from './arithmetic.js'
import { equal } from './comparison.js'
import { direction } from './direction.js'
import { binary, unary } from './elementwise.js'
import { log } from './logarithm.js'
import { where } from './where.js'

const FLOATS = ['f32', 'f64']

/**
 * Square root; NaN below 0.
 *
 * @example
 * sqrt(tensor([4, 9])).toArray() // → [2, 3]
 */
export const sqrt = unary('sqrt', {
  summary: '√x.',
  domain: [0.2, 4],
  kernel: (m, x) => m.sqrt(x),
  derivative: (_x, out) => div(0.5, out), // d √x = 1 / (2√x)
})

/**
 * 1 / √x; ∞ at 0, NaN below.
 *
 * @example
 * rsqrt(tensor([4, 0.25])).toArray() // → [0.5, 2]
 */
export const rsqrt = unary('rsqrt', {
  summary: '1 / √x.',
  domain: [0.2, 4],
  kernel: (m, x) => m.div(m.constant(1), m.sqrt(x)),
  derivative: (x, out) => mul(-0.5, div(out, x)), // d x^−½ = −½ x^−³⁄₂
})

/**
 * 1 / x.
 *
 * @example
 * reciprocal(tensor([4, -0.5])).toArray() // → [0.25, -2]
 */
export const reciprocal = unary('reciprocal', {
  summary: '1 / x.',
  domain: [0.5, 2],
  kernel: (m, x) => m.div(m.constant(1), x),
  derivative: (_x, out) => neg(square(out)),
})

/**
 * The cube root, also of negative numbers; its derivative at 0 is ∞.
 *
 * @example
 * cbrt(tensor([27, -8])).toArray() // → [3, -2]
 */
export const cbrt = unary('cbrt', {
  summary: '∛x.',
  domain: [0.2, 4],
  kernel: (m, x) => m.cbrt(x),
  derivative: (_x, out) => div(1 / 3, square(out)), // d ∛x = 1 / (3·∛x²)
})

/**
 * x to the power of y, real: NaN for negative x and fractional y. x⁰ is 1 for every x, and 1ʸ for every y. The
 * derivative with respect to y is 0 where x is 0, NaN where x is negative.
 *
 * @example
 * pow(tensor([2, -3, 0]), tensor([10, 3, 0])).toArray() // → [1024, -27, 1]
 */
export const pow = binary('pow', {
  summary: 'xʸ.',
  dtypes: FLOATS,
  domain: [0.3, 2],
  kernel: (m, x, y) => m.pow(x, y),
  partials: [
    // y·x^(y−1), which is 0 for y = 0 also where x is 0; there y − 1 may be anything finite.
    {
      derivative: (x: Tensor, y: Tensor): Tensor => mul(y, pow(x, where(equal(y, 0), 1, sub(y, 1)))),
    },
    // xʸ·log x, and 0 at x = 0.
    {
      scale: (t: Tensor, x: Tensor, _y: Tensor, out: Tensor): Tensor => {
        const zero = equal(x, 0)
        return where(zero, 0, mul(t, mul(out, log(where(zero, 1, x)))))
      },
    },
  ],
})

/**
 * √(x² + y²) without overflow or underflow on the way; its derivatives at the origin are 0. ∞ if either is infinite.
 *
 * @example
 * hypot(tensor([3, 2 ** 100]), tensor([4, 0])).toArray() // → [5, 2 ** 100]
 */
export const hypot = binary('hypot', {
  summary: '√(x² + y²).',
  dtypes: FLOATS,
  kernel(m, x, y) {
    // Squares of numbers between the limits are normal, as are those of the others once they are scaled.
    const [limit, scale] = m.dtype === 'f64' ? [2 ** 500, 2 ** 600] : [2 ** 60, 2 ** 90]
    const [a, b] = [m.abs(x), m.abs(y)]
    const larger = m.max(a, b)
    const [small, large] = [m.less(larger, m.constant(1 / limit)), m.greater(larger, m.constant(limit))]
    const pick = (whereSmall: number, whereLarge: number) =>
      m.select(small, m.constant(whereSmall), m.select(large, m.constant(whereLarge), m.constant(1)))
    const factor = pick(scale, 1 / scale)
    const [p, q] = [m.mul(a, factor), m.mul(b, factor)]
    const root = m.mul(m.sqrt(m.madd(p, p, m.mul(q, q))), pick(1 / scale, scale))
    const infinity = m.constant(Infinity)
    return m.select(m.or(m.equal(a, infinity), m.equal(b, infinity)), infinity, root)
  },
  partials: [
    { scale: (t: Tensor, x: Tensor, _y: Tensor, out: Tensor) => mul(t, direction(x, out)) },
    { scale: (t: Tensor, _x: Tensor, y: Tensor, out: Tensor) => mul(t, direction(y, out)) },
  ],
})

/**
 * Linear interpolation (1 − t)·x + t·y: exactly x at t = 0 and y at t = 1.
 *
 * @example
 * lerp(tensor([0, 10]), tensor([1, 20]), 0.5).toArray() // → [0.5, 15]
 */
export function lerp(x: Operand, y: Operand, t: Operand): Tensor {
  const [from, to, share] = operands('lerp', [x, y, t]) as readonly [Tensor, Tensor, Tensor]
  return add(mul(sub(1, share), from), mul(share, to))
}
