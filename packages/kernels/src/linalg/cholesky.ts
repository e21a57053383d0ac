/**
 * Cholesky factorisation by outer products (Golub & Van Loan, Matrix Computations, 4th ed., §4.2), of U = Lᵀ, whose
 * rows are the columns of L.
 */
import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { i32, select } from '../wasm/index.js'
import { addRow, addressOf, alongRows, elementOf, type Pointer, realsOf } from './real.js'

/** Square matrices, one after the other. */
export interface SquareSpec {
  readonly dtype: FloatDType
  /** How many. */
  readonly count: number
  /** Rows and columns of each. */
  readonly n: number
}

/**
 * The lower triangular L with L·Lᵀ = A, of symmetric matrices A of which the lower triangle alone is read. Where the
 * leading minor of some order is not positive, L is NaN from that column on.
 *
 * @example
 * cholesky({ dtype: 'f64', count: 2, n: 3 }).key // → 'cholesky:f64:2x3'
 */
export function cholesky({ dtype, count, n }: SquareSpec): Kernel {
  const reals = realsOf[dtype]
  return {
    key: `cholesky:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: Math.round((count * n ** 3) / 3),
    emit({ f, inputs, outputs }) {
      if (count * n === 0) return
      const matrix = n * n * reals.bytes
      nest(f, [{ length: count, steps: [matrix, matrix] }], [...inputs, ...outputs], ([x, out]) => {
        const a = { start: x as Pointer, columns: n }
        const u = { start: out as Pointer, columns: n }
        const at = (row: Pointer, column: Pointer) => addressOf(reals, u, row, column)
        const [i, j] = [f.local('i32'), f.local('i32')]
        const below = (body: () => void) => f.for(i, 0, n, 1, () => f.for(j, 0, i32.add(i, 1), 1, body))
        below(() => f.do(reals.store(at(j, i), elementOf(reals, a, i, j))))
        f.for(j, 0, n, 1, () => {
          const pivot = f.local(elementOf(reals, u, j, j))
          const positive = reals.gt(pivot, reals.const(0))
          f.set(pivot, select(reals.sqrt(pivot), reals.const(Number.NaN), positive))
          f.do(reals.store(at(j, j), pivot))
          const next = f.int(i32.add(j, 1))
          alongRows(f, reals, [at(j, next)], i32.sub(n, next), (v, [to]) =>
            f.do(v.store(to as Pointer, v.div(v.load(to as Pointer), v.splat(pivot)))),
          )
          f.for(i, next, n, 1, () => {
            const factor = f.local(reals.neg(elementOf(reals, u, j, i)))
            addRow(f, reals, at(i, i), at(j, i), factor, i32.sub(n, i))
          })
        })
        below(() => {
          const element = f.local(elementOf(reals, u, j, i))
          f.do(reals.store(at(j, i), reals.const(0)))
          f.do(reals.store(at(i, j), element))
        })
      })
    },
  }
}
