import type { DType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { FloatVectors, type Target, type V, Vectors } from '../math/index.js'
import { type Expr, f32x4, f64x2, i32x4, v128 } from '../wasm/index.js'
import { emitRows } from './rows.js'

type Vector = Expr<'v128'>

/** A conversion of one dtype to another. */
export interface ConvertSpec {
  readonly from: DType
  readonly to: DType
  /** Elements. */
  readonly size: number
}

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

/**
 * Out[i] = x[i] in another dtype. Floats become i32 by dropping the fraction, saturating, NaN as 0; f64 becomes f32
 * by rounding to nearest; numbers become bool by being ≠ 0; bools become 0 and 1.
 *
 * @example
 * convert({ from: 'f32', to: 'i32', size: 5 }).key // → 'convert:f32:i32:5'
 */
export function convert({ from, to, size }: ConvertSpec): Kernel {
  return {
    key: `convert:${from}:${to}:${size}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit(context) {
      const lanes = from === 'f64' || to === 'f64' ? 2 : 4
      emitRows(context.f, [...context.inputs, ...context.outputs], {
        lanes,
        dtypes: [from, to],
        walk: { lengths: [size], strides: [[1], [1]] },
        interleave: 4,
        body: ([x]) => converted(context, from, to, lanes, x as V),
      })
    },
  }
}

function converted(target: Target, from: DType, to: DType, lanes: number, x: V): V {
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
