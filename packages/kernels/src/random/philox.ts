/**
 * Philox4x32-10: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A keyed bijection
 * of counters of four words: each element is a function of its key and its place, so nothing depends on how many were
 * drawn before, or in which order. Integer arithmetic alone, four counters at a time. Not a cipher.
 */
import { elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  v128,
} from '../wasm/index.js'

type Register = Local<'v128'>
type Vector = Expr<'v128'>
type Pointer = Local<'i32'>

/** Words 0 … 3 of four counters, or of four results: lane k belongs to counter k. */
export type Words = readonly [Register, Register, Register, Register]

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const
const WEYL = [0x9e3779b9, 0xbb67ae85] as const
const ROUNDS = 10

/** What is drawn: words, or numbers in [0, 1) of 24 bits (f32, one word each) or 53 bits (f64, two words each). */
export type PhiloxDType = 'i32' | 'f32' | 'f64'

/** Random elements of several keys. */
export interface PhiloxSpec {
  readonly dtype: PhiloxDType
  /** Keys. */
  readonly rows: number
  /** Elements drawn from each key. */
  readonly count: number
  /** The last word of the counters: draws of one key for different purposes. */
  readonly domain: number
}

/**
 * Out[r, k] from the words of philox(counter (block, 0, data[r], domain), key keys[r]) for the blocks 0, 1, …, each of
 * four words. Inputs: keys i32[rows, 2], data i32[rows].
 *
 * @example
 * philox({ dtype: 'f32', rows: 2, count: 5, domain: 0 }).key // → 'philox:f32:2x5:0'
 */
export function philox({ dtype, rows, count, domain }: PhiloxSpec): Kernel {
  const rowBytes = count * elementBytes[dtype]
  const blocks = Math.ceil(rowBytes / 16)
  return {
    key: `philox:${dtype}:${rows}x${count}:${domain}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: rows * blocks * 4 * ROUNDS,
    emit({ f, inputs: [keys, data], outputs: [out] }) {
      if (rows * count === 0) return
      const operands = [keys, data, out] as Pointer[]
      const last = f.local(i32x4.splat(i32.const(domain)))
      const lanes = f.local(v128.const(new Uint8Array(new Int32Array([0, 1, 2, 3]).buffer)))
      const zero = f.local('v128')
      nest(f, [{ length: rows, steps: [8, 4, rowBytes] }], operands, ([key, datum, row]) => {
        const roundKeys = keysOf(f, [i32.load(key as Pointer), i32.load(key as Pointer, 4)])
        const own = f.local(v128.load32Splat(datum as Pointer))
        const [counter, cursor] = [f.local<'v128'>(lanes), f.int(row as Pointer)]
        const group = (live: number) => {
          const words = rounds(f, [counter, zero, own, last], roundKeys)
          // The last vector may reach past the row: into the next one, which is written later, or into the slack.
          transposed(f, words)
            .slice(0, live)
            .forEach((block, k) => {
              f.do(v128.store(cursor, elementsOf[dtype](f, block), 16 * k))
            })
          f.set(counter, i32x4.add(counter, i32x4.splat(i32.const(4))))
          f.increase(cursor, 16 * live)
        }
        f.for(f.local('i32'), 0, Math.floor(blocks / 4), 1, () => group(4))
        if (blocks % 4 > 0) group(blocks % 4)
      })
    },
  }
}

/** The key of every round: the first one plus so many times the Weyl constants. */
export function keysOf(
  f: FunctionBuilder,
  key: readonly [Expr<'i32'>, Expr<'i32'>],
): readonly (readonly [Register, Register])[] {
  const words = key.map(word => f.int(word))
  return Array.from({ length: ROUNDS }, (_, round) => {
    const of = (k: 0 | 1) => f.local(i32x4.splat(i32.add(words[k] as Pointer, Math.imul(round, WEYL[k]))))
    return [of(0), of(1)] as const
  })
}

/** The rounds of Philox on four counters. */
export function rounds(
  f: FunctionBuilder,
  counters: Words,
  keys: readonly (readonly [Register, Register])[],
): Words {
  const factors = MULTIPLIERS.map(factor => f.constant(`splat:${factor}`, i32x4.splat(i32.const(factor))))
  let [c0, c1, c2, c3] = counters
  for (const [k0, k1] of keys) {
    const first = product(f, factors[0] as Register, c0)
    const second = product(f, factors[1] as Register, c2)
    const mixed = f.local(v128.xor(v128.xor(second.high, c1), k0))
    const other = f.local(v128.xor(v128.xor(first.high, c3), k1))
    ;[c0, c1, c2, c3] = [mixed, second.low, other, first.low]
  }
  return [c0, c1, c2, c3]
}

/** Byte numbers of a shuffle of 4-byte words. */
const words = (...list: readonly number[]) => list.flatMap(word => [0, 1, 2, 3].map(byte => 4 * word + byte))

/** The upper and lower words of products of unsigned words. */
function product(f: FunctionBuilder, a: Register, b: Register): { high: Register; low: Register } {
  const [lower, upper] = [f.local(i64x2.extmulLowI32x4U(a, b)), f.local(i64x2.extmulHighI32x4U(a, b))]
  return {
    high: f.local(v128.shuffle(lower, upper, words(1, 3, 5, 7))),
    low: f.local(v128.shuffle(lower, upper, words(0, 2, 4, 6))),
  }
}

/** The four words of each block side by side. */
function transposed(f: FunctionBuilder, [w0, w1, w2, w3]: Words): Register[] {
  const zip = (a: Register, b: Register, from: number) =>
    f.local(v128.shuffle(a, b, words(from, from + 4, from + 1, from + 5)))
  return [0, 2].flatMap(from => {
    const [left, right] = [zip(w0, w1, from), zip(w2, w3, from)]
    return [
      f.local(v128.shuffle(left, right, words(0, 1, 4, 5))),
      f.local(v128.shuffle(left, right, words(2, 3, 6, 7))),
    ]
  })
}

const splatLong = (value: bigint) => i64x2.splat(i64.const(value))
const splatDouble = (value: number) => f64x2.splat(f64.const(value))

/** The elements of a block, all of which are exact. */
const elementsOf: Readonly<Record<PhiloxDType, (f: FunctionBuilder, block: Register) => Vector>> = {
  i32: (_f, block) => block,
  f32: (_f, block) => f32x4.mul(f32x4.convertI32x4S(i32x4.shrU(block, 8)), f32x4.splat(f32.const(2 ** -24))),
  f64(f, block) {
    const integer = f.local(i64x2.shrU(block, 11))
    // Below the point of 2⁵² the low word is itself; below that of 2⁸⁴ the high word counts 2³² times.
    const low = v128.or(v128.and(integer, splatLong(0xffffffffn)), splatLong(0x4330000000000000n))
    const high = v128.or(i64x2.shrU(integer, 32), splatLong(0x4530000000000000n))
    const sum = f64x2.add(f64x2.sub(high, splatDouble(2 ** 84 + 2 ** 52)), low)
    return f64x2.mul(sum, splatDouble(2 ** -53))
  },
}
