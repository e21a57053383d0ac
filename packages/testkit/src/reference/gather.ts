import { build, type Index, indicesOf, type Plain, positionOf, read, sizeOf } from './plain.js'

/** The row that an index names, negative ones from the end; undefined outside. */
function rowOf(index: number, length: number): number | undefined {
  const row = index < 0 ? index + length : index
  return row >= 0 && row < length ? row : undefined
}

/** The element at an index with one place replaced; `missing` where there is no such place. */
function readRow(x: Plain, index: Index, axis: number, place: number, missing: number): number {
  const row = rowOf(place, x.shape[axis] as number)
  return row === undefined ? missing : read(x, index.with(axis, row))
}

/** What stands for an element that is not there: NaN, or 0 in what has no NaN. */
const nothingOf = ({ dtype }: Plain) => (dtype === 'f32' || dtype === 'f64' ? Number.NaN : 0)

/** Where rows are chosen: along an axis, behind as many axes that indices have in common with them. */
export interface Choice {
  readonly batchRank: number
  readonly axis: number
}

/** Rows along an axis by their indices. */
export function gatherRows(
  x: Plain,
  indices: Plain,
  { batchRank, axis }: Choice,
  missing = nothingOf(x),
): Plain {
  const own = indices.shape.slice(batchRank)
  return build(x.dtype, x.shape.toSpliced(axis, 1, ...own), index => {
    const place = read(indices, placeOf(index, { batchRank, axis }, own.length))
    return readRow(x, index.toSpliced(axis, own.length, 0), axis, place, missing)
  })
}

/** Which index an element of the rows is chosen by. */
const placeOf = (index: Index, { batchRank, axis }: Choice, rank: number): Index => [
  ...index.slice(0, batchRank),
  ...index.slice(axis, axis + rank),
]

/** Zeros with rows added to those that indices name: the transpose of {@link gatherRows}. */
export function scatterRows(rows: Plain, indices: Plain, choice: Choice, length: number): Plain {
  const { batchRank, axis } = choice
  const rank = indices.shape.length - batchRank
  const shape = rows.shape.toSpliced(axis, rank, length)
  const values = new Array<number>(sizeOf(shape)).fill(0)
  for (const index of indicesOf(rows.shape)) {
    const row = rowOf(read(indices, placeOf(index, choice, rank)), length)
    if (row === undefined) continue
    const at = positionOf(shape, index.toSpliced(axis, rank, row))
    values[at] = (values[at] as number) + read(rows, index)
  }
  return { dtype: rows.dtype, shape, values }
}

/** Rows along an axis by their indices. */
export const take = (x: Plain, indices: Plain, axis: number): Plain =>
  gatherRows(x, indices, { batchRank: 0, axis })

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
  return build(x.dtype, indices.shape, index => readRow(x, index, at, read(indices, index), nothingOf(x)))
}

/** x with rows added to those that indices name, in their order. */
export function scatterAdd(x: Plain, indices: Plain, rows: Plain, axis: number): Plain {
  const added = scatterRows(rows, indices, { batchRank: 0, axis }, x.shape[axis] as number)
  return { ...x, values: x.values.map((value, k) => value + (added.values[k] as number)) }
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
