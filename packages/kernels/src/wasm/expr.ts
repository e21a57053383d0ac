import type { Bytes } from './bytes.js'

/** The value types of WebAssembly that kernels use. */
export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

/** Code that leaves one value of a type on the stack. Emitting it twice computes it twice. */
export interface Expr<T extends Type = Type> {
  readonly type: T
  emit(code: Bytes): void
}

/** Code that leaves nothing on the stack. */
export interface Statement {
  emit(code: Bytes): void
}

/** An i32 expression, or a number that stands for a constant. */
export type I32 = Expr<'i32'> | number

/** An expression from its parts. */
export const expr = <T extends Type>(type: T, emit: (code: Bytes) => void): Expr<T> => ({ type, emit })

/** An i32 constant. */
const i32Const = (value: number): Expr<'i32'> =>
  expr('i32', code => {
    code.byte(0x41)
    code.signed(value | 0)
  })

/** An i32 expression of a number or expression. */
export const int = (value: I32): Expr<'i32'> => (typeof value === 'number' ? i32Const(value) : value)

const SELECT = new Uint8Array([0x1b])
/** The untyped form does not take vectors. */
const SELECT_V128 = new Uint8Array([0x1c, 0x01, 0x7b])

/** Chooses `a` where the condition is not 0, without branching; both are evaluated. */
export const select = <T extends Type>(a: Expr<T>, b: Expr<T>, condition: I32): Expr<T> =>
  expr(a.type, code => {
    a.emit(code)
    b.emit(code)
    int(condition).emit(code)
    code.append(a.type === 'v128' ? SELECT_V128 : SELECT)
  })
