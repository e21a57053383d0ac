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

const SIMD = 0xfd

/** Encodes an opcode: one byte, or the SIMD prefix and its number. */
type Opcode = { readonly plain: number } | { readonly simd: number }

function opcode(code: Bytes, op: Opcode): void {
  if ('plain' in op) {
    code.byte(op.plain)
  } else {
    code.byte(SIMD)
    code.unsigned(op.simd)
  }
}

const expr = <T extends Type>(type: T, emit: (code: Bytes) => void): Expr<T> => ({ type, emit })

/** An i32 expression of a number or expression. */
export const int = (value: I32): Expr<'i32'> => (typeof value === 'number' ? i32.const(value) : value)

const unary =
  <A extends Type, R extends Type>(result: R, op: Opcode) =>
  (a: Expr<A>): Expr<R> =>
    expr(result, code => {
      a.emit(code)
      opcode(code, op)
    })

const binary =
  <A extends Type, B extends Type, R extends Type>(result: R, op: Opcode) =>
  (a: Expr<A>, b: Expr<B>): Expr<R> =>
    expr(result, code => {
      a.emit(code)
      b.emit(code)
      opcode(code, op)
    })

const ternary =
  (op: Opcode) =>
  (a: Expr<'v128'>, b: Expr<'v128'>, c: Expr<'v128'>): Expr<'v128'> =>
    expr('v128', code => {
      a.emit(code)
      b.emit(code)
      c.emit(code)
      opcode(code, op)
    })

/** Natural alignment is only a hint in WebAssembly; 0 is always valid. */
function memarg(code: Bytes, offset: number): void {
  code.unsigned(0)
  code.unsigned(offset)
}

const load =
  <T extends Type>(type: T, op: Opcode) =>
  (address: I32, offset = 0): Expr<T> =>
    expr(type, code => {
      int(address).emit(code)
      opcode(code, op)
      memarg(code, offset)
    })

const store =
  <T extends Type>(op: Opcode) =>
  (address: I32, value: Expr<T>, offset = 0): Statement => ({
    emit(code) {
      int(address).emit(code)
      value.emit(code)
      opcode(code, op)
      memarg(code, offset)
    },
  })

const loadLane =
  (op: number) =>
  (address: I32, vector: Expr<'v128'>, lane: number, offset = 0): Expr<'v128'> =>
    expr('v128', code => {
      int(address).emit(code)
      vector.emit(code)
      opcode(code, { simd: op })
      memarg(code, offset)
      code.byte(lane)
    })

const storeLane =
  (op: number) =>
  (address: I32, vector: Expr<'v128'>, lane: number, offset = 0): Statement => ({
    emit(code) {
      int(address).emit(code)
      vector.emit(code)
      opcode(code, { simd: op })
      memarg(code, offset)
      code.byte(lane)
    },
  })

const extract =
  <T extends Type>(type: T, op: number) =>
  (vector: Expr<'v128'>, lane: number): Expr<T> =>
    expr(type, code => {
      vector.emit(code)
      opcode(code, { simd: op })
      code.byte(lane)
    })

const replace =
  <T extends Type>(op: number) =>
  (vector: Expr<'v128'>, lane: number, value: Expr<T>): Expr<'v128'> =>
    expr('v128', code => {
      vector.emit(code)
      value.emit(code)
      opcode(code, { simd: op })
      code.byte(lane)
    })

const i32binary = (plain: number) => {
  const build = binary<'i32', 'i32', 'i32'>('i32', { plain })
  return (a: I32, b: I32): Expr<'i32'> => build(int(a), int(b))
}

const vv = (simd: number) => binary<'v128', 'v128', 'v128'>('v128', { simd })
const v = (simd: number) => unary<'v128', 'v128'>('v128', { simd })
const shift = (simd: number) => {
  const build = binary<'v128', 'i32', 'v128'>('v128', { simd })
  return (a: Expr<'v128'>, by: I32): Expr<'v128'> => build(a, int(by))
}

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

/** i32 instructions. */
export const i32 = {
  const: (value: number): Expr<'i32'> =>
    expr('i32', code => {
      code.byte(0x41)
      code.signed(value | 0)
    }),
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

/** Vector instructions that do not depend on the lanes. */
export const v128 = {
  const: (bytes: Uint8Array): Expr<'v128'> =>
    expr('v128', code => {
      opcode(code, { simd: 12 })
      code.append(bytes)
    }),
  load: load('v128', { simd: 0 }),
  load8x8u: load('v128', { simd: 2 }),
  load8Splat: load('v128', { simd: 7 }),
  load32Splat: load('v128', { simd: 9 }),
  load64Splat: load('v128', { simd: 10 }),
  load32Zero: load('v128', { simd: 92 }),
  load64Zero: load('v128', { simd: 93 }),
  load8Lane: loadLane(84),
  load16Lane: loadLane(85),
  load32Lane: loadLane(86),
  load64Lane: loadLane(87),
  store: store<'v128'>({ simd: 11 }),
  store8Lane: storeLane(88),
  store16Lane: storeLane(89),
  store32Lane: storeLane(90),
  store64Lane: storeLane(91),
  not: v(77),
  and: vv(78),
  /** a AND NOT b. */
  andnot: vv(79),
  or: vv(80),
  xor: vv(81),
  /** Bits of `a` where the mask is 1, of `b` where it is 0. */
  bitselect: ternary({ simd: 82 }),
  anyTrue: unary<'v128', 'i32'>('i32', { simd: 83 }),
  /** Like {@link v128.bitselect} for masks whose bytes are all 0 or all 1; needs relaxed SIMD. */
  relaxedLaneselect: ternary({ simd: 0x109 }),
  /** Byte k of the result is byte `lanes[k]` of the 32 bytes of a and b. */
  shuffle: (a: Expr<'v128'>, b: Expr<'v128'>, lanes: readonly number[]): Expr<'v128'> =>
    expr('v128', code => {
      a.emit(code)
      b.emit(code)
      opcode(code, { simd: 13 })
      for (const lane of lanes) code.byte(lane)
    }),
}

/** Instructions on 16 bytes. */
export const i8x16 = {
  narrowI16x8S: vv(101),
  narrowI16x8U: vv(102),
  swizzle: vv(14),
  eq: vv(35),
  neg: v(97),
  bitmask: unary<'v128', 'i32'>('i32', { simd: 100 }),
}

/** Instructions on 8 lanes of 16 bits. */
export const i16x8 = {
  narrowI32x4S: vv(133),
  narrowI32x4U: vv(134),
  extendLowI8x16S: v(135),
  extendLowI8x16U: v(137),
}

/** Instructions on 4 lanes of i32. */
export const i32x4 = {
  splat: unary<'i32', 'v128'>('v128', { simd: 17 }),
  extract: extract('i32', 27),
  replace: replace<'i32'>(28),
  eq: vv(55),
  ne: vv(56),
  ltS: vv(57),
  gtS: vv(59),
  leS: vv(61),
  geS: vv(63),
  abs: v(160),
  neg: v(161),
  extendLowI16x8S: v(167),
  extendLowI16x8U: v(169),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: vv(174),
  sub: vv(177),
  mul: vv(181),
  minS: vv(182),
  maxS: vv(184),
  truncSatF32x4S: v(248),
  truncSatF64x2SZero: v(252),
}

/** Instructions on 2 lanes of i64. */
export const i64x2 = {
  splat: unary<'i64', 'v128'>('v128', { simd: 18 }),
  extract: extract('i64', 29),
  replace: replace<'i64'>(30),
  extendLowI32x4S: v(199),
  extendLowI32x4U: v(201),
  shl: shift(203),
  shrS: shift(204),
  shrU: shift(205),
  add: vv(206),
  sub: vv(209),
  mul: vv(213),
  eq: vv(214),
  ne: vv(215),
  ltS: vv(216),
  gtS: vv(217),
}

const vectorFloat = <T extends 'f32' | 'f64'>(
  op: {
    splat: number
    extract: number
    compare: number
    round: readonly number[]
    arithmetic: number
    fma: number
  },
  type: T,
) => {
  const [ceil, floor, trunc, nearest] = op.round as [number, number, number, number]
  return {
    splat: unary<T, 'v128'>('v128', { simd: op.splat }),
    extract: extract(type, op.extract),
    replace: replace<T>(op.extract + 1),
    eq: vv(op.compare),
    ne: vv(op.compare + 1),
    lt: vv(op.compare + 2),
    gt: vv(op.compare + 3),
    le: vv(op.compare + 4),
    ge: vv(op.compare + 5),
    ceil: v(ceil),
    floor: v(floor),
    trunc: v(trunc),
    /** To nearest, ties to even. */
    nearest: v(nearest),
    abs: v(op.arithmetic),
    neg: v(op.arithmetic + 1),
    sqrt: v(op.arithmetic + 3),
    add: vv(op.arithmetic + 4),
    sub: vv(op.arithmetic + 5),
    mul: vv(op.arithmetic + 6),
    div: vv(op.arithmetic + 7),
    /** NaN if either is NaN; −0 < +0. */
    min: vv(op.arithmetic + 8),
    max: vv(op.arithmetic + 9),
    /** b < a ? b : a. */
    pmin: vv(op.arithmetic + 10),
    /** a < b ? b : a. */
    pmax: vv(op.arithmetic + 11),
    /** a·b + c, rounded once or twice as the host likes; needs relaxed SIMD. */
    relaxedMadd: ternary({ simd: op.fma }),
    /** −a·b + c, rounded once or twice as the host likes; needs relaxed SIMD. */
    relaxedNmadd: ternary({ simd: op.fma + 1 }),
  }
}

/** Instructions on 4 lanes of f32. */
export const f32x4 = {
  ...vectorFloat(
    { splat: 19, extract: 31, compare: 65, round: [103, 104, 105, 106], arithmetic: 224, fma: 0x105 },
    'f32',
  ),
  convertI32x4S: v(250),
  demoteF64x2Zero: v(94),
}

/** Instructions on 2 lanes of f64. */
export const f64x2 = {
  ...vectorFloat(
    { splat: 20, extract: 33, compare: 71, round: [116, 117, 122, 148], arithmetic: 236, fma: 0x107 },
    'f64',
  ),
  convertLowI32x4S: v(254),
  promoteLowF32x4: v(95),
}
