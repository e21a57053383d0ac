import type { DType } from '../dtype.js'
import { FloatVectors, type Target, type V, Vectors } from '../math/index.js'
import { type Expr, f32x4, f64x2, i32x4, v128 } from '../wasm/index.js'

type Vector = Expr<'v128'>

const keep = (x: Vector) => x

/** Conversions between numbers; 2 lanes of a 4-byte dtype are the lower ones. */
const between: Readonly<Record<string, (x: Vector) => Vector>> = {
  'f32:f64': f64x2.promoteLowF32x4,
  'f32:i32': i32x4.truncSatF32x4S,
  'f64:f32': f32x4.demoteF64x2Zero,
  'f64:i32': i32x4.truncSatF64x2SZero,
  'i32:f32': f32x4.convertI32x4S,
  'i32:f64': f64x2.convertLowI32x4S,
}

/** A value of a dtype in another one, in vectors of so many lanes. */
export function converted(target: Target, from: DType, to: DType, lanes: number, x: V): V {
  const vectors = new Vectors(target, lanes)
  if (from === to) return x
  if (to === 'bool') {
    const zero = vectors.pattern(new Uint8Array(16))
    // Lanes of an i32 that is paired with f64 do not occur here.
    const different = { f32: f32x4.ne, f64: f64x2.ne, i32: i32x4.ne, bool: v128.xor }[from]
    return vectors.each([x, zero], different)
  }
  if (from === 'bool') {
    const one =
      to === 'i32'
        ? vectors.pattern(new Uint8Array(new Int32Array(4).fill(1).buffer))
        : new FloatVectors(target, to).constant(1)
    return vectors.and(x, one)
  }
  return vectors.each([x], between[`${from}:${to}`] ?? keep)
}
