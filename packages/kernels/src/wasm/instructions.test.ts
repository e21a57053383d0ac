import { describe, expect, test } from 'vitest'
import type { Expr, Statement, Type } from './expr.js'
import { detectFeatures } from './features.js'
import { f32, f32x4, f64, f64x2, i8x16, i16x8, i32, i32x4, i64, i64x2, select, v128 } from './index.js'
import { ModuleBuilder } from './module.js'

/** Runs statements on a memory that begins with these bytes and returns the memory. */
function run(data: ArrayBufferView, ...statements: Statement[]): ArrayBuffer {
  const module = new ModuleBuilder({ fma: true })
  const main = module.define('main', [], [], f => {
    for (const statement of statements) f.do(statement)
  })
  module.export('main', main)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  new Uint8Array(memory.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode({ shared: false })), {
    env: { memory },
  })
  ;(instance.exports.main as () => void)()
  return memory.buffer
}

const OUT = 256
type V = Expr<'v128'>

/** An expression of vectors a (at 0) and b (at 16), run, as an array of a type. */
function vector<T>(
  Type: { new (buffer: ArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
  data: ArrayBufferView,
  make: (a: V, b: V) => V,
): T {
  const memory = run(data, v128.store(OUT, make(v128.load(0), v128.load(16))))
  return new Type(memory, OUT, 16 / Type.BYTES_PER_ELEMENT)
}

type Binary = (x: number, y: number) => number

/** Float instructions by name, as JavaScript computes them in f64. */
const binaries: Record<string, Binary> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  pmin: (x, y) => Math.min(y, x),
  pmax: (x, y) => Math.max(x, y),
}
const even = (x: number) => {
  const r = Math.round(x)
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r
}
const unaries: Record<string, (x: number) => number> = {
  neg: x => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest: even,
}
const tests: Record<string, (x: number, y: number) => boolean> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  gt: (x, y) => x > y,
  le: (x, y) => x <= y,
  ge: (x, y) => x >= y,
}
const left = [1.5, -2.5, 7, Number.NaN]
const right = [2, -2.5, -0.5, 1]

describe.each([
  {
    name: 'f32x4',
    ops: f32x4,
    Floats: Float32Array,
    Ints: Int32Array,
    round: Math.fround,
    pairs: [[0, 1, 2, 3]],
  },
  {
    name: 'f64x2',
    ops: f64x2,
    Floats: Float64Array,
    Ints: BigInt64Array,
    round: (x: number) => x,
    pairs: [
      [0, 1],
      [2, 3],
    ],
  },
])('$name', ({ ops, Floats, Ints, round, pairs }) => {
  const operands = pairs.map(lanes => ({
    lanes,
    data: new Floats([...lanes.map(k => left[k] as number), ...lanes.map(k => right[k] as number)]),
  }))

  test.each(Object.keys(binaries))('%s', name => {
    for (const { lanes, data } of operands) {
      const out = vector(Floats as typeof Float32Array, data, ops[name as 'add'])
      const expected = lanes.map(k =>
        round((binaries[name] as Binary)(left[k] as number, right[k] as number)),
      )
      expect(Array.from(out)).toEqual(expected)
    }
  })

  test.each(Object.keys(unaries))('%s', name => {
    for (const { lanes, data } of operands) {
      const out = vector(Floats as typeof Float32Array, data, a => ops[name as 'neg'](a))
      expect(Array.from(out)).toEqual(
        lanes.map(k => round((unaries[name] as (x: number) => number)(left[k] as number))),
      )
    }
  })

  test.each(Object.keys(tests))('%s', name => {
    for (const { lanes, data } of operands) {
      const out = Array.from(vector(Ints as typeof Int32Array, data, ops[name as 'eq']), Number)
      const holds = tests[name] as (x: number, y: number) => boolean
      expect(out).toEqual(lanes.map(k => (holds(left[k] as number, right[k] as number) ? -1 : 0)))
    }
  })

  test.runIf(detectFeatures().fma)('relaxed multiply-add', () => {
    for (const { lanes, data } of operands) {
      const a = lanes.map(k => left[k] as number)
      const b = lanes.map(k => right[k] as number)
      expect(
        Array.from(vector(Floats as typeof Float32Array, data, (x, y) => ops.relaxedMadd(x, y, x))),
      ).toEqual(a.map((x, k) => x * (b[k] as number) + x))
      expect(
        Array.from(vector(Floats as typeof Float32Array, data, (x, y) => ops.relaxedNmadd(x, y, x))),
      ).toEqual(a.map((x, k) => x - x * (b[k] as number)))
    }
  })
})

const ints = new Int32Array([3, -4, 2 ** 31 - 1, 7, -5, 2, 1, 7])
const lane = (k: number) => [ints[k] as number, ints[k + 4] as number] as const

describe('i32x4', () => {
  const cases: Record<string, Binary> = {
    add: (x, y) => (x + y) | 0,
    sub: (x, y) => (x - y) | 0,
    mul: Math.imul,
    minS: Math.min,
    maxS: Math.max,
    eq: (x, y) => -(x === y),
    ne: (x, y) => -(x !== y),
    ltS: (x, y) => -(x < y),
    gtS: (x, y) => -(x > y),
    leS: (x, y) => -(x <= y),
    geS: (x, y) => -(x >= y),
  }
  test.each(Object.keys(cases))('%s', name => {
    const out = vector(Int32Array, ints, i32x4[name as 'add'])
    // −(false) is −0, which is no other integer.
    expect(Array.from(out)).toEqual([0, 1, 2, 3].map(k => (cases[name] as Binary)(...lane(k)) | 0))
  })

  test('shifts, signs and conversions', () => {
    expect(Array.from(vector(Int32Array, ints, a => i32x4.shl(a, 3)))).toEqual([24, -32, -8, 56])
    expect(Array.from(vector(Int32Array, ints, a => i32x4.shrS(a, 1)))).toEqual([1, -2, 2 ** 30 - 1, 3])
    expect(Array.from(vector(Uint32Array, ints, a => i32x4.shrU(a, 1)))[1]).toBe(2 ** 31 - 2)
    expect(Array.from(vector(Int32Array, ints, a => i32x4.abs(a)))).toEqual([3, 4, 2 ** 31 - 1, 7])
    expect(Array.from(vector(Int32Array, ints, a => i32x4.neg(a)))).toEqual([-3, 4, 1 - 2 ** 31, -7])
    expect(Array.from(vector(Float32Array, ints, a => f32x4.convertI32x4S(a)))).toEqual([3, -4, 2 ** 31, 7])
    expect(Array.from(vector(Float64Array, ints, a => f64x2.convertLowI32x4S(a)))).toEqual([3, -4])
    const floats = new Float32Array([1.9, -1.9, Number.NaN, 1e20])
    expect(Array.from(vector(Int32Array, floats, a => i32x4.truncSatF32x4S(a)))).toEqual([
      1,
      -1,
      0,
      2 ** 31 - 1,
    ])
    expect(Array.from(vector(Float64Array, floats, a => f64x2.promoteLowF32x4(a)))).toEqual([
      Math.fround(1.9),
      Math.fround(-1.9),
    ])
    const doubles = new Float64Array([0.1, -7.9])
    expect(Array.from(vector(Float32Array, doubles, a => f32x4.demoteF64x2Zero(a)))).toEqual(
      [0.1, -7.9, 0, 0].map(Math.fround),
    )
    expect(Array.from(vector(Int32Array, doubles, a => i32x4.truncSatF64x2SZero(a)))).toEqual([0, -7, 0, 0])
  })
})

describe('i64x2', () => {
  const longs = new BigInt64Array([2n ** 40n, -3n, 5n, -3n])
  test('arithmetic, shifts and comparisons', () => {
    const on = (make: (a: V, b: V) => V) =>
      Array.from(vector(BigInt64Array as never, longs, make) as BigInt64Array)
    expect(on(i64x2.add)).toEqual([2n ** 40n + 5n, -6n])
    expect(on(i64x2.sub)).toEqual([2n ** 40n - 5n, 0n])
    expect(on(i64x2.mul)).toEqual([5n * 2n ** 40n, 9n])
    expect(on(i64x2.eq)).toEqual([0n, -1n])
    expect(on(i64x2.ne)).toEqual([-1n, 0n])
    expect(on(i64x2.gtS)).toEqual([-1n, 0n])
    expect(on(i64x2.ltS)).toEqual([0n, 0n])
    expect(on(a => i64x2.shl(a, 2))).toEqual([2n ** 42n, -12n])
    expect(on(a => i64x2.shrS(a, 1))).toEqual([2n ** 39n, -2n])
    expect(on(a => i64x2.shrU(a, 63))).toEqual([0n, 1n])
  })

  test('products of unsigned i32', () => {
    const words = new Uint32Array([0xffffffff, 2, 0xd2511f53, 0, 0xffffffff, 0x80000000, 0xcd9e8d57, 7])
    const product = (k: number) => BigInt(words[k] as number) * BigInt(words[k + 4] as number)
    const on = (make: (a: V, b: V) => V) =>
      Array.from(vector(BigUint64Array as never, words, make) as BigUint64Array)
    expect(on(i64x2.extmulLowI32x4U)).toEqual([product(0), product(1)])
    expect(on(i64x2.extmulHighI32x4U)).toEqual([product(2), product(3)])
  })
})

describe('bytes and bits', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, k) => k * 8)
  const on = (make: (a: V, b: V) => V) => Array.from(vector(Uint8Array, bytes, make))
  const [a, b] = [Array.from(bytes.subarray(0, 16)), Array.from(bytes.subarray(16))]
  const zip = (f: (x: number, y: number) => number) => a.map((x, k) => f(x, b[k] as number) & 0xff)

  test('bitwise', () => {
    expect(on(v128.and)).toEqual(zip((x, y) => x & y))
    expect(on(v128.or)).toEqual(zip((x, y) => x | y))
    expect(on(v128.xor)).toEqual(zip((x, y) => x ^ y))
    expect(on(v128.andnot)).toEqual(zip((x, y) => x & ~y))
    expect(on(x => v128.not(x))).toEqual(a.map(x => ~x & 0xff))
    expect(on((x, y) => v128.bitselect(x, y, v128.xor(x, y)))).toEqual(
      zip((x, y) => (x & (x ^ y)) | (y & ~(x ^ y))),
    )
  })

  test('shuffles, loads and stores of lanes', () => {
    const reversed = Array.from({ length: 16 }, (_, k) => 31 - k)
    expect(on((x, y) => v128.shuffle(x, y, reversed))).toEqual([...b].reverse())
    expect(on(() => v128.load32Zero(4))).toEqual([...a.slice(4, 8), ...new Array<number>(12).fill(0)])
    expect(on(() => v128.load64Zero(8))).toEqual([...a.slice(8), ...new Array<number>(8).fill(0)])
    expect(on(() => v128.load32Splat(4)).slice(8, 12)).toEqual(a.slice(4, 8))
    expect(on(() => v128.load64Splat(8)).slice(8)).toEqual(a.slice(8))
    expect(on(x => v128.load16Lane(2, x, 3)).slice(6, 8)).toEqual(a.slice(2, 4))
    const stored = run(
      bytes,
      v128.store32Lane(OUT, v128.load(0), 2),
      v128.store64Lane(OUT + 8, v128.load(0), 1),
    )
    expect(Array.from(new Uint8Array(stored, OUT, 4))).toEqual(a.slice(8, 12))
    expect(Array.from(new Uint8Array(stored, OUT + 8, 8))).toEqual(a.slice(8))
  })

  test('narrowing and widening', () => {
    const shorts = new Int16Array([300, -5, 7, 0, 255, 256, -300, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const unsigned = Array.from(vector(Uint8Array, shorts, i8x16.narrowI16x8U))
    expect(unsigned.slice(0, 8)).toEqual([255, 0, 7, 0, 255, 255, 0, 1])
    const words = new Int32Array([70000, -5, 7, -70000, 1, 2, 3, 4])
    expect(Array.from(vector(Int16Array, words, i16x8.narrowI32x4S))).toEqual([
      32767, -5, 7, -32768, 1, 2, 3, 4,
    ])
  })
})

describe('scalars', () => {
  const value = <T extends Type>(out: Expr<T>): number => {
    const stores = { i32: i32.store, f32: f32.store, f64: f64.store, i64: i64.store }
    const store = stores[out.type as keyof typeof stores] as (address: number, value: Expr) => Statement
    const memory = run(new Uint8Array(8), store(OUT, out))
    const read = { i32: Int32Array, f32: Float32Array, f64: Float64Array, i64: BigInt64Array }[
      out.type as 'i32'
    ]
    return Number(new read(memory, OUT, 1)[0])
  }
  const of = (x: number) => i32.const(x)

  test.each([
    ['add', i32.add(of(2), -5), -3],
    ['sub', i32.sub(of(2), -5), 7],
    ['mul', i32.mul(of(-3), 5), -15],
    ['divS', i32.divS(of(-7), 2), -3],
    ['divU', i32.divU(of(-1), 2), 2 ** 31 - 1],
    ['remU', i32.remU(of(17), 5), 2],
    ['and', i32.and(of(12), 10), 8],
    ['or', i32.or(of(12), 10), 14],
    ['xor', i32.xor(of(12), 10), 6],
    ['shl', i32.shl(of(3), 4), 48],
    ['shrS', i32.shrS(of(-8), 1), -4],
    ['shrU', i32.shrU(of(-8), 1), 2 ** 31 - 4],
    ['eqz', i32.eqz(of(0)), 1],
    ['ltS', i32.ltS(of(-1), 1), 1],
    ['ltU', i32.ltU(of(-1), 1), 0],
    ['gtS', i32.gtS(of(-1), 1), 0],
    ['gtU', i32.gtU(of(-1), 1), 1],
    ['leS', i32.leS(of(1), 1), 1],
    ['leU', i32.leU(of(2), 1), 0],
    ['geS', i32.geS(of(1), 1), 1],
    ['geU', i32.geU(of(0), 1), 0],
    ['select', select(of(5), of(6), of(0)), 6],
  ] as const)('i32.%s', (_, out, expected) => {
    expect(value(out)).toBe(expected)
  })

  test('i64 and conversions', () => {
    const big = i64.const(2n ** 40n + 9n)
    expect(value(i64.add(big, i64.const(-9n)))).toBe(2 ** 40)
    expect(value(i64.mul(i64.const(3n), i64.const(-4n)))).toBe(-12)
    expect(value(i64.shrU(big, i64.const(40n)))).toBe(1)
    expect(value(i64.clz(big))).toBe(23)
    expect(value(i32.wrapI64(big))).toBe(9)
    expect(value(i32.truncF64S(f64.const(-7.9)))).toBe(-7)
    expect(value(i64.extendI32S(of(-1)))).toBe(-1)
    expect(value(i64.extendI32U(of(-1)))).toBe(2 ** 32 - 1)
    expect(value(f64.convertI64S(i64.const(-3n)))).toBe(-3)
    expect(value(f32.demoteF64(f64.const(0.1)))).toBe(Math.fround(0.1))
    expect(value(f64.promoteF32(f32.const(0.1)))).toBe(Math.fround(0.1))
    expect(value(f64.reinterpretI64(i64.reinterpretF64(f64.const(-1.5))))).toBe(-1.5)
    expect(value(f32.reinterpretI32(i32.reinterpretF32(f32.const(-1.5))))).toBe(-1.5)
    expect(value(f64.nearest(f64.const(2.5)))).toBe(2)
    expect(value(f64.copysign(f64.const(3), f64.const(-0)))).toBe(-3)
    expect(value(f32.sqrt(f32.const(9)))).toBe(3)
  })
})
