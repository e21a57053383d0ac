import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  type I32,
  i32,
  i64,
  type Local,
  type Statement,
  v128,
} from '../wasm/index.js'

export type Pointer = Local<'i32'>
/** A floating-point number of either dtype. */
export type Real = Expr<'f32' | 'f64'>
export type RealLocal = Local<'f32' | 'f64'>

/** Arithmetic on numbers or on vectors of them. */
export interface Arithmetic<T extends Expr> {
  load(address: I32, offset?: number): T
  store(address: I32, value: T, offset?: number): Statement
  add(a: T, b: T): T
  sub(a: T, b: T): T
  mul(a: T, b: T): T
  div(a: T, b: T): T
  /** A number in every lane. */
  splat(a: Real): T
}

/** Scalar instructions of one dtype, and its vectors. */
export interface Reals extends Arithmetic<Real> {
  readonly dtype: FloatDType
  readonly bytes: number
  /** Elements in a vector. */
  readonly lanes: number
  readonly vectors: Arithmetic<Expr<'v128'>> & { extract(a: Expr<'v128'>, lane: number): Real }
  const(value: number): Real
  abs(a: Real): Real
  max(a: Real, b: Real): Real
  /** The power of two at or below a positive number; the smallest normal number for 0 and what lies below it. */
  power(a: Real): Real
  neg(a: Real): Real
  sqrt(a: Real): Real
  copysign(a: Real, sign: Real): Real
  eq(a: Real, b: Real): Expr<'i32'>
  ne(a: Real, b: Real): Expr<'i32'>
  gt(a: Real, b: Real): Expr<'i32'>
}

const vectors = { load: v128.load, store: v128.store }
const same = { splat: (a: Real) => a }

/** The arithmetic of each dtype. */
export const realsOf: Readonly<Record<FloatDType, Reals>> = {
  f32: {
    ...{ ...f32, ...same, dtype: 'f32', bytes: 4, lanes: 4, vectors: { ...f32x4, ...vectors } },
    power: (a: Expr<'f32'>) =>
      f32.max(f32.reinterpretI32(i32.and(i32.reinterpretF32(a), 0x7f800000)), f32.const(2 ** -126)),
  } as Reals,
  f64: {
    ...{ ...f64, ...same, dtype: 'f64', bytes: 8, lanes: 2, vectors: { ...f64x2, ...vectors } },
    power: (a: Expr<'f64'>) =>
      f64.max(
        f64.reinterpretI64(i64.and(i64.reinterpretF64(a), i64.const(0x7ff0000000000000n))),
        f64.const(2 ** -1022),
      ),
  } as Reals,
}

/** A matrix in row-major order at an address. */
export interface Matrix {
  readonly start: Pointer
  readonly columns: number
}

/** Address of an element. */
export const addressOf = ({ bytes }: Reals, { start, columns }: Matrix, row: I32, column: I32) =>
  i32.add(start, i32.mul(i32.add(i32.mul(row, columns), column), bytes))

/** An element. */
export const elementOf = (reals: Reals, matrix: Matrix, row: I32, column: I32) =>
  reals.load(addressOf(reals, matrix, row, column))

/**
 * Goes along rows, a vector at a time and then an element at a time, so that nothing past their ends is touched. The
 * body is emitted for both.
 */
export function alongRows(
  f: FunctionBuilder,
  reals: Reals,
  rows: readonly Expr<'i32'>[],
  count: I32,
  body: <T extends Expr>(arithmetic: Arithmetic<T>, at: readonly Pointer[]) => void,
): void {
  const cursors = rows.map(row => f.int(row))
  const first = cursors[0] as Pointer
  const end = f.int(i32.add(first, i32.mul(count, reals.bytes)))
  const whole = f.int(i32.add(first, i32.mul(i32.and(count, -reals.lanes), reals.bytes)))
  f.while(i32.ltU(first, whole), () => {
    body(reals.vectors, cursors)
    for (const cursor of cursors) f.increase(cursor, 16)
  })
  f.while(i32.ltU(first, end), () => {
    body(reals, cursors)
    for (const cursor of cursors) f.increase(cursor, reals.bytes)
  })
}

/** target ← source. */
export const copyRow = (
  f: FunctionBuilder,
  reals: Reals,
  target: Expr<'i32'>,
  source: Expr<'i32'>,
  count: I32,
) =>
  alongRows(f, reals, [target, source], count, (a, [to, from]) =>
    f.do(a.store(to as Pointer, a.load(from as Pointer))),
  )

/** target ← value. */
export const fillRow = (f: FunctionBuilder, reals: Reals, target: Expr<'i32'>, value: Real, count: I32) =>
  alongRows(f, reals, [target], count, (a, [to]) => f.do(a.store(to as Pointer, a.splat(value))))

/** target ← target + a·source. */
export const addRow = (
  f: FunctionBuilder,
  reals: Reals,
  target: Expr<'i32'>,
  source: Expr<'i32'>,
  factor: RealLocal,
  count: I32,
) =>
  alongRows(f, reals, [target, source], count, (a, [to, from]) =>
    f.do(
      a.store(to as Pointer, a.add(a.load(to as Pointer), a.mul(a.splat(factor), a.load(from as Pointer)))),
    ),
  )

/** target ← target·source, element by element. */
export const mulRow = (
  f: FunctionBuilder,
  reals: Reals,
  target: Expr<'i32'>,
  source: Expr<'i32'>,
  count: I32,
) =>
  alongRows(f, reals, [target, source], count, (a, [to, from]) =>
    f.do(a.store(to as Pointer, a.mul(a.load(to as Pointer), a.load(from as Pointer)))),
  )

/** target ← target ÷ source, element by element. */
export const divRow = (
  f: FunctionBuilder,
  reals: Reals,
  target: Expr<'i32'>,
  source: Expr<'i32'>,
  count: I32,
) =>
  alongRows(f, reals, [target, source], count, (a, [to, from]) =>
    f.do(a.store(to as Pointer, a.div(a.load(to as Pointer), a.load(from as Pointer)))),
  )

/** target ← a·target. */
export const scaleRow = (
  f: FunctionBuilder,
  reals: Reals,
  target: Expr<'i32'>,
  factor: RealLocal,
  count: I32,
) =>
  alongRows(f, reals, [target], count, (a, [to]) =>
    f.do(a.store(to as Pointer, a.mul(a.splat(factor), a.load(to as Pointer)))),
  )

/** Two rows change places. */
export function swapRows(f: FunctionBuilder, reals: Reals, x: Expr<'i32'>, y: Expr<'i32'>, count: I32): void {
  alongRows(f, reals, [x, y], count, (a, [left, right]) => {
    const kept = f.local(a.load(left as Pointer))
    f.do(a.store(left as Pointer, a.load(right as Pointer)))
    f.do(a.store(right as Pointer, kept as never))
  })
}

/** Rows x and y ← c·x − s·y and s·x + c·y. */
export function rotateRows(
  f: FunctionBuilder,
  reals: Reals,
  [x, y]: readonly [Expr<'i32'>, Expr<'i32'>],
  [cosine, sine]: readonly [RealLocal, RealLocal],
  count: I32,
): void {
  alongRows(f, reals, [x, y], count, (a, [left, right]) => {
    const u = f.local(a.load(left as Pointer)) as never
    const v = f.local(a.load(right as Pointer)) as never
    const [c, s] = [a.splat(cosine), a.splat(sine)]
    f.do(a.store(left as Pointer, a.sub(a.mul(c, u), a.mul(s, v))))
    f.do(a.store(right as Pointer, a.add(a.mul(s, u), a.mul(c, v))))
  })
}

/** Σ x·y: the lanes of vectors first, then the elements that are left. */
export function dotRows(
  f: FunctionBuilder,
  reals: Reals,
  x: Expr<'i32'>,
  y: Expr<'i32'>,
  count: I32,
): RealLocal {
  const lanes = f.local('v128')
  const total = f.local(reals.dtype) as RealLocal
  f.set(lanes, v128.const(new Uint8Array(16)))
  f.set(total, reals.const(0))
  alongRows(f, reals, [x, y], count, (a, [left, right]) => {
    const product = a.mul(a.load(left as Pointer), a.load(right as Pointer))
    const sum = product.type === 'v128' ? lanes : total
    f.set(sum as Local, a.add(sum as never, product))
  })
  for (let lane = 0; lane < reals.lanes; lane++) {
    f.set(total, reals.add(total, reals.vectors.extract(lanes, lane)))
  }
  return total
}

/** The largest absolute value of a list; NaN if one is NaN. */
export function emitLargest(f: FunctionBuilder, reals: Reals, start: Pointer, count: number): RealLocal {
  const [largest, cursor] = [f.local(reals.const(0)), f.int(start)]
  f.for(f.local('i32'), 0, count, 1, () => {
    f.set(largest, reals.max(largest, reals.abs(reals.load(cursor))))
    f.increase(cursor, reals.bytes)
  })
  return largest
}

/**
 * Divides a list by the power of two that brings its largest element, which is given, between 1 and 2, so that squares
 * neither overflow nor vanish; subnormal numbers become as large as that. Returns the power.
 */
export function emitScaling(
  f: FunctionBuilder,
  reals: Reals,
  start: Pointer,
  count: number,
  largest: RealLocal,
): RealLocal {
  const power = f.local(reals.power(largest))
  scaleRow(f, reals, start, f.local(reals.div(reals.const(1), power)), count)
  return power
}
