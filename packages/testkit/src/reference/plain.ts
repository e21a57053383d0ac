import type { DType } from '@wengert/kernels'

/** An array of numbers as a textbook has it: dtype, shape, and the elements in row-major order as f64. */
export interface Plain {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** A position in an array, an integer an axis. */
export type Index = readonly number[]

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1)

/** Every index of a shape in row-major order. */
export function indicesOf(shape: readonly number[]): Index[] {
  let indices: Index[] = [[]]
  for (const length of shape) {
    indices = indices.flatMap(index => Array.from({ length }, (_, k) => [...index, k]))
  }
  return indices
}

/** Position of an index in row-major order. */
export function positionOf(shape: readonly number[], index: Index): number {
  let position = 0
  shape.forEach((length, axis) => {
    position = position * length + (index[axis] as number)
  })
  return position
}

/** The element at an index. */
export const read = ({ shape, values }: Plain, index: Index): number =>
  values[positionOf(shape, index)] as number

/** An array from a function of the index. */
export const build = (dtype: DType, shape: readonly number[], at: (index: Index) => number): Plain => ({
  dtype,
  shape,
  values: indicesOf(shape).map(at),
})

/** The element that broadcasting by NumPy's rule puts at an index of a larger array. */
export function readBroadcast(x: Plain, index: Index): number {
  const missing = index.length - x.shape.length
  return read(
    x,
    x.shape.map((length, axis) => (length === 1 ? 0 : (index[missing + axis] as number))),
  )
}

/** The shape of several operands together: aligned at the last axis, a length of 1 gives way. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(shape => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map(shape => shape[axis - rank + shape.length] ?? 1)
    return lengths.find(length => length !== 1) ?? 1
  })
}

/** The same array with all elements replaced by their absolute values. */
export const magnitudes = (x: Plain): Plain => ({ ...x, values: x.values.map(Math.abs) })
