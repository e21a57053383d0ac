// What eigenvalues and singular values share: numbers of dtype f32 are computed as f64.
import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type FunctionBuilder,
  f32,
  f64,
  type I32,
  i32,
  type Local,
  type Statement,
} from '../wasm/index.js'
import { type Pointer, realsOf } from './real.js'

/** A number while it is computed with. */
export type F64 = Local<'f64'>

/** f64, in which all is computed. */
export const wide = realsOf.f64

/** A number of a dtype, as f64. */
export const loadWide = (dtype: FloatDType, address: I32): Expr<'f64'> =>
  dtype === 'f64' ? f64.load(address) : f64.promoteF32(f32.load(address))

/** Stores an f64 as a number of a dtype. */
export const storeNarrow = (dtype: FloatDType, address: I32, value: Expr<'f64'>): Statement =>
  dtype === 'f64' ? f64.store(address, value) : f32.store(address, f32.demoteF64(value))

/** Bytes of so many f64, and room behind them. */
export const wideBytes = (count: number): number => Math.ceil((count * 8 + 16) / 16) * 16

/** Sorts the first n of a list of f64 by selection, and calls for each exchange of two. */
export function emitSelectionSort(
  f: FunctionBuilder,
  list: Pointer,
  n: number,
  before: (a: Expr<'f64'>, b: Expr<'f64'>) => Expr<'i32'>,
  exchange: (i: Pointer, j: Pointer) => void,
): void {
  const [i, j, chosen] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const at = (k: Pointer) => i32.add(list, i32.shl(k, 3))
  f.for(i, 0, n, 1, () => {
    f.set(chosen, i)
    f.for(j, i32.add(i, 1), n, 1, () => {
      f.if(before(f64.load(at(j)), f64.load(at(chosen))), () => f.set(chosen, j))
    })
    f.if(i32.ne(chosen, i), () => {
      const kept = f.local(f64.load(at(i)))
      f.do(f64.store(at(i), f64.load(at(chosen))))
      f.do(f64.store(at(chosen), kept))
      exchange(i, chosen)
    })
  })
}
