/**
 * Householder's QR factorisation (Golub & Van Loan, Matrix Computations, 4th ed., §5.1–5.2): reflections
 * H = I − τ·v·vᵀ, v₁ = 1, applied by rows.
 */
import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, i32, type Local } from '../wasm/index.js'
import {
  addRow,
  addressOf,
  copyRow,
  divRow,
  elementOf,
  fillRow,
  type Matrix,
  mulRow,
  type Pointer,
  type RealLocal,
  type Reals,
  realsOf,
} from './real.js'

/** Matrices, one after the other. */
export interface MatricesSpec {
  readonly dtype: FloatDType
  /** How many. */
  readonly count: number
  readonly rows: number
  readonly columns: number
}

const up16 = (bytes: number) => Math.ceil((bytes + 16) / 16) * 16

/**
 * Q [m, n] with orthonormal columns and upper triangular R [n, n], Q·R = A, for A with m ≥ n. Diagonal elements of R
 * have the sign opposite to that of what they were made of, as in LAPACK.
 *
 * @throws RangeError if there are more columns than rows.
 * @example
 * qr({ dtype: 'f64', count: 2, rows: 5, columns: 3 }).key // → 'qr:f64:2x5x3'
 */
export function qr({ dtype, count, rows: m, columns: n }: MatricesSpec): Kernel {
  if (m < n) throw new RangeError(`qr: expected at least as many rows as columns, got ${m} × ${n}`)
  const reals = realsOf[dtype]
  const matrix = m * n * reals.bytes
  const row = up16(n * reals.bytes)
  return {
    key: `qr:${dtype}:${count}x${m}x${n}`,
    inputs: 1,
    outputs: 2,
    scratchBytes: up16(matrix) + 3 * row,
    flops: Math.round(count * 4 * n * n * (m - n / 3)),
    emit({ f, inputs, outputs, scratch }) {
      if (count * n === 0) return
      const factors = f.int(i32.add(scratch, up16(matrix)))
      const work = f.int(i32.add(factors, row))
      const powers = f.int(i32.add(work, row))
      const steps = [matrix, matrix, n * n * reals.bytes]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, q, r]) => {
        copyRow(f, reals, scratch, x as Pointer, m * n)
        emitPowers(f, reals, { start: scratch, columns: n }, m, powers)
        eachRow(f, scratch, m, n * reals.bytes, at => divRow(f, reals, at, powers, n))
        const householder = { vectors: { start: scratch, columns: n }, factors, work, m }
        const [k, column] = [f.local('i32'), f.local('i32')]
        f.for(k, 0, n, 1, () => {
          emitVector(f, reals, householder, k)
          f.set(column, i32.add(k, 1))
          emitReflection(f, reals, householder, householder.vectors, k, column)
        })
        emitUpper(f, reals, householder.vectors, r as Pointer)
        eachRow(f, r as Pointer, n, n * reals.bytes, at => mulRow(f, reals, at, powers, n))
        emitIdentity(f, reals, { start: q as Pointer, columns: n }, m)
        // Q = H₁·H₂·…·Hₙ·I, from the last on: columns before k are not touched by Hₖ yet.
        f.for(column, 0, n, 1, () => {
          f.set(k, i32.sub(n - 1, column))
          emitReflection(f, reals, householder, { start: q as Pointer, columns: n }, k, k)
        })
      })
    },
  }
}

/**
 * The power of two of each column that brings its largest element between 1 and 2. Reflections do not depend on the scales of columns
 * (D diagonal: A·D = Q·(R·D)), so that columns of all scales are factorised alike.
 */
function emitPowers(f: FunctionBuilder, reals: Reals, matrix: Matrix, rows: number, powers: Pointer): void {
  const [row, column] = [f.local('i32'), f.local('i32')]
  const largest = f.local(reals.dtype) as RealLocal
  f.for(column, 0, matrix.columns, 1, () => {
    f.set(largest, reals.const(0))
    f.for(row, 0, rows, 1, () => {
      f.set(largest, reals.max(largest, reals.abs(elementOf(reals, matrix, row, column))))
    })
    f.do(reals.store(i32.add(powers, i32.mul(column, reals.bytes)), reals.power(largest)))
  })
}

/** Goes from row to row. */
function eachRow(
  f: FunctionBuilder,
  start: Pointer,
  rows: number,
  rowBytes: number,
  body: (at: Pointer) => void,
): void {
  const at = f.int(start)
  f.for(f.local('i32'), 0, rows, 1, () => {
    body(at)
    f.increase(at, rowBytes)
  })
}

/** Reflections: v below the diagonal of a matrix of m rows, τ in a list, and a row of working space. */
interface Householder {
  readonly vectors: Matrix
  readonly factors: Pointer
  readonly work: Pointer
  readonly m: number
}

/**
 * v and τ that make column k zero below the diagonal; τ = 0 where it is zero already. Squares are of the column divided by a power
 * of two that brings its largest element between 1 and 2: what is left of a column may be far smaller than the matrix.
 */
function emitVector(f: FunctionBuilder, reals: Reals, { vectors, factors, m }: Householder, k: Local<'i32'>) {
  const [row, next] = [f.local('i32'), f.int(i32.add(k, 1))]
  const place = f.int(addressOf(reals, vectors, k, k))
  const largest = f.local(reals.abs(reals.load(place)))
  f.for(row, next, m, 1, () => {
    f.set(largest, reals.max(largest, reals.abs(elementOf(reals, vectors, row, k))))
  })
  const power = f.local(reals.power(largest))
  const inverse = f.local(reals.div(reals.const(1), power))
  const squares = f.local(reals.const(0))
  f.for(row, next, m, 1, () => {
    const element = f.local(reals.mul(elementOf(reals, vectors, row, k), inverse))
    f.set(squares, reals.add(squares, reals.mul(element, element)))
  })
  const alpha = f.local(reals.mul(reals.load(place), inverse))
  const tau = f.local(reals.const(0))
  f.if(reals.ne(squares, reals.const(0)), () => {
    const norm = reals.sqrt(reals.add(reals.mul(alpha, alpha), squares))
    const beta = f.local(reals.neg(reals.copysign(norm, alpha)))
    const divisor = f.local(reals.sub(alpha, beta))
    f.set(tau, reals.div(reals.neg(divisor), beta))
    f.for(row, next, m, 1, () => {
      const address = f.int(addressOf(reals, vectors, row, k))
      f.do(reals.store(address, reals.div(reals.mul(reals.load(address), inverse), divisor)))
    })
    f.do(reals.store(place, reals.mul(beta, power)))
  })
  f.do(reals.store(i32.add(factors, i32.mul(k, reals.bytes)), tau))
}

/** Rows from k on and columns from a given one on: T ← T − τ·v·(vᵀ·T). */
function emitReflection(
  f: FunctionBuilder,
  reals: Reals,
  { vectors, factors, work, m }: Householder,
  target: Matrix,
  k: Local<'i32'>,
  column: Local<'i32'>,
): void {
  const [row, next] = [f.local('i32'), f.int(i32.add(k, 1))]
  const count = f.int(i32.sub(target.columns, column))
  const factor = f.local(reals.dtype) as RealLocal
  const part = (at: Pointer) => addressOf(reals, target, at, column)
  copyRow(f, reals, work, part(k), count)
  f.for(row, next, m, 1, () => {
    f.set(factor, elementOf(reals, vectors, row, k))
    addRow(f, reals, work, part(row), factor, count)
  })
  const tau = f.local(reals.neg(reals.load(i32.add(factors, i32.mul(k, reals.bytes)))))
  addRow(f, reals, part(k), work, tau, count)
  f.for(row, next, m, 1, () => {
    f.set(factor, reals.mul(tau, elementOf(reals, vectors, row, k)))
    addRow(f, reals, part(row), work, factor, count)
  })
}

/** The upper triangle of the first rows, zero below. */
function emitUpper(f: FunctionBuilder, reals: Reals, from: Matrix, start: Pointer): void {
  const [row, to] = [f.local('i32'), { start, columns: from.columns }]
  f.for(row, 0, from.columns, 1, () => {
    fillRow(f, reals, addressOf(reals, to, row, 0), reals.const(0), row)
    const count = i32.sub(from.columns, row)
    copyRow(f, reals, addressOf(reals, to, row, row), addressOf(reals, from, row, row), count)
  })
}

/** The first columns of the identity. */
export function emitIdentity(f: FunctionBuilder, reals: Reals, matrix: Matrix, rows: number): void {
  fillRow(f, reals, matrix.start, reals.const(0), rows * matrix.columns)
  const k = f.local('i32')
  f.for(k, 0, Math.min(rows, matrix.columns), 1, () =>
    f.do(reals.store(addressOf(reals, matrix, k, k), reals.const(1))),
  )
}
