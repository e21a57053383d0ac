/**
 * Eigenvalues of a symmetric tridiagonal matrix by the implicit QL algorithm with Wilkinson's shift (Dubrulle, Martin &
 * Wilkinson 1968, Numer. Math. 12; Golub & Van Loan, Matrix Computations, 4th ed., §8.3). Elements of about 1.
 */
import { type FunctionBuilder, f64, i32 } from '../wasm/index.js'
import { addressOf, type Matrix, type Pointer, rotateRows } from './real.js'
import { itemOf, type Tridiagonal } from './tridiagonal.js'
import { type F64, wide } from './wide.js'

/** An element beside the diagonal counts as zero below this part of its neighbours, */
const RELATIVE = 2 ** -53
/** and below this in any case. */
const ABSOLUTE = 2 ** -60
/** Two iterations an eigenvalue are usual. */
const ITERATIONS = 60

/** The diagonal becomes the eigenvalues, in no order; the rows of a matrix are rotated along. */
export function emitImplicitQl(f: FunctionBuilder, tridiagonal: Tridiagonal, rows: Matrix): void {
  const n = rows.columns
  const { diagonal: d, beside: e } = tridiagonal
  const [first, last, open, iteration] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
  const load = (list: Pointer, k: Pointer, offset = 0) => f64.load(itemOf(list, k), offset)
  f.for(first, 0, n, 1, () => {
    f.set(open, i32.const(1))
    f.set(iteration, i32.const(0))
    f.while(i32.and(open, i32.ltU(iteration, ITERATIONS)), () => {
      // The block from `first` ends where the matrix falls apart; what is read past the list's end does not count.
      f.set(last, first)
      const neighbours = f64.add(f64.abs(load(d, last)), f64.abs(load(d, last, 8)))
      const bound = f64.max(f64.mul(f64.const(RELATIVE), neighbours), f64.const(ABSOLUTE))
      const joined = i32.eqz(f64.le(f64.abs(load(e, last)), bound))
      f.while(i32.and(i32.ltU(last, n - 1), joined), () => f.increase(last, 1))
      f.if(
        i32.eq(last, first),
        () => f.set(open, i32.const(0)),
        () => emitStep(f, tridiagonal, rows, first, last),
      )
      f.increase(iteration, 1)
    })
  })
}

/** One step on a block: rotations from its end to its beginning chase a bulge through. */
function emitStep(
  f: FunctionBuilder,
  { diagonal: d, beside: e }: Tridiagonal,
  rows: Matrix,
  first: Pointer,
  last: Pointer,
): void {
  const { add, sub, mul, div, sqrt } = f64
  const one = f64.const(1)
  const load = (list: Pointer, k: Pointer, offset = 0) => f.local(f64.load(itemOf(list, k), offset))
  const root = (x: F64, y: F64) => sqrt(add(mul(x, x), mul(y, y)))
  const [d0, d1, e0, dm] = [load(d, first), load(d, first, 8), load(e, first), load(d, last)] as const
  const half = f.local(div(sub(d1, d0), mul(f64.const(2), e0)))
  const length = f.local(root(half, f.local(one)))
  // The distance of the last element from the shift.
  const g = f.local(add(sub(dm, d0), div(e0, add(half, f64.copysign(length, half)))))
  const [s, c, p, r] = [f.local(one), f.local(one), f.local(f64.const(0)), f.local(one)]
  const k = f.int(i32.sub(last, 1))
  const split = f.int(0)
  f.while(i32.and(i32.eqz(split), i32.geS(k, first)), () => {
    const [dk, ek, above] = [load(d, k), load(e, k), load(d, k, 8)] as const
    const bulge = f.local(mul(s, ek))
    const b = f.local(mul(c, ek))
    f.set(r, root(bulge, g))
    f.do(f64.store(itemOf(e, k), r, 8))
    f.if(
      f64.eq(r, f64.const(0)),
      () => {
        f.do(f64.store(itemOf(d, k), sub(above, p), 8))
        f.set(split, i32.const(1))
      },
      () => {
        f.set(s, div(bulge, r))
        f.set(c, div(g, r))
        f.set(g, sub(above, p))
        const mixed = f.local(add(mul(sub(dk, g), s), mul(f64.const(2), mul(c, b))))
        f.set(p, mul(s, mixed))
        f.do(f64.store(itemOf(d, k), add(g, p), 8))
        f.set(g, sub(mul(c, mixed), b))
        const lower = f.int(addressOf(wide, rows, k, 0))
        rotateRows(f, wide, [lower, i32.add(lower, 8 * rows.columns)], [c, s], rows.columns)
        f.set(k, i32.sub(k, 1))
      },
    )
  })
  f.if(i32.eqz(split), () => {
    f.do(f64.store(itemOf(d, first), sub(f64.load(itemOf(d, first)), p)))
    f.do(f64.store(itemOf(e, first), g))
  })
  f.do(f64.store(itemOf(e, last), f64.const(0)))
}
