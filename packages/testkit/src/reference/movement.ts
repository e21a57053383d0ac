import type { DType } from '@wengert/kernels'
import { build, type Index, indicesOf, type Plain, positionOf, read, readBroadcast, sizeOf } from './plain.js'

/** The same elements under another shape; −1 is worked out. */
export function reshape(x: Plain, shape: readonly number[]): Plain {
  const known = shape.filter(length => length !== -1).reduce((product, length) => product * length, 1)
  return { ...x, shape: shape.map(length => (length === -1 ? x.values.length / known : length)) }
}

/** out[i₀, i₁, …] = x[j] with j[permutation[k]] = iₖ; reverses the axes by default. */
export function transpose(
  x: Plain,
  permutation: readonly number[] = x.shape.map((_, axis) => x.shape.length - 1 - axis),
): Plain {
  const axes = permutation.map(axis => (axis < 0 ? axis + x.shape.length : axis))
  return build(
    x.dtype,
    axes.map(axis => x.shape[axis] as number),
    index => {
      const from: number[] = []
      axes.forEach((axis, k) => {
        from[axis] = index[k] as number
      })
      return read(x, from)
    },
  )
}

/** Repeats along new axes and axes of length 1. */
export const broadcastTo = (x: Plain, shape: readonly number[]): Plain =>
  build(x.dtype, shape, index => readBroadcast(x, index))

/** Sums over the axes along which `shape` was broadcast to that of x. */
export function sumTo(x: Plain, shape: readonly number[]): Plain {
  const values = new Array<number>(sizeOf(shape)).fill(0)
  const missing = x.shape.length - shape.length
  for (const index of indicesOf(x.shape)) {
    const at = positionOf(
      shape,
      shape.map((length, axis) => (length === 1 ? 0 : (index[missing + axis] as number))),
    )
    values[at] = (values[at] as number) + read(x, index)
  }
  return { dtype: x.dtype, shape, values: x.dtype === 'i32' ? values.map(value => value | 0) : values }
}

/** Bounds of a slice, an integer an axis. */
export interface Bounds {
  readonly starts: readonly number[]
  readonly limits: readonly number[]
  readonly steps: readonly number[]
}

/** Index in the whole of an index in the slice. */
const inWhole = (index: Index, { starts, steps }: Bounds): number[] =>
  index.map((k, axis) => (starts[axis] as number) + k * (steps[axis] as number))

/** The elements at starts, starts + steps, … before the limits. */
export function slice(x: Plain, bounds: Bounds): Plain {
  const shape = bounds.starts.map((start, axis) => {
    let length = 0
    const [limit, step] = [bounds.limits[axis] as number, bounds.steps[axis] as number]
    for (let k = start; step > 0 ? k < limit : k > limit; k += step) length++
    return length
  })
  return build(x.dtype, shape, index => read(x, inWhole(index, bounds)))
}

/** The elements of x where a slice of these bounds would read them, 0 elsewhere. */
export function unslice(x: Plain, bounds: Bounds, shape: readonly number[]): Plain {
  const values = new Array<number>(sizeOf(shape)).fill(0)
  for (const index of indicesOf(x.shape)) values[positionOf(shape, inWhole(index, bounds))] = read(x, index)
  return { dtype: x.dtype, shape, values }
}

/** The part at one index of the first axis. */
export function at(x: Plain, index: number): Plain {
  const [length, ...rest] = x.shape as [number, ...number[]]
  return build(x.dtype, rest, inner => read(x, [index < 0 ? index + length : index, ...inner]))
}

/** 1 at the label along a new last axis, 0 elsewhere. */
export const oneHot = (labels: Plain, depth: number, dtype: DType = 'f32'): Plain =>
  build(dtype, [...labels.shape, depth], index =>
    Number(read(labels, index.slice(0, -1)) === (index.at(-1) as number)),
  )

/** Places of a window in the whole: its starts, moved as little as it takes for it to lie inside. */
const windowIn = (shape: Index, starts: Plain, sizes: Index, index: Index): number[] =>
  shape.map((length, axis) => {
    const start = Math.min(length - (sizes[axis] as number), starts.values[axis] as number)
    return Math.max(0, start) + (index[axis] as number)
  })

/** A window of x. */
export const dynamicSlice = (x: Plain, starts: Plain, sizes: readonly number[]): Plain =>
  build(x.dtype, sizes, index => read(x, windowIn(x.shape, starts, sizes, index)))

/** x with a window replaced. */
export function dynamicUpdateSlice(x: Plain, update: Plain, starts: Plain): Plain {
  const values = [...x.values]
  for (const index of indicesOf(update.shape)) {
    values[positionOf(x.shape, windowIn(x.shape, starts, update.shape, index))] = read(update, index)
  }
  return { ...x, values }
}
