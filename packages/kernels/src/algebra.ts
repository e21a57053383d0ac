import type { DType } from './dtype.js'
import type { Local } from './wasm/index.js'

/** A vector value in a register. */
export type V = Local<'v128'>

/** A vector of truth values: all bits of a lane are 1 or all are 0. */
export type Mask = Local<'v128'>

/**
 * Arithmetic on vectors of one dtype, whatever its lane width. Every method emits code that computes its result
 * once and returns the local that holds it, so results may be used many times. A kernel body written against an
 * algebra is emitted once for every dtype.
 */
export interface Algebra {
  readonly dtype: DType
  /** Lanes in a vector: 4, or 2 where an f64 takes part. */
  readonly lanes: number
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
}
