import fc from 'fast-check'
import type { DType } from '../dtype.js'
import type { Data } from './run-kernel.js'

/** A typed array of a dtype. */
export function arrayOf(dtype: DType, values: ArrayLike<number> | number): Data {
  const source = typeof values === 'number' ? new Float64Array(values) : values
  switch (dtype) {
    case 'f32':
      return Float32Array.from(source)
    case 'f64':
      return Float64Array.from(source)
    case 'i32':
      return Int32Array.from(source)
    case 'bool':
      return Uint8Array.from(source, value => Number(value !== 0))
  }
}

/** Small whole numbers, zeros among them, that differ from place to place. */
export const numbered = (dtype: DType, size: number): Data =>
  arrayOf(
    dtype,
    Array.from({ length: size }, (_, k) => ((k * 7919 + 13) % 101) - 50).map(x => (x % 3 === 0 ? 0 : x)),
  )

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** All indices of a shape, the last axis running fastest. */
export function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const size = sizeOf(shape)
  for (let flat = 0; flat < size; flat++) {
    let rest = flat
    const index = shape.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] as number)
      rest = Math.floor(rest / (shape[axis] as number))
    }
    yield index
  }
}

/** offset + Σ index·stride. */
export const at = (index: readonly number[], strides: readonly number[], offset = 0): number =>
  index.reduce((sum, i, axis) => sum + i * (strides[axis] as number), offset)

/** Lengths that meet every way a vector can be filled. */
const lengths: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 12, arbitrary: fc.constantFrom(1, 1, 2, 3, 4, 5, 8, 17) },
)

/** Shapes of rank 0 to 4. */
export const shapes: fc.Arbitrary<number[]> = fc.array(lengths, { maxLength: 4 })

/** All dtypes. */
export const dtypes: fc.Arbitrary<DType> = fc.constantFrom('f32', 'f64', 'i32', 'bool')
