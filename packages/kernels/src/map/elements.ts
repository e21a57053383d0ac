import { type DType, elementBytes } from '../dtype.js'
import { type I32, i32, i64, type Statement } from '../wasm/index.js'

/** Copies one element, bit by bit. */
export function copyElement(dtype: DType, from: I32, to: I32): Statement {
  switch (elementBytes[dtype]) {
    case 1:
      return i32.store8(to, i32.load8u(from))
    case 8:
      return i64.store(to, i64.load(from))
    default:
      return i32.store(to, i32.load(from))
  }
}
