import { type Index, indicesOf, type Plain, positionOf, read, sizeOf } from './plain.js'
import { type Window, windowCount } from './product.js'

const pooledShape = ({ shape }: Plain, window: Window) => [
  shape[0] as number,
  windowCount(shape[1] as number, window, 0),
  windowCount(shape[2] as number, window, 1),
  shape[3] as number,
]

/**
 * Position in x of the element that a window selects: the first NaN, else the first of the largest; undefined
 * for a window of padding alone.
 */
function selected(x: Plain, at: Index, { window, stride, padding }: Window): number | undefined {
  const [n, i, j, channel] = at as [number, number, number, number]
  const [, height, width] = x.shape as [number, number, number, number]
  let best: Index | undefined
  for (let a = 0; a < window[0]; a++)
    for (let b = 0; b < window[1]; b++) {
      const r = i * stride[0] + a - padding[0][0]
      const s = j * stride[1] + b - padding[1][0]
      if (r < 0 || r >= height || s < 0 || s >= width) continue
      const here = [n, r, s, channel]
      const held = best && read(x, best)
      if (held === undefined || read(x, here) > held || (Number.isNaN(read(x, here)) && !Number.isNaN(held)))
        best = here
    }
  return best && positionOf(x.shape, best)
}

/** Largest element of each window; −∞ of padding alone. */
export const maxPool2d = (x: Plain, window: Window): Plain => picked(x, x, window, -Infinity)

/** The elements of t where x is selected. */
export const maxPool2dPushforward = (x: Plain, t: Plain, window: Window): Plain => picked(x, t, window, 0)

function picked(x: Plain, from: Plain, window: Window, otherwise: number): Plain {
  const shape = pooledShape(x, window)
  const values = indicesOf(shape).map(at => {
    const position = selected(x, at, window)
    return position === undefined ? otherwise : (from.values[position] as number)
  })
  return { dtype: x.dtype, shape, values }
}

/** Each element of ct added where x was selected for it. */
export function maxPool2dPullback(x: Plain, ct: Plain, window: Window): Plain {
  const values = new Array<number>(sizeOf(x.shape)).fill(0)
  for (const at of indicesOf(ct.shape)) {
    const position = selected(x, at, window)
    if (position !== undefined) values[position] = (values[position] as number) + read(ct, at)
  }
  return { dtype: x.dtype, shape: x.shape, values }
}
