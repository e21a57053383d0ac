import { type DType, elementBytes } from '../dtype.js'
import { type Expr, f32x4, f64x2, type I32, i32x4, type Local, type Statement, v128 } from '../wasm/index.js'

type Vector = Expr<'v128'>

/** What a reduction computes. */
export type ReduceKind = 'sum' | 'prod' | 'max' | 'min'

/** A way to combine vectors of elements, and its neutral element. */
export interface Reduction {
  readonly dtype: DType
  /** Elements in a vector; bools take its lowest 4 bytes. */
  readonly lanes: number
  /** Bytes that a vector takes in memory. */
  readonly stride: number
  /** Of vectors as `load` gives them. */
  combine(a: Local<'v128'>, b: Local<'v128'>): Vector
  /** The neutral element. */
  readonly identity: number
  /** Whether numbers are loaded and stored with the other sign. */
  readonly isNegated: boolean
  load(address: I32, offset?: number): Vector
  store(address: I32, vector: Vector, offset?: number): Statement
  /** Stores the first lane. */
  storeElement(address: I32, vector: Vector): Statement
}

type Combine = Reduction['combine']
type Lanes = typeof f32x4 | typeof f64x2

/**
 * The lesser, NaN if there is one, −0 of zeros that differ: three instructions, where x86 takes eight for `min`. Of numbers that
 * differ each way gives the lesser, of zeros one gives either, and the bits of a NaN stay set.
 */
const lesser =
  ({ pmin }: Lanes): Combine =>
  (a, b) =>
    v128.or(pmin(a, b), pmin(b, a))

// max x = −min −x
const float = (lanes: Lanes): Record<ReduceKind, Combine> => ({
  sum: lanes.add,
  prod: lanes.mul,
  max: lesser(lanes),
  min: lesser(lanes),
})

const combines: Readonly<Record<DType, Readonly<Partial<Record<ReduceKind, Combine>>>>> = {
  f32: float(f32x4),
  f64: float(f64x2),
  i32: { sum: i32x4.add, prod: i32x4.mul, max: i32x4.maxS, min: i32x4.minS },
  bool: { max: v128.or, min: v128.and },
}

const identities: Readonly<Record<ReduceKind, (dtype: DType) => number>> = {
  sum: () => 0,
  prod: () => 1,
  max: dtype => (dtype === 'i32' ? -(2 ** 31) : dtype === 'bool' ? 0 : -Infinity),
  min: dtype => (dtype === 'i32' ? 2 ** 31 - 1 : dtype === 'bool' ? 1 : Infinity),
}

/**
 * The reduction of a kind on a dtype.
 *
 * @throws TypeError for sums and products of bools.
 */
export function reductionOf(kind: ReduceKind, dtype: DType): Reduction {
  const combine = combines[dtype][kind]
  if (!combine) throw new TypeError(`reduce: expected max or min of bool, got ${kind}`)
  const bytes = elementBytes[dtype]
  const lanes = dtype === 'f64' ? 2 : 4
  const packed = bytes === 1
  const isNegated = kind === 'max' && (dtype === 'f32' || dtype === 'f64')
  const { neg } = dtype === 'f64' ? f64x2 : f32x4
  const signed = (vector: Vector) => (isNegated ? neg(vector) : vector)
  const storeLane = { 1: v128.store8Lane, 4: v128.store32Lane, 8: v128.store64Lane }[bytes as 1 | 4 | 8]
  return {
    dtype,
    lanes,
    stride: lanes * bytes,
    combine,
    identity: identities[kind](dtype),
    isNegated,
    load: (address, offset) => signed((packed ? v128.load32Zero : v128.load)(address, offset)),
    store: (address, vector, offset) =>
      packed ? v128.store32Lane(address, vector, 0, offset) : v128.store(address, signed(vector), offset),
    storeElement: (address, vector) => storeLane(address, signed(vector), 0),
  }
}

/** Combines locals as a balanced tree in their order. */
export function combineTree(
  reduction: Pick<Reduction, 'combine'>,
  vectors: readonly Local<'v128'>[],
  make: (value: Vector) => Local<'v128'>,
): Local<'v128'> {
  if (vectors.length === 1) return vectors[0] as Local<'v128'>
  const pairs: Local<'v128'>[] = []
  for (let k = 0; k < vectors.length; k += 2) {
    const [a, b] = [vectors[k] as Local<'v128'>, vectors[k + 1]]
    pairs.push(b ? make(reduction.combine(a, b)) : a)
  }
  return combineTree(reduction, pairs, make)
}

/** Bytes of a vector with the first `count` lanes of all ones. */
export function firstLanes({ dtype }: Reduction, count: number): Uint8Array {
  return new Uint8Array(16).fill(0xff, 0, count * elementBytes[dtype])
}

/** Bytes of a vector of neutral elements, as they are combined. */
export function identityBytes({ dtype, identity: own, isNegated }: Reduction): Uint8Array {
  const identity = isNegated ? -own : own
  switch (dtype) {
    case 'f32':
      return new Uint8Array(new Float32Array(4).fill(identity).buffer)
    case 'f64':
      return new Uint8Array(new Float64Array(2).fill(identity).buffer)
    case 'i32':
      return new Uint8Array(new Int32Array(4).fill(identity).buffer)
    case 'bool':
      return new Uint8Array(16).fill(identity)
  }
}
