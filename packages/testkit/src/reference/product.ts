import { reshape } from './movement.js'
import { broadcastShape, build, type Plain, positionOf, read, readBroadcast, sizeOf } from './plain.js'

/** The instruction `matmul`: op(x)·op(w) of matrices, or of equally many matrices along a first axis. */
export function product(x: Plain, w: Plain, transposeX: boolean, transposeW: boolean): Plain {
  const turned = (a: Plain, batch: readonly number[], row: number, column: number, transposed: boolean) => {
    const [r, c] = transposed ? [column, row] : [row, column]
    return read(a, a.shape.length === 3 ? [...batch, r, c] : [r, c])
  }
  const [rows, inner] = x.shape.slice(-2) as [number, number]
  const [m, k] = transposeX ? [inner, rows] : [rows, inner]
  const n = w.shape.at(transposeW ? -2 : -1) as number
  const batch = [x, w].find(a => a.shape.length === 3)?.shape.slice(0, 1) ?? []
  return build(x.dtype, [...batch, m, n], index => {
    const outer = index.slice(0, batch.length)
    const [i, j] = index.slice(-2) as [number, number]
    let total = 0
    for (let p = 0; p < k; p++)
      total += turned(x, outer, i, p, transposeX) * turned(w, outer, p, j, transposeW)
    return total
  })
}

/** The function `matmul`: vectors are a row on the left and a column on the right, leading axes broadcast. */
export function matmul(x: Plain, w: Plain): Plain {
  const row = x.shape.length === 1
  const column = w.shape.length === 1
  const out = matrices(
    row ? reshape(x, [1, x.values.length]) : x,
    column ? reshape(w, [w.values.length, 1]) : w,
  )
  const batch = out.shape.slice(0, -2)
  const [m, n] = out.shape.slice(-2) as [number, number]
  return reshape(out, [...batch, ...(row ? [] : [m]), ...(column ? [] : [n])])
}

/** Products of the matrices in the last two axes. */
function matrices(x: Plain, w: Plain): Plain {
  const [m, k] = x.shape.slice(-2) as [number, number]
  const n = w.shape.at(-1) as number
  const batch = broadcastShape([x.shape.slice(0, -2), w.shape.slice(0, -2)])
  return build(x.dtype, [...batch, m, n], index => {
    const outer = index.slice(0, -2)
    const [i, j] = index.slice(-2) as [number, number]
    let total = 0
    for (let p = 0; p < k; p++)
      total += readBroadcast(x, [...outer, i, p]) * readBroadcast(w, [...outer, p, j])
    return total
  })
}

/** A window over height and width, worked out. */
export interface Window {
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
}

/** Number of windows along height (0) or width (1). */
export function windowCount(length: number, { window, stride, padding }: Window, axis: 0 | 1): number {
  let count = 0
  const end = length + padding[axis][0] + padding[axis][1]
  for (let start = 0; start + window[axis] <= end; start += stride[axis]) count++
  return count
}

/**
 * Every term of a convolution: out[n, i, j, o] is the sum of x[n, r, s, c] · filter[a, b, c, o] with
 * r = i·stride + a − padding and s likewise; terms outside of the image are zero and left out.
 */
function terms(
  x: readonly number[],
  filter: readonly number[],
  out: readonly number[],
  window: Window,
  visit: (atX: number, atFilter: number, atOut: number) => void,
): void {
  const [batch, height, width, channels] = x as [number, number, number, number]
  const [rows, columns, , outs] = filter as [number, number, number, number]
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < (out[1] as number); i++)
      for (let j = 0; j < (out[2] as number); j++)
        for (let a = 0; a < rows; a++)
          for (let b = 0; b < columns; b++) {
            const r = i * window.stride[0] + a - window.padding[0][0]
            const s = j * window.stride[1] + b - window.padding[1][0]
            if (r < 0 || r >= height || s < 0 || s >= width) continue
            for (let c = 0; c < channels; c++)
              for (let o = 0; o < outs; o++)
                visit(
                  positionOf(x, [n, r, s, c]),
                  positionOf(filter, [a, b, c, o]),
                  positionOf(out, [n, i, j, o]),
                )
          }
}

const outShape = (x: readonly number[], filter: readonly number[], window: Window) => [
  x[0] as number,
  windowCount(x[1] as number, window, 0),
  windowCount(x[2] as number, window, 1),
  filter[3] as number,
]

/** Convolution of x [n, h, w, c] with a filter [rows, columns, c, o]. */
export function conv2d(x: Plain, filter: Plain, window: Window): Plain {
  const shape = outShape(x.shape, filter.shape, window)
  const values = new Array<number>(sizeOf(shape)).fill(0)
  terms(x.shape, filter.shape, shape, window, (atX, atFilter, atOut) => {
    values[atOut] =
      (values[atOut] as number) + (x.values[atX] as number) * (filter.values[atFilter] as number)
  })
  return { dtype: x.dtype, shape, values }
}

/** ∂⟨ct, conv2d(x, filter)⟩/∂x for an x of this shape. */
export function conv2dInputPullback(ct: Plain, filter: Plain, x: readonly number[], window: Window): Plain {
  const values = new Array<number>(sizeOf(x)).fill(0)
  terms(x, filter.shape, ct.shape, window, (atX, atFilter, atOut) => {
    values[atX] = (values[atX] as number) + (ct.values[atOut] as number) * (filter.values[atFilter] as number)
  })
  return { dtype: ct.dtype, shape: x, values }
}

/** ∂⟨ct, conv2d(x, filter)⟩/∂filter for a filter of this shape. */
export function conv2dFilterPullback(x: Plain, ct: Plain, filter: readonly number[], window: Window): Plain {
  const values = new Array<number>(sizeOf(filter)).fill(0)
  terms(x.shape, filter, ct.shape, window, (atX, atFilter, atOut) => {
    values[atFilter] = (values[atFilter] as number) + (x.values[atX] as number) * (ct.values[atOut] as number)
  })
  return { dtype: x.dtype, shape: filter, values }
}
