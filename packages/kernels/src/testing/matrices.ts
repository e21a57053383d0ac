import fc from 'fast-check'
import { expect } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { arrayOf } from './arrays.js'

/** A matrix. */
export type Rows = readonly (readonly number[])[]

const unit = { f32: 2 ** -24, f64: 2 ** -53 } as const
const columnsOf = (x: Rows, columns: number) =>
  Array.from({ length: columns }, (_, j) => x.map(row => row[j] as number))
/** The transpose. */
export const transposed = (x: Rows) => columnsOf(x, x[0]?.length ?? 0)
/** The product. */
export const times = (x: Rows, y: Rows): number[][] =>
  x.map(row =>
    transposed(y).map(column => column.reduce((sum, value, k) => sum + value * (row[k] as number), 0)),
  )
/** The identity. */
export const identity = (n: number): Rows =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)))
/** A diagonal matrix. */
export const diagonal = (values: readonly number[]): Rows =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)))

/** The largest absolute value. */
export const size = (x: Rows) => Math.max(0, ...x.flat().map(Math.abs))

/** The largest difference, in units of roundoff times n times a scale. */
export function distance(x: Rows, y: Rows, dtype: FloatDType, n: number, scale: number): number {
  expect(x.length).toBe(y.length)
  const far = x.map((row, i) => row.map((value, j) => Math.abs(value - (y[i]?.[j] as number))))
  expect(far.flat().every(value => !Number.isNaN(value))).toBe(true)
  return size(far) / (unit[dtype] * Math.max(1, n) * (scale || 1))
}

/** Matrices of a result, by rows. */
export function matrices(data: ArrayLike<number>, rows: number, columns: number): Rows[] {
  const count = data.length / (rows * columns)
  return Array.from({ length: count }, (_, m) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => data[(m * rows + i) * columns + j] as number),
    ),
  )
}

/** The elements of several matrices, one after the other. */
export const flat = (dtype: FloatDType, all: readonly Rows[]) => arrayOf(dtype, all.flat(2))
const element = fc
  .double({ min: -1, max: 1, noNaN: true })
  .map(value => Math.fround(Math.round(value * 256) / 256))

/** Some matrices of one size, with elements of few bits, so that many are singular or nearly so where they are small. */
export const stacks = (rows: fc.Arbitrary<number>, columns?: fc.Arbitrary<number>) =>
  fc
    .tuple(
      fc.constantFrom<FloatDType>('f32', 'f64'),
      fc.integer({ min: 1, max: 3 }),
      rows,
      columns ?? fc.constant(0),
    )
    .chain(([dtype, count, m, other]) => {
      const n = columns ? other : m
      const row = fc.array(element, { minLength: n, maxLength: n })
      const matrix = fc.array(row, { minLength: m, maxLength: m })
      return fc.record({
        dtype: fc.constant(dtype),
        m: fc.constant(m),
        n: fc.constant(n),
        all: fc.array(matrix, { minLength: count, maxLength: count }),
      })
    })
