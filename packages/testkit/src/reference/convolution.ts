import { type Plain, positionOf, sizeOf } from './plain.js'

/** A window over height and width, worked out. */
export interface Window {
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
  readonly dilation?: readonly [number, number]
}

/** A window, and groups of channels that do not meet. */
export interface Grouped extends Window {
  readonly groups?: number
}

/** Number of windows along height (0) or width (1). */
export function windowCount(length: number, over: Window, axis: 0 | 1): number {
  const { window, stride, padding, dilation = [1, 1] } = over
  let count = 0
  const end = length + padding[axis][0] + padding[axis][1]
  const last = (window[axis] - 1) * dilation[axis]
  for (let start = 0; start + last < end; start += stride[axis]) count++
  return count
}

/** Where element a, b of window i, j lies; undefined outside of an image. */
export function placeOf(
  [i, j]: readonly [number, number],
  [a, b]: readonly [number, number],
  [height, width]: readonly [number, number],
  { stride, padding, dilation = [1, 1] }: Window,
): readonly [number, number] | undefined {
  const r = i * stride[0] + a * dilation[0] - padding[0][0]
  const s = j * stride[1] + b * dilation[1] - padding[1][0]
  return r < 0 || r >= height || s < 0 || s >= width ? undefined : [r, s]
}

/**
 * Every term of a convolution: out[n, i, j, o] is the sum of x[n, r, s, g(o) + c] · filter[a, b, c, o], where g(o) is
 * the first channel of the group of o; terms outside of the image are zero and left out.
 */
function terms(
  x: readonly number[],
  filter: readonly number[],
  out: readonly number[],
  over: Grouped,
  visit: (atX: number, atFilter: number, atOut: number) => void,
): void {
  const [batch, height, width] = x as [number, number, number]
  const [rows, columns, own, outs] = filter as [number, number, number, number]
  const group = (o: number) => Math.floor((o * (over.groups ?? 1)) / outs)
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < (out[1] as number); i++)
      for (let j = 0; j < (out[2] as number); j++)
        for (let a = 0; a < rows; a++)
          for (let b = 0; b < columns; b++) {
            const place = placeOf([i, j], [a, b], [height, width], over)
            if (!place) continue
            for (let c = 0; c < own; c++)
              for (let o = 0; o < outs; o++)
                visit(
                  positionOf(x, [n, ...place, group(o) * own + c]),
                  positionOf(filter, [a, b, c, o]),
                  positionOf(out, [n, i, j, o]),
                )
          }
}

const outShape = (x: readonly number[], filter: readonly number[], over: Window) => [
  x[0] as number,
  windowCount(x[1] as number, over, 0),
  windowCount(x[2] as number, over, 1),
  filter[3] as number,
]

/** Convolution of x [n, h, w, c] with a filter [rows, columns, c / groups, o]. */
export function conv2d(x: Plain, filter: Plain, over: Grouped): Plain {
  const shape = outShape(x.shape, filter.shape, over)
  const values = new Array<number>(sizeOf(shape)).fill(0)
  terms(x.shape, filter.shape, shape, over, (atX, atFilter, atOut) => {
    values[atOut] =
      (values[atOut] as number) + (x.values[atX] as number) * (filter.values[atFilter] as number)
  })
  return { dtype: x.dtype, shape, values }
}

/** ∂⟨ct, conv2d(x, filter)⟩/∂x for an x of this shape. */
export function conv2dInputPullback(ct: Plain, filter: Plain, x: readonly number[], over: Grouped): Plain {
  const values = new Array<number>(sizeOf(x)).fill(0)
  terms(x, filter.shape, ct.shape, over, (atX, atFilter, atOut) => {
    values[atX] = (values[atX] as number) + (ct.values[atOut] as number) * (filter.values[atFilter] as number)
  })
  return { dtype: ct.dtype, shape: x, values }
}

/** ∂⟨ct, conv2d(x, filter)⟩/∂filter for a filter of this shape. */
export function conv2dFilterPullback(x: Plain, ct: Plain, filter: readonly number[], over: Grouped): Plain {
  const values = new Array<number>(sizeOf(filter)).fill(0)
  terms(x.shape, filter, ct.shape, over, (atX, atFilter, atOut) => {
    values[atFilter] = (values[atFilter] as number) + (x.values[atX] as number) * (ct.values[atOut] as number)
  })
  return { dtype: x.dtype, shape: filter, values }
}

/** The instruction on operands that have one more axis in front: once for each index of it. */
export function each(
  one: (a: Plain, b: Plain, shape: readonly number[]) => Plain,
): (a: Plain, b: Plain, shape?: readonly number[]) => Plain {
  return (a, b, shape = []) => {
    if (a.shape.length < 5) return one(a, b, shape)
    const [count, ...rest] = a.shape as [number, ...number[]]
    const part = (x: Plain, k: number): Plain => {
      const size = x.values.length / count
      return { ...x, shape: x.shape.slice(1), values: x.values.slice(k * size, (k + 1) * size) }
    }
    const parts = Array.from({ length: count }, (_, k) => one(part(a, k), part(b, k), shape.slice(1)))
    const inner = parts[0]?.shape ?? rest
    return { dtype: a.dtype, shape: [count, ...inner], values: parts.flatMap(({ values }) => [...values]) }
  }
}
