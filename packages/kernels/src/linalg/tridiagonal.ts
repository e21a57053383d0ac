/**
 * Reduction of a symmetric matrix to a tridiagonal one, A = Q·T·Qᵀ, by Householder reflections H = I − τ·v·vᵀ, v₁ = 1
 * (Golub & Van Loan, Matrix Computations, 4th ed., §8.3). Row k is column k, so everything goes along rows.
 */
import { type FunctionBuilder, f64, i32, type Local } from '../wasm/index.js'
import { emitIdentity } from './qr.js'
import { addRow, addressOf, dotRows, type Matrix, type Pointer, scaleRow } from './real.js'
import { type F64, wide } from './wide.js'

/** Lists of n numbers, f64. */
export interface Tridiagonal {
  readonly diagonal: Pointer
  /** Element k stands between k and k + 1. */
  readonly beside: Pointer
}

/** The k-th of a list of f64. */
export const itemOf = (list: Pointer, k: Pointer) => i32.add(list, i32.shl(k, 3))

/** Where T goes, and working space: a list for τ and one for products. */
interface Space extends Tridiagonal {
  readonly factors: Pointer
  readonly products: Pointer
}

/** Reduces A, which is overwritten, and makes Qᵀ. */
export function emitTridiagonal(f: FunctionBuilder, a: Matrix, qt: Matrix, space: Space): void {
  const n = a.columns
  const [k, row] = [f.local('i32'), f.local('i32')]
  f.for(k, 0, n, 1, () => {
    const next = f.int(i32.add(k, 1))
    const count = f.int(i32.sub(n, next))
    f.do(f64.store(itemOf(space.diagonal, k), f64.load(addressOf(wide, a, k, k))))
    f.if(i32.ltU(next, n), () => {
      const v = f.int(addressOf(wide, a, k, next))
      const tau = emitVector(f, v, count, itemOf(space.beside, k))
      f.do(f64.store(itemOf(space.factors, k), tau))
      f.if(f64.ne(tau, f64.const(0)), () => emitUpdate(f, a, space.products, { v, tau, next, count }))
    })
  })
  // Qᵀ = I·Hₙ₋₂·…·H₀; rows and columns up to k are not touched yet when Hₖ comes.
  emitIdentity(f, wide, qt, n)
  const step = f.local('i32')
  f.for(step, 1, n, 1, () => {
    f.set(k, i32.sub(n - 1, step))
    const next = f.int(i32.add(k, 1))
    const count = f.int(i32.sub(n, next))
    const tau = f.local(f64.load(itemOf(space.factors, k)))
    f.for(row, next, n, 1, () => {
      const target = f.int(addressOf(wide, qt, row, next))
      const v = f.int(addressOf(wide, a, k, next))
      const part = dotRows(f, wide, target, v, count) as F64
      addRow(f, wide, target, v, f.local(f64.neg(f64.mul(tau, part))), count)
    })
  })
}

/** A row becomes the v that makes it zero but for its first element, which goes beside the diagonal; returns τ. */
function emitVector(f: FunctionBuilder, v: Pointer, count: Pointer, beside: ReturnType<typeof itemOf>): F64 {
  const [tau, alpha] = [f.local(f64.const(0)), f.local(f64.load(v))]
  const rest = f.int(i32.add(v, 8))
  const others = f.int(i32.sub(count, 1))
  const squares = dotRows(f, wide, rest, rest, others) as F64
  const beta = f.local(alpha)
  f.if(f64.ne(squares, f64.const(0)), () => {
    const norm = f64.sqrt(f64.add(f64.mul(alpha, alpha), squares))
    f.set(beta, f64.neg(f64.copysign(norm, alpha)))
    f.set(tau, f64.div(f64.sub(beta, alpha), beta))
    scaleRow(f, wide, rest, f.local(f64.div(f64.const(1), f64.sub(alpha, beta))), others)
  })
  f.do(f64.store(beside, beta))
  f.do(f64.store(v, f64.const(1)))
  return tau
}

/** What is left of A becomes H·A·H = A − v·wᵀ − w·vᵀ with p = τ·A·v, w = p − ½τ·(pᵀ·v)·v. */
function emitUpdate(
  f: FunctionBuilder,
  a: Matrix,
  products: Pointer,
  {
    v,
    tau,
    next,
    count,
  }: { readonly v: Pointer; readonly tau: F64; readonly next: Local<'i32'>; readonly count: Pointer },
): void {
  const [row, target] = [f.local('i32'), f.local('i32')]
  const element = (list: Pointer) => f64.load(itemOf(list, f.int(i32.sub(row, next))))
  f.set(target, products)
  f.for(row, next, a.columns, 1, () => {
    const product = dotRows(f, wide, addressOf(wide, a, row, next), v, count) as F64
    f.do(f64.store(target, f64.mul(tau, product)))
    f.increase(target, 8)
  })
  const along = dotRows(f, wide, products, v, count) as F64
  const factor = f.local(f64.mul(f64.const(-0.5), f64.mul(tau, along)))
  addRow(f, wide, products, v, factor, count)
  f.for(row, next, a.columns, 1, () => {
    const into = f.int(addressOf(wide, a, row, next))
    addRow(f, wide, into, products, f.local(f64.neg(element(v))), count)
    addRow(f, wide, into, v, f.local(f64.neg(element(products))), count)
  })
}
