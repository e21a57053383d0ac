import { build, type Plain, read } from './plain.js'

/** Ascending, NaN last. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return Number(a > b) - Number(a < b)
}

/** Which way to sort along an axis. */
export interface Sorting {
  readonly axis: number
  readonly descending?: boolean
}

/** Indices that sort along an axis; the host's sort is stable. */
export function argsort(x: Plain, { axis, descending = false }: Sorting): Plain {
  const at = axis < 0 ? axis + x.shape.length : axis
  return build('i32', x.shape, index => {
    const value = (k: number) => read(x, index.with(at, k))
    const places = Array.from({ length: x.shape[at] as number }, (_, k) => k)
    places.sort((a, b) => compare(value(a), value(b)) * (descending ? -1 : 1))
    return places[index[at] as number] as number
  })
}

/** The elements in order along an axis. */
export function sort(x: Plain, sorting: Sorting): Plain {
  const at = sorting.axis < 0 ? sorting.axis + x.shape.length : sorting.axis
  const order = argsort(x, sorting)
  return build(x.dtype, x.shape, index => read(x, index.with(at, read(order, index))))
}

/** Number of elements that go before each value. */
export const searchsorted = (sorted: Plain, values: Plain, side: 'left' | 'right'): Plain =>
  build(
    'i32',
    values.shape,
    index => sorted.values.filter(x => compare(x, read(values, index)) < (side === 'left' ? 0 : 1)).length,
  )
