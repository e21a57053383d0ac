import { type Aval, type Data, sizeOf } from '@wengert/tape'

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array } as const

type ViewConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => Data

/** Everything that is placed in a buffer starts at a multiple of this many bytes. */
const ALIGNMENT_BYTES = 16

/** A number of bytes rounded up so that something else can follow. */
export const alignedBytes = (bytes: number): number => Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES

/** Bytes of the data of a value. */
export const bytesOf = ({ dtype, shape }: Aval): number => sizeOf(shape) * arrays[dtype].BYTES_PER_ELEMENT

/** A view of a value in a buffer. */
export const viewOf = ({ dtype, shape }: Aval, buffer: ArrayBufferLike, offset: number): Data =>
  new (arrays[dtype] as ViewConstructor)(buffer, offset, sizeOf(shape))

/** New zeroed data for a value. */
export const allocate = ({ dtype, shape }: Aval): Data => new arrays[dtype](sizeOf(shape))
