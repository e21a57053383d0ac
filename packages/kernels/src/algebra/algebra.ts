import type { DType } from '../dtype.js'
import type { Mask, V } from '../math/index.js'

/**
 * Arithmetic on vectors of one dtype, whatever its lane width. Every method emits code that computes its result
 * once and returns the registers that hold it, so results may be used many times. A kernel body written against an
 * algebra is emitted once for every dtype.
 *
 * Methods that a dtype does not have throw an Error that names both: f32 and f64 have all of them; i32 has `add`,
 * `sub`, `mul`, `madd`, `neg`, `abs`, `min`, `max`, `atLeast` (modulo 2³²) and what works on masks; bool has `equal`,
 * `notEqual` and what works on masks.
 */
export interface Algebra {
  readonly dtype: DType
  /** Lanes in a vector: 4, or 2 where an f64 takes part. */
  readonly lanes: number
  /** What is of another dtype, as `convert` does it; both have the same number of lanes. */
  from(dtype: DType, a: V): V
  /** A number in every lane, set once before all loops. */
  constant(value: number): V
  add(a: V, b: V): V
  sub(a: V, b: V): V
  mul(a: V, b: V): V
  div(a: V, b: V): V
  /** a·b + c: fused where the module may, otherwise rounded twice. */
  madd(a: V, b: V, c: V): V
  neg(a: V): V
  abs(a: V): V
  sqrt(a: V): V
  /** NaN if either is NaN. */
  min(a: V, b: V): V
  max(a: V, b: V): V
  /** The larger of a and a number, NaN where a is NaN; of zeros a. Faster than `max`. */
  atLeast(a: V, bound: number): V
  floor(a: V): V
  ceil(a: V): V
  trunc(a: V): V
  /** To nearest, ties to even. */
  round(a: V): V
  equal(a: V, b: V): Mask
  notEqual(a: V, b: V): Mask
  less(a: V, b: V): Mask
  lessEqual(a: V, b: V): Mask
  greater(a: V, b: V): Mask
  greaterEqual(a: V, b: V): Mask
  and(a: Mask, b: Mask): Mask
  or(a: Mask, b: Mask): Mask
  not(a: Mask): Mask
  /** `a` where the mask holds, else `b`. */
  select(mask: Mask, a: V, b: V): V
  exp(a: V): V
  log(a: V): V
  sin(a: V): V
  cos(a: V): V
  tanh(a: V): V
  sigmoid(a: V): V
  expm1(a: V): V
  log1p(a: V): V
  exp2(a: V): V
  log2(a: V): V
  log10(a: V): V
  cbrt(a: V): V
  sinh(a: V): V
  cosh(a: V): V
  asinh(a: V): V
  acosh(a: V): V
  atanh(a: V): V
  tan(a: V): V
  asin(a: V): V
  acos(a: V): V
  atan(a: V): V
  erf(a: V): V
  erfc(a: V): V
  erfinv(a: V): V
  /** log |Γ(a)| */
  lgamma(a: V): V
  digamma(a: V): V
  /** The derivative of `digamma` of an order from 1 on. */
  polygamma(a: V, order: number): V
  /** a to the power of b, with the special values of IEEE 754. */
  pow(a: V, b: V): V
  /** The angle of the point (b, a), with the special values of IEEE 754. */
  atan2(a: V, b: V): V
  /** a − trunc(a/b)·b, exactly. */
  remainder(a: V, b: V): V
}
