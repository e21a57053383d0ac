import type { DType } from '../dtype.js'
import { type Mask, type Target, type V, Vectors } from '../math/index.js'
import { v128 } from '../wasm/index.js'
import type { Algebra } from './algebra.js'
import { converted } from './converted.js'

/** What every dtype has; all else throws. As it stands it is the algebra of bool, whose values are masks. */
export class MaskAlgebra extends Vectors implements Algebra {
  readonly dtype: DType

  constructor(target: Target, dtype: DType = 'bool') {
    super(target, 4)
    this.dtype = dtype
  }

  constant(value: number): V {
    return this.pattern(new Uint8Array(16).fill(value === 0 ? 0 : 0xff))
  }

  from(dtype: DType, a: V): V {
    return converted(this, dtype, this.dtype, this.lanes, a)
  }

  equal(a: V, b: V): Mask {
    return this.not(this.notEqual(a, b))
  }

  notEqual(a: V, b: V): Mask {
    return this.each([a, b], v128.xor)
  }

  add = this.missing('add')
  sub = this.missing('sub')
  mul = this.missing('mul')
  div = this.missing('div')
  madd = this.missing('madd')
  neg = this.missing('neg')
  abs = this.missing('abs')
  sqrt = this.missing('sqrt')
  min = this.missing('min')
  max = this.missing('max')
  floor = this.missing('floor')
  ceil = this.missing('ceil')
  trunc = this.missing('trunc')
  round = this.missing('round')
  less = this.missing('less')
  lessEqual = this.missing('lessEqual')
  greater = this.missing('greater')
  greaterEqual = this.missing('greaterEqual')
  exp = this.missing('exp')
  log = this.missing('log')
  sin = this.missing('sin')
  cos = this.missing('cos')
  tanh = this.missing('tanh')
  sigmoid = this.missing('sigmoid')
  expm1 = this.missing('expm1')
  log1p = this.missing('log1p')
  exp2 = this.missing('exp2')
  log2 = this.missing('log2')
  log10 = this.missing('log10')
  cbrt = this.missing('cbrt')
  sinh = this.missing('sinh')
  cosh = this.missing('cosh')
  asinh = this.missing('asinh')
  acosh = this.missing('acosh')
  atanh = this.missing('atanh')
  tan = this.missing('tan')
  asin = this.missing('asin')
  acos = this.missing('acos')
  atan = this.missing('atan')
  erf = this.missing('erf')
  erfc = this.missing('erfc')
  erfinv = this.missing('erfinv')
  lgamma = this.missing('lgamma')
  digamma = this.missing('digamma')
  atan2 = this.missing('atan2')
  pow = this.missing('pow')
  remainder = this.missing('remainder')

  atLeast(_a: V, _bound: number): V {
    return this.missing('atLeast')()
  }

  polygamma(_a: V, _order: number): V {
    return this.missing('polygamma')()
  }

  private missing(method: string): (...values: readonly V[]) => V {
    return () => {
      throw new Error(`${method} is not defined for ${this.dtype}`)
    }
  }
}
