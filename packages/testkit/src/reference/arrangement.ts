import { build, type Index, indicesOf, type Plain, positionOf, read } from './plain.js'

const from0 = (x: Plain, axis: number) => (axis < 0 ? axis + x.shape.length : axis)

/** Reverses axes, all by default. */
export function flip(x: Plain, axis?: number | readonly number[]): Plain {
  const axes = axis === undefined ? x.shape.map((_, k) => k) : [axis].flat().map(k => from0(x, k))
  return build(x.dtype, x.shape, index =>
    read(
      x,
      index.map((place, k) => (axes.includes(k) ? (x.shape[k] as number) - 1 - place : place)),
    ),
  )
}

/** out[(k + shift) mod n] = x[k] along an axis. */
export function roll(x: Plain, shift: number, axis: number): Plain {
  const at = from0(x, axis)
  const length = x.shape[at] as number
  return build(x.dtype, x.shape, index => {
    const place = ((((index[at] as number) - shift) % length) + length) % length
    return read(x, index.with(at, place))
  })
}

/** The whole repeated along every axis. */
export function tile(x: Plain, counts: readonly number[]): Plain {
  const rank = Math.max(x.shape.length, counts.length)
  const lengths = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts]
  const shape = lengths.map((length, k) => length * (times[k] as number))
  return build(x.dtype, shape, index =>
    read(
      { ...x, shape: lengths },
      index.map((place, k) => place % (lengths[k] as number)),
    ),
  )
}

/** Every element repeated along an axis. */
export function repeat(x: Plain, count: number, axis: number): Plain {
  const at = from0(x, axis)
  return build(x.dtype, x.shape.with(at, (x.shape[at] as number) * count), index =>
    read(x, index.with(at, Math.floor((index[at] as number) / count))),
  )
}

/** Place in an axis of n elements that a place outside of it stands for; undefined for a constant. */
const places = {
  constant: (place: number, n: number) => (place >= 0 && place < n ? place : undefined),
  edge: (place: number, n: number) => Math.min(Math.max(place, 0), n - 1),
  reflect: (place: number, n: number) => (place < 0 ? -place : place >= n ? 2 * (n - 1) - place : place),
} as const

/** Elements added before and after. */
export function pad(
  x: Plain,
  widths: readonly (readonly [number, number])[],
  mode: keyof typeof places,
  value: number,
): Plain {
  const shape = x.shape.map((length, k) => length + (widths[k]?.[0] ?? 0) + (widths[k]?.[1] ?? 0))
  return build(x.dtype, shape, index => {
    const inside = index.map((place, k) => places[mode](place - (widths[k]?.[0] ?? 0), x.shape[k] as number))
    return inside.every(place => place !== undefined) ? read(x, inside as number[]) : value
  })
}

/** The elements from one index to before another along an axis. */
export function part(x: Plain, axis: number, start: number, limit: number): Plain {
  const at = from0(x, axis)
  return build(x.dtype, x.shape.with(at, limit - start), index =>
    read(x, index.with(at, (index[at] as number) + start)),
  )
}

/** Elements of matrices where a test of row and column holds, 0 elsewhere. */
const triangle = (holds: (row: number, column: number, k: number) => boolean) => (x: Plain, k: number) =>
  build(x.dtype, x.shape, (index: Index) =>
    holds(index.at(-2) as number, index.at(-1) as number, k) ? read(x, index) : 0,
  )

/** On and below the k-th diagonal. */
export const tril = triangle((row, column, k) => column - row <= k)

/** On and above the k-th diagonal. */
export const triu = triangle((row, column, k) => column - row >= k)

/** A diagonal of a matrix, or a matrix from its diagonal. */
export function diag(x: Plain, k: number): Plain {
  if (x.shape.length === 1) {
    const side = x.values.length + Math.abs(k)
    return build(x.dtype, [side, side], ([row = 0, column = 0]) =>
      column - row === k ? (x.values[Math.min(row, column)] as number) : 0,
    )
  }
  const values = indicesOf(x.shape)
    .filter(([row = 0, column = 0]) => column - row === k)
    .map(index => x.values[positionOf(x.shape, index)] as number)
  return { dtype: x.dtype, shape: [values.length], values }
}

/** Sum of a diagonal. */
export function diagonalSum(x: Plain, k: number): Plain {
  const total = diag(x, k).values.reduce((sum, value) => sum + value, 0)
  return { dtype: x.dtype, shape: [], values: [total] }
}
