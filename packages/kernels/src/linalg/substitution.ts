/**
 * Forward and back substitution by rows (Golub & Van Loan, Matrix Computations, 4th ed., §3.1):
 * xᵢ ← (bᵢ − Σ aᵢₖ·xₖ) / aᵢᵢ with the rows of several right-hand sides in vectors, which stay in registers while k runs.
 */
import { lanesOf, storePart } from '../gemm/index.js'
import { type Expr, type FunctionBuilder, type I32, i32, type Local } from '../wasm/index.js'
import { addressOf, type Pointer, type Reals } from './real.js'

/** A triangle of a square matrix. */
export interface Triangle {
  /** The lower triangle; else the upper one. */
  readonly lower: boolean
  /** Its transpose is meant. */
  readonly transpose: boolean
  /** The diagonal counts as 1 and is not read. */
  readonly unitDiagonal: boolean
}

/** Vectors of right-hand sides that are done together. */
const GROUP = 4

/** Solves op(A)·X = B in place of B, for A [n, n] and B [n, columns]. */
export function emitSubstitution(
  f: FunctionBuilder,
  reals: Reals,
  { lower, transpose, unitDiagonal }: Triangle,
  [n, columns]: readonly [number, number],
  [a, x]: readonly [Pointer, Pointer],
): void {
  if (n * columns === 0) return
  const { bytes, lanes, vectors: v } = reals
  const [matrix, right] = [
    { start: a, columns: n },
    { start: x, columns },
  ]
  const forward = lower !== transpose
  const done = f.local('i32')
  f.for(done, 0, n, 1, () => {
    const row = forward ? done : f.int(i32.sub(n - 1, done))
    const first: I32 = forward ? 0 : f.int(i32.add(row, 1))
    const coefficients = f.int(
      transpose ? addressOf(reals, matrix, first, row) : addressOf(reals, matrix, row, first),
    )
    const diagonal = f.local(v.splat(reals.load(addressOf(reals, matrix, row, row))))
    const target = f.int(addressOf(reals, right, row, 0))
    const source = f.int(addressOf(reals, right, first, 0))
    const block = (vectors: number, live: number) => {
      const sums = Array.from({ length: vectors }, (_, k) => f.local(v.load(target, 16 * k)))
      const [coefficient, other] = [f.int(coefficients), f.int(source)]
      f.for(f.local('i32'), 0, done, 1, () => {
        const factor = f.local(v.splat(reals.load(coefficient)))
        sums.forEach((sum, k) => {
          f.set(sum, v.sub(sum, v.mul(factor, v.load(other, 16 * k))))
        })
        f.increase(coefficient, transpose ? n * bytes : bytes)
        f.increase(other, columns * bytes)
      })
      sums.forEach((sum, k) => {
        const value = unitDiagonal ? sum : f.local(v.div(sum, diagonal) as Expr<'v128'>)
        storePart(f, lanesOf[reals.dtype], target, value as Local<'v128'>, live, 16 * k)
      })
      f.increase(target, vectors * 16)
      f.increase(source, vectors * 16)
    }
    const whole = Math.floor(columns / lanes)
    f.for(f.local('i32'), 0, Math.floor(whole / GROUP), 1, () => block(GROUP, lanes))
    f.for(f.local('i32'), 0, whole % GROUP, 1, () => block(1, lanes))
    if (columns % lanes > 0) block(1, columns % lanes)
  })
}
