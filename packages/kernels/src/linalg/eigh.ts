/**
 * Eigenvalues and eigenvectors of symmetric matrices by Jacobi's cyclic method (Golub & Van Loan, Matrix Computations,
 * 4th ed., §8.5): rotations of rows p and q of A, which by symmetry are its columns too, and of the same rows of Vᵀ.
 */

import { elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, f64, i32 } from '../wasm/index.js'
import type { SquareSpec } from './cholesky.js'
import { emitIdentity } from './qr.js'
import { addressOf, type Matrix, type Pointer, rotateRows, swapRows } from './real.js'
import {
  emitLargest,
  emitRotation,
  emitSelectionSort,
  emitSweeps,
  loadWide,
  storeNarrow,
  wide,
  wideBytes,
} from './rotation.js'

/** Elements below this part of the largest one count as zero: they change eigenvalues by their squares. */
const NEGLIGIBLE = 2 ** -54

/**
 * Eigenvalues in ascending order, and as columns eigenvectors of length 1, of symmetric matrices of which the lower
 * triangle alone is read. NaN where an element is not finite.
 *
 * @example
 * eigh({ dtype: 'f64', count: 2, n: 3 }).outputs // → 2
 */
export function eigh({ dtype, count, n }: SquareSpec): Kernel {
  const bytes = elementBytes[dtype]
  return {
    key: `eigh:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 2,
    scratchBytes: 2 * wideBytes(n * n) + wideBytes(n),
    // Six sweeps are usual, each with 9n³ operations.
    flops: 54 * count * n ** 3,
    emit({ f, inputs, outputs, scratch }) {
      if (count * n === 0) return
      const vectorsAt = f.int(i32.add(scratch, wideBytes(n * n)))
      const a = { start: scratch, columns: n }
      const vectors = { start: vectorsAt, columns: n }
      const values = f.int(i32.add(vectorsAt, wideBytes(n * n)))
      const steps = [n * n * bytes, n * bytes, n * n * bytes]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, w, v]) => {
        const [i, j] = [f.local('i32'), f.local('i32')]
        const from = (row: Pointer, column: Pointer) =>
          i32.add(x as Pointer, i32.mul(i32.add(i32.mul(row, n), column), bytes))
        f.for(i, 0, n, 1, () =>
          f.for(j, 0, i32.add(i, 1), 1, () => {
            const element = f.local(loadWide(dtype, from(i, j)))
            f.do(f64.store(addressOf(wide, a, i, j), element))
            f.do(f64.store(addressOf(wide, a, j, i), element))
          }),
        )
        emitIdentity(f, wide, vectors, n)
        const largest = emitLargest(f, scratch, n * n)
        // 0 for finite elements, else NaN.
        const poison = f.local(f64.sub(largest, largest))
        const threshold = f.local(f64.mul(largest, f64.const(NEGLIGIBLE)))
        emitSweeps(f, n, (p, q, rotated) => {
          f.if(f64.gt(f64.abs(f64.load(addressOf(wide, a, p, q))), threshold), () => {
            f.set(rotated, i32.const(1))
            emitJacobi(f, a, vectors, p, q, n)
          })
        })
        f.for(i, 0, n, 1, () =>
          f.do(f64.store(i32.add(values, i32.shl(i, 3)), f64.load(addressOf(wide, a, i, i)))),
        )
        emitSelectionSort(f, values, n, f64.lt, (left, right) =>
          swapRows(f, wide, addressOf(wide, vectors, left, 0), addressOf(wide, vectors, right, 0), n),
        )
        f.for(i, 0, n, 1, () => {
          const value = f64.add(f64.load(i32.add(values, i32.shl(i, 3))), poison)
          f.do(storeNarrow(dtype, i32.add(w as Pointer, i32.mul(i, bytes)), value))
          f.for(j, 0, n, 1, () => {
            const at = i32.add(v as Pointer, i32.mul(i32.add(i32.mul(j, n), i), bytes))
            f.do(storeNarrow(dtype, at, f64.add(f64.load(addressOf(wide, vectors, i, j)), poison)))
          })
        })
      })
    },
  }
}

/** A ← Jᵀ·A·J and Vᵀ ← Jᵀ·Vᵀ with the rotation J that makes A[p, q] zero. */
function emitJacobi(f: FunctionBuilder, a: Matrix, vectors: Matrix, p: Pointer, q: Pointer, n: number): void {
  const at = (row: Pointer, column: Pointer) => addressOf(wide, a, row, column)
  const app = f.local(f64.load(at(p, p)))
  const aqq = f.local(f64.load(at(q, q)))
  const apq = f.local(f64.load(at(p, q)))
  const { tangent, cosine, sine } = emitRotation(f, app, aqq, apq)
  for (const matrix of [a, vectors]) {
    const rows = [addressOf(wide, matrix, p, 0), addressOf(wide, matrix, q, 0)] as const
    rotateRows(f, wide, rows, [cosine, sine], n)
  }
  const i = f.local('i32')
  f.for(i, 0, n, 1, () => {
    f.do(f64.store(at(i, p), f64.load(at(p, i))))
    f.do(f64.store(at(i, q), f64.load(at(q, i))))
  })
  const change = f.local(f64.mul(tangent, apq))
  f.do(f64.store(at(p, p), f64.sub(app, change)))
  f.do(f64.store(at(q, q), f64.add(aqq, change)))
  f.do(f64.store(at(p, q), f64.const(0)))
  f.do(f64.store(at(q, p), f64.const(0)))
}
