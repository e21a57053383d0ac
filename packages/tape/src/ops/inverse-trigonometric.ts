import type { Tensor } from '../record/index.js'
import { add, mul, neg, square, sub } from './arithmetic.js'
import { direction } from './direction.js'
import { binary, unary } from './elementwise.js'
import { hypot, reciprocal, rsqrt } from './power.js'

/** 1 / √(1 − x²), by factors that have all digits near ±1. */
const slope = (x: Tensor): Tensor => rsqrt(mul(sub(1, x), add(1, x)))

/**
 * The angle in [−π/2, π/2] whose sine is x, NaN beyond ±1, where its derivative is ∞.
 *
 * @example
 * asin(tensor([0, 1])).toArray() // → [0.0, 1.570796]
 */
export const asin = unary('asin', {
  summary: 'Inverse sine.',
  domain: [-0.8, 0.8],
  kernel: (m, x) => m.asin(x),
  derivative: slope,
})

/**
 * The angle in [0, π] whose cosine is x, NaN beyond ±1, where its derivative is −∞.
 *
 * @example
 * acos(tensor([0, 1])).toArray() // → [1.570796, 0.0]
 */
export const acos = unary('acos', {
  summary: 'Inverse cosine.',
  domain: [-0.8, 0.8],
  kernel: (m, x) => m.acos(x),
  derivative: x => neg(slope(x)),
})

/**
 * The angle in [−π/2, π/2] whose tangent is x.
 *
 * @example
 * atan(tensor([0, 1])).toArray() // → [0.0, 0.785398]
 */
export const atan = unary('atan', {
  summary: 'Inverse tangent.',
  kernel: (m, x) => m.atan(x),
  derivative: x => reciprocal(add(1, square(x))),
})

/**
 * The angle in [−π, π] of the point (x, y); y comes first, as it does in y/x. Zeros and infinities as IEEE 754 has them;
 * the derivatives at the origin are 0.
 *
 * @example
 * atan2(tensor([1, 0]), tensor([1, -1])).toArray() // → [0.785398, 3.141593]
 */
export const atan2 = binary('atan2', {
  summary: 'Angle of the point (x, y).',
  dtypes: ['f32', 'f64'],
  domain: [0.3, 2],
  kernel: (m, y, x) => m.atan2(y, x),
  partials: [
    // (x/r)/r and −(y/r)/r with r = √(x² + y²)
    { scale: (t: Tensor, y: Tensor, x: Tensor) => mul(t, perSquare(x, hypot(x, y))) },
    { scale: (t: Tensor, y: Tensor, x: Tensor) => neg(mul(t, perSquare(y, hypot(x, y)))) },
  ],
})

/** (x / r) / r, and 0 where r is 0. */
const perSquare = (x: Tensor, r: Tensor): Tensor => direction(direction(x, r), r)
