import { build, type Index, indicesOf, type Plain, positionOf, read, sizeOf } from './plain.js'

/** The row that an index names, negative ones from the end; undefined outside. */
function rowOf(index: number, length: number): number | undefined {
  const row = index < 0 ? index + length : index
  return row >= 0 && row < length ? row : undefined
}

/** The element at an index with one place replaced; NaN, or 0 in what has no NaN, where there is no such place. */
function readRow(x: Plain, index: Index, axis: number, place: number): number {
  const row = rowOf(place, x.shape[axis] as number)
  if (row === undefined) return x.dtype === 'f32' || x.dtype === 'f64' ? Number.NaN : 0
  return read(x, index.with(axis, row))
}

/** Rows along an axis by their indices. */
export function take(x: Plain, indices: Plain, axis: number): Plain {
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape)
  const rank = indices.shape.length
  return build(x.dtype, shape, index => {
    const place = read(indices, index.slice(axis, axis + rank))
    return readRow(x, index.toSpliced(axis, rank, 0), axis, place)
  })
}

/** out[i, …] = x[c₀, c₁, …, …] with c = coordinates[i]. */
export function gather(x: Plain, coordinates: Plain): Plain {
  const front = coordinates.shape.slice(0, -1)
  const places = coordinates.shape.at(-1) as number
  const missing = x.dtype === 'f32' || x.dtype === 'f64' ? Number.NaN : 0
  return build(x.dtype, [...front, ...x.shape.slice(places)], index => {
    const own = index.slice(0, front.length)
    const rows = Array.from({ length: places }, (_, axis) =>
      rowOf(read(coordinates, [...own, axis]), x.shape[axis] as number),
    )
    if (rows.some(row => row === undefined)) return missing
    return read(x, [...(rows as number[]), ...index.slice(front.length)])
  })
}

/** out[…, k, …] = x[…, indices[…, k, …], …]. */
export const takeAlongAxis = (x: Plain, indices: Plain, axis: number): Plain => {
  const at = axis < 0 ? axis + x.shape.length : axis
  return build(x.dtype, indices.shape, index => readRow(x, index, at, read(indices, index)))
}

/** x with rows added to those that indices name, in their order. */
export function scatterAdd(x: Plain, indices: Plain, rows: Plain, axis: number): Plain {
  const values = new Array<number>(sizeOf(x.shape)).fill(0)
  const rank = indices.shape.length
  for (const index of indicesOf(rows.shape)) {
    const place = read(indices, index.slice(axis, axis + rank))
    const row = rowOf(place, x.shape[axis] as number)
    if (row === undefined) continue
    const at = positionOf(x.shape, index.toSpliced(axis, rank, row))
    values[at] = (values[at] as number) + read(rows, index)
  }
  return { ...x, values: x.values.map((value, k) => value + (values[k] as number)) }
}

/** Sums of the rows of each segment. */
export function segmentSum(x: Plain, segments: Plain, count: number): Plain {
  const shape = [count, ...x.shape.slice(1)]
  return build(x.dtype, shape, ([segment, ...rest]) =>
    segments.values.reduce((sum, own, k) => (own === segment ? sum + read(x, [k, ...rest]) : sum), 0),
  )
}

/** Means of the rows of each segment. */
export function segmentMean(x: Plain, segments: Plain, count: number): Plain {
  const sums = segmentSum(x, segments, count)
  const size = sizeOf(x.shape.slice(1))
  const rows = Array.from({ length: count }, (_, k) => segments.values.filter(own => own === k).length)
  return { ...sums, values: sums.values.map((sum, k) => sum / (rows[Math.floor(k / size)] as number)) }
}
