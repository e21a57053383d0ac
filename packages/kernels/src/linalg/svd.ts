/**
 * Singular values and vectors by one-sided Jacobi rotations (Hestenes 1958; Golub & Van Loan, Matrix Computations, 4th
 * ed., §8.6). The rows of W, which is A or Aᵀ, whichever has fewer, are rotated until they are orthogonal: W = Rᵀ·Σ·Z.
 */
import { elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { type Expr, type FunctionBuilder, f64, i32, type Local } from '../wasm/index.js'
import { emitIdentity, type MatricesSpec } from './qr.js'
import {
  addRow,
  addressOf,
  alongRows,
  dotRows,
  emitLargest,
  emitScaling,
  fillRow,
  type Matrix,
  type Pointer,
  scaleRow,
  swapRows,
} from './real.js'
import { emitSelectionSort, type F64, loadWide, storeNarrow, wide, wideBytes } from './wide.js'

/** Rows with a smaller square, where the largest element is between 1 and 2, are rounding errors. */
const NEGLIGIBLE = 2 ** -106

/**
 * The thin factors U [m, k], S [k] and Vᵀ [k, n] of matrices A = U·diag(S)·Vᵀ, k = min(m, n), with singular values in
 * descending order. NaN where an element is not finite.
 *
 * @example
 * svd({ dtype: 'f64', count: 2, rows: 5, columns: 3 }).outputs // → 3
 */
export function svd({ dtype, count, rows: m, columns: n }: MatricesSpec): Kernel {
  const bytes = elementBytes[dtype]
  const tall = m >= n
  const [k, length] = [Math.min(m, n), Math.max(m, n)]
  return {
    key: `svd:${dtype}:${count}x${m}x${n}`,
    inputs: 1,
    outputs: 3,
    scratchBytes: wideBytes(k * length) + wideBytes(k * k) + wideBytes(k),
    // Six sweeps are usual.
    flops: count * 6 * k * k * (6 * length + 3 * k),
    emit({ f, inputs, outputs, scratch }) {
      if (count * k === 0) return
      const rotations = { start: f.int(i32.add(scratch, wideBytes(k * length))), columns: k }
      const work = { start: scratch, columns: length }
      const values = f.int(i32.add(rotations.start, wideBytes(k * k)))
      const steps = [m * n, m * k, k, k * n].map(size => size * bytes)
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, u, s, vt]) => {
        const [i, j] = [f.local('i32'), f.local('i32')]
        const narrow = (start: Pointer | undefined, columns: number, row: Pointer, column: Pointer) =>
          i32.add(start as Pointer, i32.mul(i32.add(i32.mul(row, columns), column), bytes))
        f.for(i, 0, k, 1, () =>
          f.for(j, 0, length, 1, () => {
            const from = tall ? narrow(x, n, j, i) : narrow(x, n, i, j)
            f.do(f64.store(addressOf(wide, work, i, j), loadWide(dtype, from)))
          }),
        )
        emitIdentity(f, wide, rotations, k)
        const largest = emitLargest(f, wide, scratch, k * length) as F64
        const poison = f.local(f64.sub(largest, largest))
        const power = emitScaling(f, wide, scratch, k * length, largest) as F64
        emitOrthogonal(f, work, rotations, values, k)
        emitLengths(f, work, rotations, values, k)
        emitUnits(f, work, values, k)
        // Z goes where the long side is.
        const [left, right] = tall ? [work, rotations] : [rotations, work]
        const put = (to: ReturnType<typeof narrow>, from: ReturnType<typeof addressOf>) =>
          f.do(storeNarrow(dtype, to, f64.add(f64.load(from), poison)))
        f.for(i, 0, k, 1, () => {
          const value = f64.mul(f64.load(i32.add(values, i32.shl(i, 3))), power)
          f.do(storeNarrow(dtype, narrow(s, k, f.int(0), i), f64.add(value, poison)))
          f.for(j, 0, m, 1, () => put(narrow(u, k, j, i), addressOf(wide, left, i, j)))
          f.for(j, 0, n, 1, () => put(narrow(vt, n, i, j), addressOf(wide, right, i, j)))
        })
      })
    },
  }
}

/** A rotation that makes an off-diagonal element zero. */
interface Rotation {
  readonly tangent: F64
  readonly sine: F64
  /** Tangent of half the angle. */
  readonly half: F64
}

/**
 * The smaller rotation that diagonalises [[a, g], [g, b]], g ≠ 0: t = sign(θ) / (|θ| + √(θ² + 1)), θ = (b − a) / 2g
 * (Golub & Van Loan, Matrix Computations, 4th ed., §8.5). The diagonal becomes a − t·g, b + t·g.
 */
function emitRotation(f: FunctionBuilder, a: F64, b: F64, g: F64): Rotation {
  const { add, sub, mul, div, sqrt, abs, copysign } = f64
  const one = f64.const(1)
  const theta = f.local(div(sub(b, a), mul(f64.const(2), g)))
  const root = sqrt(add(mul(theta, theta), one))
  const tangent = f.local(copysign(div(one, add(abs(theta), root)), theta))
  const cosine = f.local(div(one, sqrt(add(mul(tangent, tangent), one))))
  const sine = f.local(mul(tangent, cosine))
  return { tangent, sine, half: f.local(div(sine, add(one, cosine))) }
}

/** The method converges quadratically in the end; what needs more sweeps than this is not a number. */
const SWEEPS = 40

/**
 * Rows x − s·(y + τ·x) and y + s·(x − τ·y), τ = s / (1 + c) (Rutishauser 1966, Numer. Math. 9): the error of a small
 * rotation is as small as the rotation, so that thousands of them leave rows with their lengths.
 */
function rotate(
  f: FunctionBuilder,
  first: Expr<'i32'>,
  second: Expr<'i32'>,
  { sine, half }: Rotation,
  count: number,
): void {
  alongRows(f, wide, [first, second], count, (a, [left, right]) => {
    const x = f.local(a.load(left as Pointer)) as never
    const y = f.local(a.load(right as Pointer)) as never
    const [s, tau] = [a.splat(sine), a.splat(half)]
    f.do(a.store(left as Pointer, a.sub(x, a.mul(s, a.add(y, a.mul(tau, x))))))
    f.do(a.store(right as Pointer, a.add(y, a.mul(s, a.sub(x, a.mul(tau, y))))))
  })
}

/** Begins a sweep and visits all pairs p < q < n, until one sets `rotated` no more. */
function emitSweeps(
  f: FunctionBuilder,
  n: number,
  begin: () => void,
  visit: (p: Pointer, q: Pointer, rotated: Pointer) => void,
): void {
  const [sweep, rotated, p, q] = [f.int(0), f.int(1), f.local('i32'), f.local('i32')]
  f.while(i32.and(rotated, i32.ltU(sweep, SWEEPS)), () => {
    f.set(rotated, i32.const(0))
    f.increase(sweep, 1)
    begin()
    f.for(p, 0, n, 1, () => f.for(q, i32.add(p, 1), n, 1, () => visit(p, q, rotated)))
  })
}

const rowOf = (matrix: Matrix, row: Pointer) => addressOf(wide, matrix, row, 0)

/**
 * Rotates pairs of rows until none has an inner product above rounding errors. Squares of lengths are computed at the
 * beginning of a sweep and follow the rotations from there; the last sweep has none, so what it tests is exact.
 */
function emitOrthogonal(
  f: FunctionBuilder,
  work: Matrix,
  rotations: Matrix,
  squares: Pointer,
  k: number,
): void {
  const { columns } = work
  const tolerance = 2 ** -52 * Math.sqrt(columns)
  const [at, row] = [(i: Pointer) => i32.add(squares, i32.shl(i, 3)), f.local('i32')]
  const measure = () => emitSquares(f, work, squares, k, row)
  emitSweeps(f, k, measure, (p, q, rotated) => {
    const [a, b] = [f.local(f64.load(at(p))), f.local(f64.load(at(q)))]
    const g = dotRows(f, wide, rowOf(work, p), rowOf(work, q), columns) as F64
    const some = (x: F64) => f64.gt(x, f64.const(NEGLIGIBLE))
    const bound = f64.mul(f64.const(tolerance), f64.mul(f64.sqrt(a), f64.sqrt(b)))
    f.if(i32.and(i32.and(some(a), some(b)), f64.gt(f64.abs(g), bound)), () => {
      f.set(rotated, i32.const(1))
      const rotation = emitRotation(f, a, b, g)
      const change = f.local(f64.mul(rotation.tangent, g))
      f.do(f64.store(at(p), f64.sub(a, change)))
      f.do(f64.store(at(q), f64.add(b, change)))
      for (const matrix of [work, rotations]) {
        rotate(f, rowOf(matrix, p), rowOf(matrix, q), rotation, matrix.columns)
      }
    })
  })
}

/** Squares of the lengths of the rows. */
function emitSquares(f: FunctionBuilder, work: Matrix, squares: Pointer, k: number, row: Pointer): void {
  f.for(row, 0, k, 1, () => {
    const square = dotRows(f, wide, rowOf(work, row), rowOf(work, row), work.columns) as F64
    f.do(f64.store(i32.add(squares, i32.shl(row, 3)), square))
  })
}

/** Lengths of the rows, and the rows, in descending order. */
function emitLengths(f: FunctionBuilder, work: Matrix, rotations: Matrix, values: Pointer, k: number): void {
  const i = f.local('i32')
  emitSquares(f, work, values, k, i)
  f.for(i, 0, k, 1, () => {
    const at = f.int(i32.add(values, i32.shl(i, 3)))
    f.do(f64.store(at, f64.sqrt(f64.load(at))))
  })
  emitSelectionSort(f, values, k, f64.gt, (left, right) => {
    for (const matrix of [work, rotations]) {
      swapRows(f, wide, rowOf(matrix, left), rowOf(matrix, right), matrix.columns)
    }
  })
}

/**
 * Divides rows by their lengths. A row without direction becomes the first unit vector that is not nearly in the span
 * of the rows before it, made orthogonal to them by Gram–Schmidt, twice: of those that are left one keeps at least
 * 1 / columns of its square, and a vector that was passed over once never will do.
 */
function emitUnits(f: FunctionBuilder, work: Matrix, values: Pointer, k: number): void {
  const { columns } = work
  const [i, j, candidate] = [f.local('i32'), f.local('i32'), f.int(0)]
  const scale = f.local('f64')
  f.for(i, 0, k, 1, () => {
    const row = f.int(rowOf(work, i))
    const length = f.local(f64.load(i32.add(values, i32.shl(i, 3))))
    f.if(
      f64.gt(length, f64.const(Math.sqrt(NEGLIGIBLE))),
      () => {
        f.set(scale, f64.div(f64.const(1), length))
        scaleRow(f, wide, row, scale, columns)
      },
      () => {
        const found = f.local('i32')
        f.set(found, i32.const(0))
        f.while(i32.and(i32.eqz(found), i32.ltU(candidate, columns)), () => {
          fillRow(f, wide, row, f64.const(0), columns)
          f.do(f64.store(addressOf(wide, work, i, candidate), f64.const(1)))
          f.for(f.local('i32'), 0, 2, 1, () =>
            f.for(j, 0, i, 1, () => {
              const part = dotRows(f, wide, row, rowOf(work, j), columns) as Local<'f64'>
              f.set(scale, f64.neg(part))
              addRow(f, wide, row, rowOf(work, j), scale, columns)
            }),
          )
          const square = dotRows(f, wide, row, row, columns) as Local<'f64'>
          f.if(f64.gt(square, f64.const(1 / (2 * columns))), () => {
            f.set(found, i32.const(1))
            f.set(scale, f64.div(f64.const(1), f64.sqrt(square)))
            scaleRow(f, wide, row, scale, columns)
          })
          f.increase(candidate, 1)
        })
      },
    )
  })
}
