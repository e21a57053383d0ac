import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  f64x2,
  type I32,
  type Local,
  type Statement,
  v128,
} from '../wasm/index.js'

type Vector = Expr<'v128'>
type V = Local<'v128'>

/** The vector instructions a matrix product needs, for one dtype. */
export interface Lanes {
  readonly dtype: FloatDType
  /** Bytes of an element. */
  readonly bytes: number
  /** Elements in a vector. */
  readonly count: number
  /** A vector with one element of memory in every lane. */
  splat(address: I32, offset?: number): Vector
  add(a: Vector, b: Vector): Vector
  /** a·b + c: fused, or rounded twice. */
  madd(a: Vector, b: Vector, c: Vector, fused: boolean): Vector
  /** Stores one lane. */
  storeLane(address: I32, vector: Vector, lane: number, offset?: number): Statement
  /** The vector with one lane replaced by an element of memory. */
  loadLane(address: I32, vector: Vector, lane: number, offset?: number): Vector
  /** Columns of the square matrix whose rows are given. */
  transpose(rows: readonly V[], make: (value: Vector) => V): readonly Vector[]
}

/** Byte numbers of a shuffle that moves whole elements; element k of the second operand is `count + k`. */
const shuffleOf = (bytes: number) => (a: Vector, b: Vector, elements: readonly number[]) =>
  v128.shuffle(
    a,
    b,
    elements.flatMap(element => Array.from({ length: bytes }, (_, byte) => element * bytes + byte)),
  )

const shuffle4 = shuffleOf(4)
const shuffle8 = shuffleOf(8)

/** Vector instructions for each floating-point dtype. */
export const lanesOf: Readonly<Record<FloatDType, Lanes>> = {
  f32: {
    dtype: 'f32',
    bytes: 4,
    count: 4,
    splat: v128.load32Splat,
    add: f32x4.add,
    madd: (a, b, c, fused) => (fused ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)),
    storeLane: v128.store32Lane,
    loadLane: v128.load32Lane,
    transpose([a, b, c, d], make) {
      const low = [0, 4, 1, 5]
      const high = [2, 6, 3, 7]
      const [ab, cd] = [make(shuffle4(a as V, b as V, low)), make(shuffle4(c as V, d as V, low))]
      const [AB, CD] = [make(shuffle4(a as V, b as V, high)), make(shuffle4(c as V, d as V, high))]
      const [first, second] = [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
      ] as const
      return [
        shuffle4(ab, cd, first),
        shuffle4(ab, cd, second),
        shuffle4(AB, CD, first),
        shuffle4(AB, CD, second),
      ]
    },
  },
  f64: {
    dtype: 'f64',
    bytes: 8,
    count: 2,
    splat: v128.load64Splat,
    add: f64x2.add,
    madd: (a, b, c, fused) => (fused ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c)),
    storeLane: v128.store64Lane,
    loadLane: v128.load64Lane,
    transpose: ([a, b]) => [shuffle8(a as V, b as V, [0, 2]), shuffle8(a as V, b as V, [1, 3])],
  },
}

/** Stores the first `live` lanes of a vector; how many is known when the code is made. */
export function storePart(
  f: FunctionBuilder,
  lanes: Lanes,
  at: I32,
  vector: Vector,
  live: number,
  offset = 0,
): void {
  if (live >= lanes.count) f.do(v128.store(at, vector, offset))
  else if (live === 1) f.do(lanes.storeLane(at, vector, 0, offset))
  else if (live > 1) {
    f.do(v128.store64Lane(at, vector, 0, offset))
    if (live === 3) f.do(lanes.storeLane(at, vector, 2, offset + 8))
  }
}
