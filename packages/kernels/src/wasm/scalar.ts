import { type Expr, expr, type I32, int, type Statement } from './expr.js'
import { binary, load, store, unary } from './instruction.js'

const i32binary = (plain: number) => {
  const build = binary<'i32', 'i32', 'i32'>('i32', { plain })
  return (a: I32, b: I32): Expr<'i32'> => build(int(a), int(b))
}

/** i32 instructions. */
export const i32 = {
  const: (value: number): Expr<'i32'> => int(value),
  load: load('i32', { plain: 0x28 }),
  load8u: load('i32', { plain: 0x2d }),
  store: (address: I32, value: I32, offset = 0): Statement =>
    store<'i32'>({ plain: 0x36 })(address, int(value), offset),
  store8: (address: I32, value: I32, offset = 0): Statement =>
    store<'i32'>({ plain: 0x3a })(address, int(value), offset),
  eqz: (a: I32): Expr<'i32'> => unary<'i32', 'i32'>('i32', { plain: 0x45 })(int(a)),
  eq: i32binary(0x46),
  ne: i32binary(0x47),
  ltS: i32binary(0x48),
  ltU: i32binary(0x49),
  gtS: i32binary(0x4a),
  gtU: i32binary(0x4b),
  leS: i32binary(0x4c),
  leU: i32binary(0x4d),
  geS: i32binary(0x4e),
  geU: i32binary(0x4f),
  add: i32binary(0x6a),
  sub: i32binary(0x6b),
  mul: i32binary(0x6c),
  divS: i32binary(0x6d),
  divU: i32binary(0x6e),
  remU: i32binary(0x70),
  and: i32binary(0x71),
  or: i32binary(0x72),
  xor: i32binary(0x73),
  shl: i32binary(0x74),
  shrS: i32binary(0x75),
  shrU: i32binary(0x76),
  wrapI64: unary<'i64', 'i32'>('i32', { plain: 0xa7 }),
  truncF64S: unary<'f64', 'i32'>('i32', { plain: 0xaa }),
  reinterpretF32: unary<'f32', 'i32'>('i32', { plain: 0xbc }),
}

const i64binary = (plain: number) => binary<'i64', 'i64', 'i64'>('i64', { plain })
const i64compare = (plain: number) => binary<'i64', 'i64', 'i32'>('i32', { plain })

/** i64 instructions. */
export const i64 = {
  const: (value: bigint): Expr<'i64'> =>
    expr('i64', code => {
      code.byte(0x42)
      code.signed(BigInt.asIntN(64, value))
    }),
  load: load('i64', { plain: 0x29 }),
  store: store<'i64'>({ plain: 0x37 }),
  eqz: unary<'i64', 'i32'>('i32', { plain: 0x50 }),
  eq: i64compare(0x51),
  ne: i64compare(0x52),
  ltS: i64compare(0x53),
  ltU: i64compare(0x54),
  gtS: i64compare(0x55),
  gtU: i64compare(0x56),
  clz: unary<'i64', 'i64'>('i64', { plain: 0x79 }),
  add: i64binary(0x7c),
  sub: i64binary(0x7d),
  mul: i64binary(0x7e),
  and: i64binary(0x83),
  or: i64binary(0x84),
  xor: i64binary(0x85),
  shl: i64binary(0x86),
  shrS: i64binary(0x87),
  shrU: i64binary(0x88),
  extendI32S: unary<'i32', 'i64'>('i64', { plain: 0xac }),
  extendI32U: unary<'i32', 'i64'>('i64', { plain: 0xad }),
  reinterpretF64: unary<'f64', 'i64'>('i64', { plain: 0xbd }),
}

const scalarFloat = <T extends 'f32' | 'f64'>(type: T, first: number, compare: number) => {
  const one = (k: number) => unary<T, T>(type, { plain: first + k })
  const two = (k: number) => binary<T, T, T>(type, { plain: first + k })
  const test = (k: number) => binary<T, T, 'i32'>('i32', { plain: compare + k })
  return {
    eq: test(0),
    ne: test(1),
    lt: test(2),
    gt: test(3),
    le: test(4),
    ge: test(5),
    abs: one(0),
    neg: one(1),
    ceil: one(2),
    floor: one(3),
    trunc: one(4),
    nearest: one(5),
    sqrt: one(6),
    add: two(7),
    sub: two(8),
    mul: two(9),
    div: two(10),
    min: two(11),
    max: two(12),
    copysign: two(13),
  }
}

const constant = <T extends 'f32' | 'f64'>(type: T, op: number, bytes: number) => {
  return (value: number): Expr<T> =>
    expr(type, code => {
      const view = new DataView(new ArrayBuffer(bytes))
      if (bytes === 4) view.setFloat32(0, value, true)
      else view.setFloat64(0, value, true)
      code.byte(op)
      code.append(new Uint8Array(view.buffer))
    })
}

/** f32 instructions. */
export const f32 = {
  const: constant('f32', 0x43, 4),
  load: load('f32', { plain: 0x2a }),
  store: store<'f32'>({ plain: 0x38 }),
  convertI32S: unary<'i32', 'f32'>('f32', { plain: 0xb2 }),
  demoteF64: unary<'f64', 'f32'>('f32', { plain: 0xb6 }),
  reinterpretI32: unary<'i32', 'f32'>('f32', { plain: 0xbe }),
  ...scalarFloat('f32', 0x8b, 0x5b),
}

/** f64 instructions. */
export const f64 = {
  const: constant('f64', 0x44, 8),
  load: load('f64', { plain: 0x2b }),
  store: store<'f64'>({ plain: 0x39 }),
  convertI32S: unary<'i32', 'f64'>('f64', { plain: 0xb7 }),
  convertI64S: unary<'i64', 'f64'>('f64', { plain: 0xb9 }),
  convertI64U: unary<'i64', 'f64'>('f64', { plain: 0xba }),
  promoteF32: unary<'f32', 'f64'>('f64', { plain: 0xbb }),
  reinterpretI64: unary<'i64', 'f64'>('f64', { plain: 0xbf }),
  ...scalarFloat('f64', 0x99, 0x61),
}

/** Copies so many bytes; the two ranges may overlap. */
export const memoryCopy = (to: I32, from: I32, bytes: I32): Statement => ({
  emit(code) {
    for (const operand of [to, from, bytes]) int(operand).emit(code)
    code.append(new Uint8Array([0xfc, 0x0a, 0, 0]))
  },
})
