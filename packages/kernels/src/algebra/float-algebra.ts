import type { DType } from '../dtype.js'
import * as math from '../math/index.js'
import type { Algebra } from './algebra.js'
import { converted } from './converted.js'

type V = math.V

/** Arithmetic of f32 in 4 lanes or of f64 in 2. */
export class FloatAlgebra extends math.FloatVectors implements Algebra {
  from = (dtype: DType, a: V): V => converted(this, dtype, this.dtype, this.lanes, a)
  exp = (a: V): V => math.exp(this, a)
  log = (a: V): V => math.log(this, a)
  sin = (a: V): V => math.sin(this, a)
  cos = (a: V): V => math.cos(this, a)
  tanh = (a: V): V => math.tanh(this, a)
  sigmoid = (a: V): V => math.sigmoid(this, a)
  expm1 = (a: V): V => math.expm1(this, a)
  log1p = (a: V): V => math.log1p(this, a)
  exp2 = (a: V): V => math.exp2(this, a)
  log2 = (a: V): V => math.log2(this, a)
  log10 = (a: V): V => math.log10(this, a)
  cbrt = (a: V): V => math.cbrt(this, a)
  sinh = (a: V): V => math.sinh(this, a)
  cosh = (a: V): V => math.cosh(this, a)
  asinh = (a: V): V => math.asinh(this, a)
  acosh = (a: V): V => math.acosh(this, a)
  atanh = (a: V): V => math.atanh(this, a)
  tan = (a: V): V => math.tan(this, a)
  asin = (a: V): V => math.asin(this, a)
  acos = (a: V): V => math.acos(this, a)
  atan = (a: V): V => math.atan(this, a)
  erf = (a: V): V => math.erf(this, a)
  erfc = (a: V): V => math.erfc(this, a)
  erfinv = (a: V): V => math.erfinv(this, a)
  lgamma = (a: V): V => math.lgamma(this, a)
  digamma = (a: V): V => math.digamma(this, a)
  polygamma = (a: V, order: number): V => math.polygamma(this, a, order)
  pow = (a: V, b: V): V => math.pow(this, a, b)
  atan2 = (a: V, b: V): V => math.atan2(this, a, b)
  remainder = (a: V, b: V): V => math.remainder(this, a, b)
}
