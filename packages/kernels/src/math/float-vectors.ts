import type { FloatDType } from '../dtype.js'
import { type Expr, f32x4, f64x2, i32x4, i64x2 } from '../wasm/index.js'
import { type Mask, type Target, type V, Vectors } from './vectors.js'

type Vector = Expr<'v128'>

/** How a floating-point number is laid out in its bits. */
export interface Format {
  readonly bytes: number
  readonly fractionBits: number
  readonly bias: number
}

/** Formats of IEEE 754. */
export const formatOf: Readonly<Record<FloatDType, Format>> = {
  f32: { bytes: 4, fractionBits: 23, bias: 127 },
  f64: { bytes: 8, fractionBits: 52, bias: 1023 },
}

/** Arithmetic of floating-point vectors and of their bits as integers of the same width. */
export class FloatVectors extends Vectors {
  readonly dtype: FloatDType
  readonly format: Format
  readonly #float: typeof f32x4 | typeof f64x2
  readonly #int: typeof i32x4 | typeof i64x2

  constructor(target: Target, dtype: FloatDType) {
    super(target, dtype === 'f32' ? 4 : 2)
    this.dtype = dtype
    this.format = formatOf[dtype]
    this.#float = dtype === 'f32' ? f32x4 : f64x2
    this.#int = dtype === 'f32' ? i32x4 : i64x2
  }

  /** A number in every lane, rounded to the dtype. */
  constant(value: number): V {
    const numbers = this.dtype === 'f32' ? new Float32Array(4).fill(value) : new Float64Array(2).fill(value)
    return this.pattern(new Uint8Array(numbers.buffer))
  }

  /** An integer in every lane. */
  bits(value: bigint): V {
    const numbers =
      this.dtype === 'f32'
        ? new Int32Array(4).fill(Number(BigInt.asIntN(32, value)))
        : new BigInt64Array(2).fill(BigInt.asIntN(64, value))
    return this.pattern(new Uint8Array(numbers.buffer))
  }

  add(a: V, b: V): V {
    return this.each([a, b], this.#float.add)
  }

  sub(a: V, b: V): V {
    return this.each([a, b], this.#float.sub)
  }

  mul(a: V, b: V): V {
    return this.each([a, b], this.#float.mul)
  }

  div(a: V, b: V): V {
    return this.each([a, b], this.#float.div)
  }

  /** a·b + c: fused where the module may, otherwise rounded twice. */
  madd(a: V, b: V, c: V): V {
    const { add, mul, relaxedMadd } = this.#float
    return this.each([a, b, c], this.module.features.fma ? relaxedMadd : (x, y, z) => add(mul(x, y), z))
  }

  /** c − a·b: fused where the module may, otherwise rounded twice. */
  nmadd(a: V, b: V, c: V): V {
    const { sub, mul, relaxedNmadd } = this.#float
    return this.each([a, b, c], this.module.features.fma ? relaxedNmadd : (x, y, z) => sub(z, mul(x, y)))
  }

  /** Σ coefficients[k]·x^k by Horner's rule. */
  polynomial(x: V, coefficients: readonly number[]): V {
    const [last, ...lower] = coefficients.map(c => this.constant(c)).reverse()
    return lower.reduce((sum, c) => this.madd(sum, x, c), last as V)
  }

  neg(a: V): V {
    return this.each([a], this.#float.neg)
  }

  abs(a: V): V {
    return this.each([a], this.#float.abs)
  }

  sqrt(a: V): V {
    return this.each([a], this.#float.sqrt)
  }

  min(a: V, b: V): V {
    return this.each([a, b], this.#float.min)
  }

  max(a: V, b: V): V {
    return this.each([a, b], this.#float.max)
  }

  /** min(a, bound), and NaN where a is NaN; one instruction. */
  atMost(a: V, bound: number): V {
    return this.each([a, this.constant(bound)], this.#float.pmin)
  }

  /** max(a, bound), and NaN where a is NaN; one instruction. */
  atLeast(a: V, bound: number): V {
    return this.each([a, this.constant(bound)], this.#float.pmax)
  }

  floor(a: V): V {
    return this.each([a], this.#float.floor)
  }

  ceil(a: V): V {
    return this.each([a], this.#float.ceil)
  }

  trunc(a: V): V {
    return this.each([a], this.#float.trunc)
  }

  /** To nearest, ties to even. */
  round(a: V): V {
    return this.each([a], this.#float.nearest)
  }

  equal(a: V, b: V): Mask {
    return this.each([a, b], this.#float.eq)
  }

  notEqual(a: V, b: V): Mask {
    return this.each([a, b], this.#float.ne)
  }

  less(a: V, b: V): Mask {
    return this.each([a, b], this.#float.lt)
  }

  lessEqual(a: V, b: V): Mask {
    return this.each([a, b], this.#float.le)
  }

  greater(a: V, b: V): Mask {
    return this.each([a, b], this.#float.gt)
  }

  greaterEqual(a: V, b: V): Mask {
    return this.each([a, b], this.#float.ge)
  }

  /** The sign bits alone. */
  sign(a: V): V {
    return this.and(a, this.bits(1n << BigInt(8 * this.format.bytes - 1)))
  }

  /** Sum of the bits as integers. */
  addBits(a: V, b: V): V {
    return this.each([a, b], this.#int.add as (x: Vector, y: Vector) => Vector)
  }

  /** Difference of the bits as integers. */
  subBits(a: V, b: V): V {
    return this.each([a, b], this.#int.sub as (x: Vector, y: Vector) => Vector)
  }

  /** Whether the bits of a are those of a greater signed integer. */
  greaterBits(a: V, b: V): Mask {
    return this.each([a, b], this.#int.gtS as (x: Vector, y: Vector) => Vector)
  }

  equalBits(a: V, b: V): Mask {
    return this.each([a, b], this.#int.eq as (x: Vector, y: Vector) => Vector)
  }

  shiftLeft(a: V, by: number): V {
    return this.each([a], x => this.#int.shl(x, by))
  }

  shiftRight(a: V, by: number): V {
    return this.each([a], x => this.#int.shrU(x, by))
  }
}
