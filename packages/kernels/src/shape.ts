/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** Strides, in elements, of an array that is stored row by row. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = []
  let stride = 1
  for (const length of shape.toReversed()) {
    strides.unshift(stride)
    stride *= length
  }
  return strides
}
