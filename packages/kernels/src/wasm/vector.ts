import { type Expr, expr, type I32, int, type Statement, type Type } from './expr.js'
import { binary, load, memarg, type Opcode, opcode, store, unary } from './instruction.js'

const ternary =
  (op: Opcode) =>
  (a: Expr<'v128'>, b: Expr<'v128'>, c: Expr<'v128'>): Expr<'v128'> =>
    expr('v128', code => {
      a.emit(code)
      b.emit(code)
      c.emit(code)
      opcode(code, op)
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
const vv = (simd: number) => binary<'v128', 'v128', 'v128'>('v128', { simd })
const v = (simd: number) => unary<'v128', 'v128'>('v128', { simd })
const shift = (simd: number) => {
  const build = binary<'v128', 'i32', 'v128'>('v128', { simd })
  return (a: Expr<'v128'>, by: I32): Expr<'v128'> => build(a, int(by))
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
  /** Products of the lower two lanes of i32 as unsigned numbers. */
  extmulLowI32x4U: vv(222),
  /** Products of the upper two lanes of i32 as unsigned numbers. */
  extmulHighI32x4U: vv(223),
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
