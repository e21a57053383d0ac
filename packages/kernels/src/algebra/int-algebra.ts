import type { Mask, Target, V } from '../math/index.js'
import { type Expr, i32x4 } from '../wasm/index.js'
import { MaskAlgebra } from './mask-algebra.js'

type Vector = Expr<'v128'>

/** Arithmetic of i32 in 4 lanes, modulo 2³². */
export class IntAlgebra extends MaskAlgebra {
  constructor(target: Target) {
    super(target, 'i32')
  }

  override constant(value: number): V {
    return this.pattern(new Uint8Array(new Int32Array(4).fill(value).buffer))
  }

  override equal(a: V, b: V): Mask {
    return this.each([a, b], i32x4.eq)
  }

  override notEqual(a: V, b: V): Mask {
    return this.each([a, b], i32x4.ne)
  }

  override add = this.#binary(i32x4.add)
  override sub = this.#binary(i32x4.sub)
  override mul = this.#binary(i32x4.mul)
  override min = this.#binary(i32x4.minS)
  override max = this.#binary(i32x4.maxS)
  override atLeast = (a: V, bound: number): V => this.max(a, this.constant(bound))
  override less = this.#binary(i32x4.ltS)
  override lessEqual = this.#binary(i32x4.leS)
  override greater = this.#binary(i32x4.gtS)
  override greaterEqual = this.#binary(i32x4.geS)
  override madd = (a: V, b: V, c: V): V => this.add(this.mul(a, b), c)
  override neg = (a: V): V => this.each([a], i32x4.neg)
  override abs = (a: V): V => this.each([a], i32x4.abs)

  #binary(instruction: (a: Vector, b: Vector) => Vector) {
    return (a: V, b: V): V => this.each([a, b], instruction)
  }
}
