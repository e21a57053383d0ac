import type { Bytes } from './bytes.js'
import { type Expr, expr, type I32, int, type Statement, type Type } from './expr.js'

const SIMD = 0xfd

/** An opcode: one byte, or a number behind the SIMD prefix. */
export type Opcode = { readonly plain: number } | { readonly simd: number }

/** Encodes an opcode. */
export function opcode(code: Bytes, op: Opcode): void {
  if ('plain' in op) {
    code.byte(op.plain)
  } else {
    code.byte(SIMD)
    code.unsigned(op.simd)
  }
}

/** Encodes an instruction with one operand. */
export const unary =
  <A extends Type, R extends Type>(result: R, op: Opcode) =>
  (a: Expr<A>): Expr<R> =>
    expr(result, code => {
      a.emit(code)
      opcode(code, op)
    })

/** Encodes an instruction with two operands. */
export const binary =
  <A extends Type, B extends Type, R extends Type>(result: R, op: Opcode) =>
  (a: Expr<A>, b: Expr<B>): Expr<R> =>
    expr(result, code => {
      a.emit(code)
      b.emit(code)
      opcode(code, op)
    })

/** Encodes the alignment and offset of a memory access; alignment is only a hint, and 0 is always valid. */
export function memarg(code: Bytes, offset: number): void {
  code.unsigned(0)
  code.unsigned(offset)
}

/** Encodes a load at an address and a constant offset. */
export const load =
  <T extends Type>(type: T, op: Opcode) =>
  (address: I32, offset = 0): Expr<T> =>
    expr(type, code => {
      int(address).emit(code)
      opcode(code, op)
      memarg(code, offset)
    })

/** Encodes a store at an address and a constant offset. */
export const store =
  <T extends Type>(op: Opcode) =>
  (address: I32, value: Expr<T>, offset = 0): Statement => ({
    emit(code) {
      int(address).emit(code)
      value.emit(code)
      opcode(code, op)
      memarg(code, offset)
    },
  })
