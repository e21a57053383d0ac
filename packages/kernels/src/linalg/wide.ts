// What eigenvalues and singular values share: numbers of dtype f32 are computed as f64.
import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type FunctionBuilder,
  f32,
  f64,
  type I32,
  i32,
  i64,
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

/** The largest absolute value of a list of f64; NaN if one is NaN. */
export function emitLargest(f: FunctionBuilder, start: Pointer, count: number): F64 {
  const [largest, cursor] = [f.local(f64.const(0)), f.int(start)]
  f.for(f.local('i32'), 0, count, 1, () => {
    f.set(largest, f64.max(largest, f64.abs(f64.load(cursor))))
    f.increase(cursor, 8)
  })
  return largest
}

/** The power of two at or below a positive number; 1 of 0 and of subnormal numbers. */
export function emitPower(f: FunctionBuilder, x: F64): F64 {
  const bits = f.local(i64.and(i64.reinterpretF64(x), i64.const(0x7ff0000000000000n)))
  f.if(i64.eqz(bits), () => f.set(bits, i64.const(0x3ff0000000000000n)))
  return f.local(f64.reinterpretI64(bits))
}

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
