/**
 * Cofactors from a factorisation with complete pivoting (Golub & Van Loan, Matrix Computations, 4th ed., §3.4), which
 * leaves the smallest pivot δ for last: P·A·Q = L·U and adj(U) = δ·det(U₁)·U⁻¹, U₁ being U without its last row and
 * column. The last row of δ·U⁻¹ is (0, …, 0, 1), so nothing is divided by δ, and matrices of rank n − 1 need no care.
 * Those of a lower rank have U₁ singular, and no cofactor but 0.
 */
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, i32, type Local } from '../wasm/index.js'
import type { SquareSpec } from './cholesky.js'
import { emitCounting, emitElimination, emitExchange } from './lu.js'
import {
  addressOf,
  copyRow,
  elementOf,
  fillRow,
  type Pointer,
  type RealLocal,
  type Reals,
  realsOf,
  scaleRow,
  swapRows,
} from './real.js'
import { emitSubstitution } from './substitution.js'

/** Working space of one matrix. */
interface Space {
  readonly factors: Pointer
  readonly inverse: Pointer
  readonly rows: Pointer
  readonly columns: Pointer
}

const up16 = (bytes: number) => Math.ceil((bytes + 16) / 16) * 16

/**
 * Cofactors of square matrices, ∂ det(A)/∂A: det(A)·A⁻ᵀ where A is regular, and right where it is singular.
 *
 * @example
 * cofactor({ dtype: 'f64', count: 2, n: 3 }).key // → 'cofactor:f64:2x3'
 */
export function cofactor({ dtype, count, n }: SquareSpec): Kernel {
  const reals = realsOf[dtype]
  const matrix = n * n * reals.bytes
  return {
    key: `cofactor:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 2 * up16(matrix) + 2 * up16(4 * n),
    flops: Math.round((10 * count * n ** 3) / 3),
    emit({ f, inputs, outputs, scratch }) {
      if (count * n === 0) return
      const inverse = f.int(i32.add(scratch, up16(matrix)))
      const rows = f.int(i32.add(inverse, up16(matrix)))
      const space = { factors: scratch, inverse, rows, columns: f.int(i32.add(rows, up16(4 * n))) }
      nest(f, [{ length: count, steps: [matrix, matrix] }], [...inputs, ...outputs], ([x, out]) => {
        copyRow(f, reals, scratch, x as Pointer, n * n)
        const swaps = emitCompleteLu(f, reals, space, n)
        const factor = emitAdjugate(f, reals, space, n)
        f.if(i32.and(swaps, 1), () => f.set(factor, reals.neg(factor)))
        emitOrder(f, reals, space, n, factor, out as Pointer)
      })
    },
  }
}

/** Factorises in place, rows and columns permuted; returns how often they changed places. */
function emitCompleteLu(f: FunctionBuilder, reals: Reals, space: Space, n: number): Local<'i32'> {
  const w = { start: space.factors, columns: n }
  const [k, i, j, swaps] = [f.local('i32'), f.local('i32'), f.local('i32'), f.int(0)]
  emitCounting(f, space.rows, n)
  emitCounting(f, space.columns, n)
  f.for(k, 0, n, 1, () => {
    const best = f.local(reals.abs(elementOf(reals, w, k, k)))
    const [row, column] = [f.int(k), f.int(k)]
    f.for(i, k, n, 1, () =>
      f.for(j, k, n, 1, () => {
        const size = f.local(reals.abs(elementOf(reals, w, i, j)))
        f.if(reals.gt(size, best), () => {
          f.set(best, size)
          f.set(row, i)
          f.set(column, j)
        })
      }),
    )
    f.if(i32.ne(row, k), () => {
      swapRows(f, reals, addressOf(reals, w, k, 0), addressOf(reals, w, row, 0), n)
      emitExchange(f, space.rows, k, row)
      f.increase(swaps, 1)
    })
    f.if(i32.ne(column, k), () => {
      f.for(i, 0, n, 1, () =>
        swapRows(f, reals, addressOf(reals, w, i, k), addressOf(reals, w, i, column), 1),
      )
      emitExchange(f, space.columns, k, column)
      f.increase(swaps, 1)
    })
    emitElimination(f, reals, space.factors, n, k)
  })
  return swaps
}

/** T with adj(L·U) = det(U₁)·T in the space of the inverse; returns det(U₁), and T = 0 where that is 0. */
function emitAdjugate(f: FunctionBuilder, reals: Reals, { factors, inverse }: Space, n: number): RealLocal {
  const [w, t] = [factors, inverse].map(start => ({ start, columns: n })) as [
    { start: Pointer; columns: number },
    { start: Pointer; columns: number },
  ]
  const [k, product] = [f.local('i32'), f.local(reals.const(1))]
  f.for(k, 0, n - 1, 1, () => f.set(product, reals.mul(product, elementOf(reals, w, k, k))))
  fillRow(f, reals, inverse, reals.const(0), n * n)
  f.if(reals.ne(product, reals.const(0)), () => {
    f.for(k, 0, n, 1, () => f.do(reals.store(addressOf(reals, t, k, k), reals.const(1))))
    const solve = (lower: boolean) => {
      const triangle = { lower, transpose: false, unitDiagonal: lower }
      emitSubstitution(f, reals, triangle, [n, n], [factors, inverse])
    }
    // U·T = δ·L⁻¹, but for the last row, which is that of L⁻¹ itself.
    solve(true)
    const last = f.local(elementOf(reals, w, n - 1, n - 1))
    scaleRow(f, reals, inverse, last, (n - 1) * n)
    f.do(reals.store(addressOf(reals, w, n - 1, n - 1), reals.const(1)))
    solve(false)
  })
  return product
}

/** out[rows[i], columns[j]] ← factor·T[j, i]. */
function emitOrder(
  f: FunctionBuilder,
  reals: Reals,
  { inverse, rows, columns }: Space,
  n: number,
  factor: RealLocal,
  out: Pointer,
): void {
  const [i, j] = [f.local('i32'), f.local('i32')]
  const at = (list: Pointer, k: Pointer) => i32.load(i32.add(list, i32.shl(k, 2)))
  f.for(i, 0, n, 1, () =>
    f.for(j, 0, n, 1, () => {
      const value = reals.mul(factor, elementOf(reals, { start: inverse, columns: n }, j, i))
      f.do(reals.store(addressOf(reals, { start: out, columns: n }, at(rows, i), at(columns, j)), value))
    }),
  )
}
