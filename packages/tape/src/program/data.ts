import { type DType, elementBytes } from '@wengert/kernels'
import { checkArgument } from '../options.js'
import { type Aval, checkAval, sizeOf } from './aval.js'

/** The elements of a value in row-major order; a bool is a byte, 0 or 1. */
export type Data =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array } as const

/**
 * New zeroed data for a value.
 *
 * @example
 * allocate({ dtype: 'f32', shape: [2, 3] }).length // → 6
 */
export function allocate(aval: Aval): Data {
  checkAval('allocate', aval)
  return new arrays[aval.dtype](sizeOf(aval.shape))
}

/** Data of a dtype from numbers. */
export const dataFrom = (dtype: DType, values: ArrayLike<number>): Data => {
  if (dtype !== 'bool') return arrays[dtype].from(values)
  return Uint8Array.from(values, value => (value ? 1 : 0))
}

/**
 * A view of a value in a buffer, at a byte offset.
 *
 * @example
 * viewOf({ dtype: 'i32', shape: [2] }, new Int32Array([1, 2, 3]).buffer, 4)[0] // → 2
 */
export function viewOf(aval: Aval, buffer: ArrayBufferLike, offset: number): Data {
  checkAval('viewOf', aval)
  const length = sizeOf(aval.shape)
  const bytes = elementBytes[aval.dtype]
  const fits =
    Number.isInteger(offset) &&
    offset % bytes === 0 &&
    offset >= 0 &&
    offset + length * bytes <= buffer?.byteLength
  checkArgument('viewOf', 'the offset', offset, fits, `a place in the buffer for ${length} elements`)
  switch (aval.dtype) {
    case 'f32':
      return new Float32Array(buffer, offset, length)
    case 'f64':
      return new Float64Array(buffer, offset, length)
    case 'i32':
      return new Int32Array(buffer, offset, length)
    case 'bool':
      return new Uint8Array(buffer, offset, length)
  }
}
