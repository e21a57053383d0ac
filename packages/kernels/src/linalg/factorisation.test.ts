import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { arrayOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { cholesky } from './cholesky.js'
import { cofactor } from './cofactor.js'
import { determinant } from './determinant.js'
import { eigh } from './eigh.js'
import { lu } from './lu.js'
import { luSolve } from './lu-solve.js'
import { qr } from './qr.js'
import { svd } from './svd.js'
import { triangularSolve } from './triangular-solve.js'

type Rows = readonly (readonly number[])[]

const unit = { f32: 2 ** -24, f64: 2 ** -53 } as const
const columnsOf = (x: Rows, columns: number) =>
  Array.from({ length: columns }, (_, j) => x.map(row => row[j] as number))
const transposed = (x: Rows) => columnsOf(x, x[0]?.length ?? 0)
const times = (x: Rows, y: Rows): number[][] =>
  x.map(row =>
    transposed(y).map(column => column.reduce((sum, value, k) => sum + value * (row[k] as number), 0)),
  )
const identity = (n: number): Rows =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)))
const diagonal = (values: readonly number[]): Rows =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)))

/** The largest absolute value. */
const size = (x: Rows) => Math.max(0, ...x.flat().map(Math.abs))

/** The largest difference, in units of roundoff times n times a scale. */
function distance(x: Rows, y: Rows, dtype: FloatDType, n: number, scale: number): number {
  expect(x.length).toBe(y.length)
  const far = x.map((row, i) => row.map((value, j) => Math.abs(value - (y[i]?.[j] as number))))
  expect(far.flat().every(value => !Number.isNaN(value))).toBe(true)
  return size(far) / (unit[dtype] * Math.max(1, n) * (scale || 1))
}

/** Matrices of a result, by rows. */
function matrices(data: ArrayLike<number>, rows: number, columns: number): Rows[] {
  const count = data.length / (rows * columns)
  return Array.from({ length: count }, (_, m) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => data[(m * rows + i) * columns + j] as number),
    ),
  )
}

const flat = (dtype: FloatDType, all: readonly Rows[]) => arrayOf(dtype, all.flat(2))
const element = fc
  .double({ min: -1, max: 1, noNaN: true })
  .map(value => Math.fround(Math.round(value * 256) / 256))

/** Some matrices of one size, with elements of few bits, so that many are singular or nearly so where they are small. */
const stacks = (rows: fc.Arbitrary<number>, columns?: fc.Arbitrary<number>) =>
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

const sizes = fc.integer({ min: 1, max: 33 })
const runs = { numRuns: 60 }
const zeros = (dtype: FloatDType, length: number) => arrayOf(dtype, length)

describe('factorisations', () => {
  it('cholesky: L·Lᵀ = A, of the lower triangle', () => {
    fc.assert(
      fc.property(stacks(sizes), ({ dtype, n, all }) => {
        const lower = all.map(x =>
          x.map((row, i) => row.map((value, j) => (i === j ? n + 1 : j < i ? value : Number.NaN))),
        )
        const full = all.map(x =>
          x.map((row, i) =>
            row.map((_, j) => (i === j ? n + 1 : (x[Math.max(i, j)]?.[Math.min(i, j)] as number))),
          ),
        )
        const spec = { dtype, count: all.length, n }
        const [out] = runKernel(cholesky(spec), [flat(dtype, lower)], [zeros(dtype, all.length * n * n)])
        matrices(out as Float64Array, n, n).forEach((l, k) => {
          expect(l.every((row, i) => row.every((value, j) => j <= i || value === 0))).toBe(true)
          expect(distance(times(l, transposed(l)), full[k] as Rows, dtype, n, n + 1)).toBeLessThan(4)
        })
      }),
      runs,
    )
  })

  it('cholesky: NaN from the first leading minor on that is not positive', () => {
    const x = Float64Array.of(4, 0, 0, 2, 1, 0, 1, 1, 9)
    const [out] = runKernel(cholesky({ dtype: 'f64', count: 1, n: 3 }), [x], [new Float64Array(9)])
    expect(Array.from(out as Float64Array)).toEqual([2, 0, 0, 1, NaN, 0, 0.5, NaN, NaN])
  })

  it('triangularSolve: op(A)·X = B', () => {
    const forms = fc.record({
      lower: fc.boolean(),
      transpose: fc.boolean(),
      unitDiagonal: fc.boolean(),
      shared: fc.boolean(),
    })
    fc.assert(
      fc.property(
        stacks(sizes),
        forms,
        fc.integer({ min: 1, max: 37 }),
        ({ dtype, n, all }, form, columns) => {
          const a = all.map(x =>
            x.map((row, i) =>
              row.map((value, j) => (i === j ? 2 + value : form.lower === j < i ? value / n : NaN)),
            ),
          )
          const used = form.shared ? a.slice(0, 1) : a
          const b = all.map((x, k) =>
            x.map((row, i) =>
              Array.from({ length: columns }, (_, j) => Math.fround((row[j % n] as number) + i - j + k)),
            ),
          )
          const spec = { dtype, count: all.length, n, columns, ...form }
          const [out] = runKernel(
            triangularSolve(spec),
            [flat(dtype, used), flat(dtype, b)],
            [zeros(dtype, all.length * n * columns)],
          )
          matrices(out as Float64Array, n, columns).forEach((x, k) => {
            const triangle = (used[form.shared ? 0 : k] as Rows).map((row, i) =>
              row.map((value, j) =>
                i === j
                  ? form.unitDiagonal
                    ? 1
                    : Math.fround(value)
                  : Number.isNaN(value)
                    ? 0
                    : dtype === 'f32'
                      ? Math.fround(value)
                      : value,
              ),
            )
            const left = times(form.transpose ? transposed(triangle) : triangle, x)
            expect(
              distance(left, b[k] as Rows, dtype, n, Math.max(size(x) * 3, size(b[k] as Rows))),
            ).toBeLessThan(2)
          })
        },
      ),
      runs,
    )
  })

  it('lu: L·U is A with its rows permuted; multipliers are at most 1', () => {
    fc.assert(
      fc.property(stacks(sizes), ({ dtype, n, all }) => {
        const spec = { dtype, count: all.length, n }
        const outs = [zeros(dtype, all.length * n * n), new Int32Array(all.length * n)]
        const [packed, order] = runKernel(lu(spec), [flat(dtype, all)], outs)
        matrices(packed as Float64Array, n, n).forEach((x, k) => {
          const permutation = Array.from((order as Int32Array).slice(k * n, (k + 1) * n))
          expect(permutation.toSorted((a, b) => a - b)).toEqual(permutation.map((_, i) => i))
          const l = x.map((row, i) => row.map((value, j) => (j < i ? value : Number(i === j))))
          const u = x.map((row, i) => row.map((value, j) => (j < i ? 0 : value)))
          expect(size(l)).toBeLessThanOrEqual(1)
          const rows = permutation.map(i => all[k]?.[i] as number[])
          expect(distance(times(l, u), rows, dtype, n, size(u))).toBeLessThan(2)
        })
      }),
      runs,
    )
  })

  it('luSolve: A·X = B and Aᵀ·X = B', () => {
    fc.assert(
      fc.property(
        stacks(sizes),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        ({ dtype, n, all }, transpose, columns) => {
          const a = all.map(x =>
            x.map((row, i) => row.map((value, j) => ((i + 1) % n === j ? value + 2 * n : value))),
          )
          const b = all.map(x =>
            x.map((row, i) =>
              Array.from({ length: columns }, (_, j) => Math.fround((row[j % n] as number) + i - j)),
            ),
          )
          const factors = runKernel(
            lu({ dtype, count: all.length, n }),
            [flat(dtype, a)],
            [zeros(dtype, all.length * n * n), new Int32Array(all.length * n)],
          )
          const spec = { dtype, count: all.length, n, columns, transpose }
          const [out] = runKernel(
            luSolve(spec),
            [...factors, flat(dtype, b)],
            [zeros(dtype, all.length * n * columns)],
          )
          matrices(out as Float64Array, n, columns).forEach((x, k) => {
            const matrix = a[k] as Rows
            const left = times(transpose ? transposed(matrix) : matrix, x)
            expect(distance(left, b[k] as Rows, dtype, n, size(x) * 3 * n + size(b[k] as Rows))).toBeLessThan(
              2,
            )
          })
        },
      ),
      runs,
    )
  })

  it('qr: Q·R = A, QᵀQ = I, R upper triangular', () => {
    const tall = fc.tuple(sizes, fc.integer({ min: 0, max: 7 }))
    fc.assert(
      fc.property(
        tall.chain(([n, more]) => stacks(fc.constant(n + more), fc.constant(n))),
        ({ dtype, m, n, all }) => {
          const spec = { dtype, count: all.length, rows: m, columns: n }
          const outs = [zeros(dtype, all.length * m * n), zeros(dtype, all.length * n * n)]
          const [qs, rs] = runKernel(qr(spec), [flat(dtype, all)], outs)
          const r = matrices(rs as Float64Array, n, n)
          matrices(qs as Float64Array, m, n).forEach((q, k) => {
            expect((r[k] as Rows).every((row, i) => row.every((value, j) => j >= i || value === 0))).toBe(
              true,
            )
            expect(
              distance(times(q, r[k] as Rows), all[k] as Rows, dtype, m, size(r[k] as Rows)),
            ).toBeLessThan(4)
            expect(distance(times(transposed(q), q), identity(n), dtype, m, 1)).toBeLessThan(4)
          })
        },
      ),
      runs,
    )
  })

  it('eigh: V·diag(w)·Vᵀ = A, VᵀV = I, values ascending', () => {
    fc.assert(
      fc.property(stacks(sizes), ({ dtype, n, all }) => {
        const lower = all.map(x => x.map((row, i) => row.map((value, j) => (j <= i ? value : Number.NaN))))
        const full = all.map(x =>
          x.map((row, i) => row.map((_, j) => x[Math.max(i, j)]?.[Math.min(i, j)] as number)),
        )
        const outs = [zeros(dtype, all.length * n), zeros(dtype, all.length * n * n)]
        const [ws, vs] = runKernel(eigh({ dtype, count: all.length, n }), [flat(dtype, lower)], outs)
        const w = matrices(ws as Float64Array, 1, n)
        matrices(vs as Float64Array, n, n).forEach((v, k) => {
          const values = w[k]?.[0] as number[]
          expect(values).toEqual(values.toSorted((a, b) => a - b))
          const scale = Math.max(...values.map(Math.abs))
          expect(
            distance(times(times(v, diagonal(values)), transposed(v)), full[k] as Rows, dtype, n, scale),
          ).toBeLessThan(8)
          expect(distance(times(transposed(v), v), identity(n), dtype, n, 1)).toBeLessThan(16)
        })
      }),
      runs,
    )
  })

  it('svd: U·diag(S)·Vᵀ = A, UᵀU = VᵀV = I, values descending, of any rank', () => {
    fc.assert(
      fc.property(stacks(sizes, sizes), fc.integer({ min: 0, max: 33 }), ({ dtype, m, n, all }, rank) => {
        // Rows from the given one on repeat those before it.
        const some = all.map(x =>
          x.map((row, i) => (i < rank || rank === 0 ? row : (x[i % rank] as number[]))),
        )
        const cut = rank === 0 ? some.map(x => x.map(row => row.map(() => 0))) : some
        const k = Math.min(m, n)
        const outs = [m * k, k, k * n].map(length => zeros(dtype, all.length * length))
        const [us, ss, vts] = runKernel(
          svd({ dtype, count: all.length, rows: m, columns: n }),
          [flat(dtype, cut)],
          outs,
        )
        const [u, s, vt] = [
          matrices(us as Float64Array, m, k),
          matrices(ss as Float64Array, 1, k),
          matrices(vts as Float64Array, k, n),
        ]
        cut.forEach((x, index) => {
          const values = s[index]?.[0] as number[]
          expect(values).toEqual(values.toSorted((a, b) => b - a))
          const [left, right] = [u[index] as Rows, vt[index] as Rows]
          const scale = values[0] as number
          expect(
            distance(times(times(left, diagonal(values)), right), x, dtype, Math.max(m, n), scale),
          ).toBeLessThan(8)
          expect(distance(times(transposed(left), left), identity(k), dtype, Math.max(m, n), 1)).toBeLessThan(
            16,
          )
          expect(
            distance(times(right, transposed(right)), identity(k), dtype, Math.max(m, n), 1),
          ).toBeLessThan(16)
        })
      }),
      runs,
    )
  })

  it.each(['f32', 'f64'] as const)(
    'svd and eigh of %s: not finite in, NaN out; scales without overflow',
    dtype => {
      const bad = arrayOf(dtype, [1, 0, Number.POSITIVE_INFINITY, 1])
      const square = { dtype, count: 1, n: 2 }
      const any = { dtype, count: 1, rows: 2, columns: 2 }
      const four = () => zeros(dtype, 4)
      const results = [
        ...runKernel(eigh(square), [bad], [zeros(dtype, 2), four()]),
        ...runKernel(svd(any), [bad], [four(), zeros(dtype, 2), four()]),
      ]
      expect(results.flatMap(data => Array.from(data)).every(Number.isNaN)).toBe(true)
      const [huge] = dtype === 'f64' ? [2 ** 1000] : [2 ** 120]
      for (const scale of [huge, 1 / huge]) {
        const [, s] = runKernel(
          svd(any),
          [arrayOf(dtype, [0, 3 * scale, 4 * scale, 0])],
          [four(), zeros(dtype, 2), four()],
        )
        expect(Array.from(s as Float64Array)).toEqual([4 * scale, 3 * scale])
      }
    },
  )
})

describe('determinants', () => {
  /** By Laplace's expansion along the first row. */
  const laplace = (x: Rows): number =>
    x.length === 0
      ? 1
      : (x[0] as number[]).reduce(
          (sum, value, j) => sum + (j % 2 ? -value : value) * laplace(minor(x, 0, j)),
          0,
        )
  const minor = (x: Rows, i: number, j: number): Rows =>
    x.filter((_, row) => row !== i).map(row => row.filter((_, column) => column !== j))

  it('and their cofactors are those of Laplace, of singular matrices too', () => {
    fc.assert(
      fc.property(
        stacks(fc.integer({ min: 1, max: 5 })),
        fc.integer({ min: 0, max: 5 }),
        ({ dtype, n, all }, rank) => {
          const cut = all.map(x =>
            x.map((row, i) => (i < rank ? row : rank === 0 ? row.map(() => 0) : (x[i % rank] as number[]))),
          )
          const spec = { dtype, count: cut.length, n }
          const [dets] = runKernel(determinant(spec), [flat(dtype, cut)], [zeros(dtype, cut.length)])
          const [cofactors] = runKernel(
            cofactor(spec),
            [flat(dtype, cut)],
            [zeros(dtype, cut.length * n * n)],
          )
          const c = matrices(cofactors as Float64Array, n, n)
          cut.forEach((x, k) => {
            const scale = size(x) ** n * n ** 3
            expect(
              distance([[(dets as Float64Array)[k] as number]], [[laplace(x)]], dtype, 1, scale),
            ).toBeLessThan(8)
            const want = x.map((row, i) =>
              row.map((_, j) => laplace(minor(x, i, j)) * ((i + j) % 2 ? -1 : 1)),
            )
            expect(distance(c[k] as Rows, want, dtype, 1, size(x) ** (n - 1) * n ** 3)).toBeLessThan(32)
          })
        },
      ),
      { numRuns: 100 },
    )
  })

  it('of a matrix without elements is 1', () => {
    const [out] = runKernel(
      determinant({ dtype: 'f64', count: 2, n: 0 }),
      [new Float64Array(0)],
      [new Float64Array(2)],
    )
    expect(Array.from(out as Float64Array)).toEqual([1, 1])
  })
})
