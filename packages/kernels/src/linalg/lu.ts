/** LU factorisation with partial pivoting, by outer products (Golub & Van Loan, Matrix Computations, 4th ed., §3.4). */
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, type I32, i32, type Local } from '../wasm/index.js'
import type { SquareSpec } from './cholesky.js'
import { addRow, addressOf, copyRow, elementOf, type Pointer, type Reals, realsOf, swapRows } from './real.js'

/** Counts 0, 1, 2, … in memory, as i32. */
export function emitCounting(f: FunctionBuilder, list: Pointer, n: number): void {
  const k = f.local('i32')
  f.for(k, 0, n, 1, () => f.do(i32.store(i32.add(list, i32.shl(k, 2)), k)))
}

/** Exchanges two i32 of a list. */
export function emitExchange(f: FunctionBuilder, list: Pointer, i: I32, j: I32): void {
  const at = (k: I32) => f.int(i32.add(list, i32.shl(k, 2)))
  const [left, right] = [at(i), at(j)]
  const kept = f.int(i32.load(left))
  f.do(i32.store(left, i32.load(right)))
  f.do(i32.store(right, kept))
}

/** Subtracts multiples of row k from those below, which keep the multipliers; nothing where the pivot is 0. */
export function emitElimination(
  f: FunctionBuilder,
  reals: Reals,
  start: Pointer,
  n: number,
  k: Local<'i32'>,
) {
  const w = { start, columns: n }
  const pivot = f.local(elementOf(reals, w, k, k))
  const [next, row] = [f.int(i32.add(k, 1)), f.local('i32')]
  f.if(reals.ne(pivot, reals.const(0)), () => {
    f.for(row, next, n, 1, () => {
      const place = f.int(addressOf(reals, w, row, k))
      const multiplier = f.local(reals.div(reals.load(place), pivot))
      f.do(reals.store(place, multiplier))
      f.set(multiplier, reals.neg(multiplier))
      const rest = i32.sub(n, next)
      addRow(f, reals, addressOf(reals, w, row, next), addressOf(reals, w, k, next), multiplier, rest)
    })
  })
}

/**
 * Factorises a matrix in place: multipliers below the diagonal, U on and above it. A column without a pivot is left.
 *
 * @param permutation rows of the original matrix, in the order of the factors; left out where nobody asks.
 * @returns how often rows changed places.
 */
export function emitLu(
  f: FunctionBuilder,
  reals: Reals,
  start: Pointer,
  n: number,
  permutation?: Pointer,
): Local<'i32'> {
  const w = { start, columns: n }
  const [k, row, swaps] = [f.local('i32'), f.local('i32'), f.int(0)]
  if (permutation) emitCounting(f, permutation, n)
  f.for(k, 0, n, 1, () => {
    const best = f.local(reals.abs(elementOf(reals, w, k, k)))
    const chosen = f.int(k)
    f.for(row, i32.add(k, 1), n, 1, () => {
      const size = f.local(reals.abs(elementOf(reals, w, row, k)))
      f.if(reals.gt(size, best), () => {
        f.set(best, size)
        f.set(chosen, row)
      })
    })
    f.if(i32.ne(chosen, k), () => {
      swapRows(f, reals, addressOf(reals, w, k, 0), addressOf(reals, w, chosen, 0), n)
      if (permutation) emitExchange(f, permutation, k, chosen)
      f.increase(swaps, 1)
    })
    emitElimination(f, reals, start, n, k)
  })
  return swaps
}

/**
 * Factors of square matrices A with their rows permuted so that every multiplier is at most 1: L, with 1 on its
 * diagonal, below and U on and above the diagonal of one matrix; and as i32 which row of A each row of L·U is.
 *
 * @example
 * lu({ dtype: 'f64', count: 2, n: 3 }).outputs // → 2
 */
export function lu({ dtype, count, n }: SquareSpec): Kernel {
  const reals = realsOf[dtype]
  return {
    key: `lu:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 2,
    scratchBytes: 0,
    flops: Math.round((2 * count * n ** 3) / 3),
    emit({ f, inputs, outputs }) {
      if (count * n === 0) return
      const matrix = n * n * reals.bytes
      const steps = [matrix, matrix, n * 4]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, out, permutation]) => {
        copyRow(f, reals, out as Pointer, x as Pointer, n * n)
        emitLu(f, reals, out as Pointer, n, permutation)
      })
    },
  }
}
