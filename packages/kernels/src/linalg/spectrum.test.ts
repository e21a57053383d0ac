import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { arrayOf } from '../testing/arrays.js'
import {
  diagonal,
  distance,
  flat,
  identity,
  matrices,
  type Rows,
  stacks,
  times,
  transposed,
} from '../testing/matrices.js'
import { runKernel } from '../testing/run-kernel.js'
import { eigh } from './eigh.js'
import { svd } from './svd.js'

const sizes = fc.integer({ min: 1, max: 33 })
const runs = { numRuns: 60 }
const zeros = (dtype: FloatDType, length: number) => arrayOf(dtype, length)

describe('eigenvalues and singular values', () => {
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

  /** Symmetric matrices with spectra that are hard: repeated, graded, clustered, nothing at all. */
  const hard: readonly (readonly [string, (i: number, j: number, n: number) => number])[] = [
    ['zeros', () => 0],
    ['the identity', (i, j) => Number(i === j)],
    ['ones', () => 1],
    ['an exchange', (i, j, n) => Number(i + j === n - 1)],
    ['a chain', (i, j) => (i === j ? 2 : Number(Math.abs(i - j) === 1))],
    ['Wilkinson’s pairs', (i, j, n) => (i === j ? Math.abs(i - (n - 1) / 2) : Number(Math.abs(i - j) === 1))],
    ['Hilbert’s', (i, j) => Math.fround(1 / (i + j + 1))],
    ['grades', (i, j) => 2 ** -(i + j)],
    ['tiny beside large', (i, j) => (i === j ? (i % 2 ? 1 : 2 ** -40) : 2 ** -60)],
    ['a cluster', (i, j) => Number(i === j) + 2 ** -23 * ((i * j) % 3)],
    ['the least numbers', (i, j) => 2 ** -140 * (1 + ((i + j) % 4))],
  ]

  it.each(hard)('%s', (_, element) => {
    for (const dtype of ['f32', 'f64'] as const)
      for (const n of [1, 2, 5, 12, 21]) {
        const x: Rows = Array.from({ length: n }, (_, i) =>
          Array.from({ length: n }, (_, j) => element(i, j, n)),
        )
        const data = flat(dtype, [x])
        const square = { dtype, count: 1, n }
        const results = [
          ...runKernel(eigh(square), [data], [zeros(dtype, n), zeros(dtype, n * n)]),
          ...runKernel(
            svd({ dtype, count: 1, rows: n, columns: n }),
            [data],
            [n * n, n, n * n].map(length => zeros(dtype, length)),
          ),
        ]
        const [w, v, u, s, vt] = results.map((list, k) =>
          k === 0 || k === 3 ? list : (matrices(list, n, n)[0] as Rows),
        ) as [Float64Array, Rows, Rows, Float64Array, Rows]
        const scale = s[0] as number
        // Numbers below the least normal one have fewer digits.
        const room = 8 + (dtype === 'f32' && scale < 2 ** -120 ? 2 ** 16 : 0)
        const again = times(times(v, diagonal([...w])), transposed(v))
        expect(distance(again, x, dtype, n, scale)).toBeLessThan(room)
        expect(distance(times(times(u, diagonal([...s])), vt), x, dtype, n, scale)).toBeLessThan(room)
        for (const factor of [v, u, transposed(vt)]) {
          expect(distance(times(transposed(factor), factor), identity(n), dtype, n, 1)).toBeLessThan(16)
        }
        // Singular values of a symmetric matrix are absolute eigenvalues.
        const sizes = [...w].map(Math.abs).sort((a, b) => b - a)
        expect(distance([sizes], [[...s]], dtype, n, scale)).toBeLessThan(room)
      }
  })
})
