/** Cholesky factorisation by rows (Golub & Van Loan, Matrix Computations, 4th ed., §4.2.5): inner products of rows. */
import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { i32, select } from '../wasm/index.js'
import { addressOf, dotRows, elementOf, fillRow, type Pointer, realsOf } from './real.js'

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
        const l = { start: out as Pointer, columns: n }
        const [i, j] = [f.local('i32'), f.local('i32')]
        f.for(i, 0, n, 1, () => {
          const row = f.int(addressOf(reals, l, i, 0))
          f.for(j, 0, i32.add(i, 1), 1, () => {
            const above = dotRows(f, reals, row, addressOf(reals, l, j, 0), j)
            const rest = f.local(reals.sub(elementOf(reals, a, i, j), above))
            const target = addressOf(reals, l, i, j)
            const root = select(reals.sqrt(rest), reals.const(Number.NaN), reals.gt(rest, reals.const(0)))
            f.if(
              i32.eq(i, j),
              () => f.do(reals.store(target, root)),
              () => f.do(reals.store(target, reals.div(rest, elementOf(reals, l, j, j)))),
            )
          })
          fillRow(f, reals, addressOf(reals, l, i, i32.add(i, 1)), reals.const(0), i32.sub(n - 1, i))
        })
      })
    },
  }
}
