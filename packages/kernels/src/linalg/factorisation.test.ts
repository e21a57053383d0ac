import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { arrayOf } from '../testing/arrays.js'
import {
  distance,
  flat,
  identity,
  matrices,
  type Rows,
  size,
  stacks,
  times,
  transposed,
} from '../testing/matrices.js'
import { runKernel } from '../testing/run-kernel.js'
import { cholesky } from './cholesky.js'
import { cofactor } from './cofactor.js'
import { determinant } from './determinant.js'
import { lu } from './lu.js'
import { luSolve } from './lu-solve.js'
import { qr } from './qr.js'
import { triangularSolve } from './triangular-solve.js'

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
})

it.each(['f32', 'f64'] as const)('qr of %s: large and small elements', dtype => {
  const huge = dtype === 'f64' ? 2 ** 1000 : 2 ** 120
  for (const scale of [huge, 1 / huge]) {
    const x = arrayOf(
      dtype,
      [3, 0, 4, 5].map(value => value * scale),
    )
    const spec = { dtype, count: 1, rows: 2, columns: 2 }
    const [q, r] = runKernel(qr(spec), [x], [zeros(dtype, 4), zeros(dtype, 4)]).map(
      list => matrices(list, 2, 2)[0],
    )
    expect(
      distance(times(q as Rows, r as Rows), matrices(x, 2, 2)[0] as Rows, dtype, 2, 5 * scale),
    ).toBeLessThan(4)
    expect(distance(times(transposed(q as Rows), q as Rows), identity(2), dtype, 2, 1)).toBeLessThan(4)
  }
})

it.each(['f32', 'f64'] as const)(
  'qr of %s: columns whose squares are no numbers, beside one that is 1',
  dtype => {
    const [m, n] = [5, 4]
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: m * n, maxLength: m * n }),
        fc.array(fc.integer({ min: -100, max: 0 }), { minLength: n, maxLength: n }),
        (elements, exponents) => {
          const step = dtype === 'f64' ? 8 : 1
          const x = arrayOf(
            dtype,
            elements.map((value, at) => (at === 0 ? 1 : value * 2 ** (step * (exponents[at % n] as number)))),
          )
          const spec = { dtype, count: 1, rows: m, columns: n }
          const [q, r] = runKernel(qr(spec), [x], [zeros(dtype, m * n), zeros(dtype, n * n)])
          const [of, upper] = [
            matrices(q as Float64Array, m, n)[0] as Rows,
            matrices(r as Float64Array, n, n)[0] as Rows,
          ]
          expect(distance(times(transposed(of), of), identity(n), dtype, m, 1)).toBeLessThan(4)
          expect(
            distance(times(of, upper), matrices(x, m, n)[0] as Rows, dtype, m, size(upper)),
          ).toBeLessThan(4)
        },
      ),
      { numRuns: 200 },
    )
  },
)

it.each([
  ['f32', [-140, -100, -1, 0, 90, 120]],
  ['f64', [-1060, -900, -1, 0, 900, 1010]],
] as const)(
  'qr of %s: a column times a power of two is a column of R times it, bit by bit',
  (dtype, exponents) => {
    const [m, n] = [5, 4]
    const spec = { dtype, count: 1, rows: m, columns: n }
    const factorised = (elements: readonly number[]) =>
      runKernel(qr(spec), [arrayOf(dtype, elements)], [zeros(dtype, m * n), zeros(dtype, n * n)])
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -16, max: 16 }), { minLength: m * n, maxLength: m * n }),
        fc.array(fc.constantFrom(...exponents), { minLength: n, maxLength: n }),
        (elements, powers) => {
          const scale = (value: number, at: number) => value * 2 ** (powers[at % n] as number)
          const [q, r] = factorised(elements)
          const upper = arrayOf(dtype, Array.from(r as Float64Array, scale))
          expect(factorised(elements.map(scale))).toEqual([q, upper])
        },
      ),
      { numRuns: 300 },
    )
  },
)

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
