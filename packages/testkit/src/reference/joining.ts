import { build, type Plain, read } from './plain.js'

/** Where elements of an array start along the axis on which they are joined. */
const startsOf = (arrays: readonly Plain[], axis: number): number[] =>
  arrays.map((_, k) => arrays.slice(0, k).reduce((sum, { shape }) => sum + (shape[axis] as number), 0))

/** Arrays one after the other along an axis. */
export function concat(arrays: readonly Plain[], axis: number): Plain {
  const first = arrays[0] as Plain
  const at = axis < 0 ? axis + first.shape.length : axis
  const starts = startsOf(arrays, at)
  const total = arrays.reduce((sum, { shape }) => sum + (shape[at] as number), 0)
  return build(first.dtype, first.shape.with(at, total), index => {
    const place = index[at] as number
    const from = arrays.findIndex(({ shape }, k) => place < (starts[k] as number) + (shape[at] as number))
    return read(arrays[from] as Plain, index.with(at, place - (starts[from] as number)))
  })
}

/** Arrays side by side along a new axis. */
export function stack(arrays: readonly Plain[], axis: number): Plain {
  const first = arrays[0] as Plain
  const at = axis < 0 ? axis + first.shape.length + 1 : axis
  return build(first.dtype, first.shape.toSpliced(at, 0, arrays.length), index =>
    read(arrays[index[at] as number] as Plain, index.toSpliced(at, 1)),
  )
}

/** Zeros of the same shape. */
export const zerosLike = (x: Plain): Plain => build(x.dtype, x.shape, () => 0)
