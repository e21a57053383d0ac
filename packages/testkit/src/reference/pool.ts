import { placeOf, type Window, windowCount } from './convolution.js'
import { type Index, indicesOf, type Plain, positionOf, read, sizeOf } from './plain.js'

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
function selected(x: Plain, at: Index, over: Window): number | undefined {
  const [n, i, j, channel] = at as [number, number, number, number]
  const [, height, width] = x.shape as [number, number, number, number]
  let best: Index | undefined
  for (let a = 0; a < over.window[0]; a++)
    for (let b = 0; b < over.window[1]; b++) {
      const place = placeOf([i, j], [a, b], [height, width], over)
      if (!place) continue
      const here = [n, ...place, channel]
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

/** Every element of every window: positions in x and in the result. */
function members(x: readonly number[], over: Window, visit: (atX: number, atOut: number) => void): number[] {
  const [height, width] = x.slice(1, 3) as [number, number]
  const out = pooledShape({ shape: x } as Plain, over)
  for (const at of indicesOf(out)) {
    const [n, i, j, channel] = at as [number, number, number, number]
    for (let a = 0; a < over.window[0]; a++)
      for (let b = 0; b < over.window[1]; b++) {
        const place = placeOf([i, j], [a, b], [height, width], over)
        if (place) visit(positionOf(x, [n, ...place, channel]), positionOf(out, at))
      }
  }
  return out
}

/** Sum of each window. */
export function sumPool2d(x: Plain, over: Window): Plain {
  const values: number[] = []
  const shape = members(x.shape, over, (atX, atOut) => {
    values[atOut] = (values[atOut] ?? 0) + (x.values[atX] as number)
  })
  return { dtype: x.dtype, shape, values: Array.from({ length: sizeOf(shape) }, (_, k) => values[k] ?? 0) }
}

/** Each element of ct added to all elements of its window. */
export function sumPool2dPullback(ct: Plain, x: readonly number[], over: Window): Plain {
  const values = new Array<number>(sizeOf(x)).fill(0)
  members(x, over, (atX, atOut) => {
    values[atX] = (values[atX] as number) + (ct.values[atOut] as number)
  })
  return { dtype: ct.dtype, shape: x, values }
}

/** Mean of each window: of its size, or of its elements in the image. */
export function averagePool2d(x: Plain, over: Window, countIncludePad: boolean): Plain {
  const sums = sumPool2d(x, over)
  const found = sumPool2d({ ...x, values: x.values.map(() => 1) }, over)
  const size = over.window[0] * over.window[1]
  const divisor = (k: number) => (countIncludePad ? size : Math.max(1, found.values[k] as number))
  return { ...sums, values: sums.values.map((total, k) => total / divisor(k)) }
}
