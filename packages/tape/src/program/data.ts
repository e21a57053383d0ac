import type { DType } from '@wengert/kernels'
import { type Aval, sizeOf } from './aval.js'

/** The elements of a value in row-major order; a bool is a byte, 0 or 1. */
export type Data =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array } as const

/** New zeroed data for an aval. */
export const allocate = ({ dtype, shape }: Aval): Data => new arrays[dtype](sizeOf(shape))

/** Data of a dtype from numbers. */
export const dataFrom = (dtype: DType, values: ArrayLike<number>): Data => {
  if (dtype !== 'bool') return arrays[dtype].from(values)
  return Uint8Array.from(values, value => (value ? 1 : 0))
}

/** A view of `length` elements of memory at a byte offset. */
export const viewOf = (dtype: DType, buffer: ArrayBufferLike, offset: number, length: number): Data =>
  new arrays[dtype](buffer, offset, length)
