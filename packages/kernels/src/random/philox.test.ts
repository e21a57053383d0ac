import { describe, expect, it } from 'vitest'
import type { Kernel } from '../kernel.js'
import { runKernel } from '../testing/run-kernel.js'
import { i32, i32x4, v128 } from '../wasm/index.js'
import { keysOf, philox, rounds, type Words } from './philox.js'

const words = (text: string) => text.split(' ').map(word => Number.parseInt(word, 16))

// `kat_vectors` of Random123 1.14.0 for philox4x32, 10 rounds: counter, key, result.
const known = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const

/** The bijection on one counter of any words. */
const bijection: Kernel = {
  key: 'bijection',
  inputs: 2,
  outputs: 1,
  scratchBytes: 0,
  flops: 0,
  emit({ f, inputs: [counter, key], outputs: [out] }) {
    if (!counter || !key || !out) throw new Error('two inputs and an output')
    const start = [0, 4, 8, 12].map(offset => f.local(i32x4.splat(i32.load(counter, offset))))
    const keys = keysOf(f, [i32.load(key), i32.load(key, 4)])
    rounds(f, start as unknown as Words, keys).forEach((word, k) => {
      // All lanes had the same counter.
      for (const lane of [0, 3]) f.do(v128.store32Lane(out, word, lane, 4 * k))
    })
  },
}

/** Philox by its definition, in whole numbers. */
function textbook(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(word => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map(word => BigInt(word >>> 0)) as [bigint, bigint]
  const mask = 0xffffffffn
  for (let round = 0; round < 10; round++) {
    const [first, second] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n]
    ;[c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & mask, (first >> 32n) ^ c3 ^ k1, first & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return [c0, c1, c2, c3].map(Number)
}

describe('philox4x32-10', () => {
  it.each(known)('%s under %s', (counter, key, result) => {
    const inputs = [counter, key].map(text => Int32Array.from(words(text)))
    const [out] = runKernel(bijection, inputs, [new Int32Array(4)])
    expect(Array.from(out as Int32Array, word => word >>> 0)).toEqual(words(result))
    expect(textbook(words(counter), words(key))).toEqual(words(result))
  })
})

const keys = Int32Array.from([1, -2, 0x7fffffff, -0x80000000, 0, 0])
const data = Int32Array.from([0, -1, 77])

/** The stream of words of a row. */
const stream = (row: number, count: number, domain: number) =>
  Array.from({ length: Math.ceil(count / 4) }, (_, block) =>
    textbook([block, 0, data[row] as number, domain], Array.from(keys.subarray(2 * row, 2 * row + 2))),
  )
    .flat()
    .slice(0, count)

describe.each([0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 33])('%i elements of each key', count => {
  const draw = (dtype: 'i32' | 'f32' | 'f64', out: Int32Array | Float32Array | Float64Array) =>
    Array.from(runKernel(philox({ dtype, rows: 3, count, domain: 5 }), [keys, data], [out])[0] ?? [])
  const rows = [0, 1, 2]

  it('are the words of counters in order', () => {
    const want = rows.flatMap(row => stream(row, count, 5)).map(word => word | 0)
    expect(draw('i32', new Int32Array(3 * count))).toEqual(want)
  })

  it('are in f32 the upper 24 bits of a word', () => {
    const want = rows.flatMap(row => stream(row, count, 5)).map(word => (word >>> 8) * 2 ** -24)
    expect(draw('f32', new Float32Array(3 * count))).toEqual(want)
  })

  it('are in f64 the upper 53 bits of two words', () => {
    const want = rows.flatMap(row => {
      const list = stream(row, 2 * count, 5).map(BigInt)
      return Array.from({ length: count }, (_, k) => {
        const both = (list[2 * k] as bigint) | ((list[2 * k + 1] as bigint) << 32n)
        return Number(both >> 11n) * 2 ** -53
      })
    })
    expect(draw('f64', new Float64Array(3 * count))).toEqual(want)
  })
})
