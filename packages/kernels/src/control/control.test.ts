import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import type { Kernel } from '../kernel.js'
import { f64, i32, type Local } from '../wasm/index.js'
import { branch, repeat, repeatWhile, sample, transfer } from './index.js'

type Address = Local<'i32'>

/** x ← x + by, in f64. */
const add = (by: number): Kernel => ({
  key: `add:${by}`,
  inputs: 0,
  outputs: 1,
  scratchBytes: 0,
  flops: 1,
  emit: ({ f, outputs: [x] }) =>
    f.do(f64.store(x as Address, f64.add(f64.load(x as Address), f64.const(by)))),
})

/** out ← x < limit, as a bool. */
const less = (limit: number): Kernel => ({
  key: `less:${limit}`,
  inputs: 1,
  outputs: 1,
  scratchBytes: 0,
  flops: 1,
  emit: ({ f, inputs: [x], outputs: [out] }) =>
    f.do(i32.store8(out as Address, f64.lt(f64.load(x as Address), f64.const(limit)))),
})

const RECORDS = 4096

/** Runs calls on a memory that begins with these numbers; returns the memory. */
function run(kernels: readonly Kernel[], calls: readonly KernelCall[], numbers: readonly number[]) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  new Float64Array(memory.buffer).set(numbers)
  const records = encodeCalls(calls)
  new Int32Array(memory.buffer, RECORDS).set(records)
  const module = new WebAssembly.Module(assemble(kernels, { fma: false }, { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  ;(exports.run as (begin: number, end: number) => void)(RECORDS, RECORDS + records.byteLength)
  return memory.buffer
}

const call = (
  kernel: number,
  inputs: number[],
  outputs: number[],
  lists: KernelCall[][] = [],
): KernelCall => ({
  kernel,
  inputs,
  outputs,
  scratch: 0,
  lists,
})

const COUNTER = 1024
const CONDITION = 1032

describe('loops and branches over lists of calls', () => {
  test('repeat runs its list so many times, and loops nest', () => {
    const kernels = [repeat({ times: 7 }), repeat({ times: 5 }), repeat({ times: 0 }), add(1), add(100)]
    const inner = call(1, [], [COUNTER + 4], [[call(3, [], [0])]])
    const never = call(2, [], [COUNTER + 8], [[call(3, [], [0])]])
    const buffer = run(
      kernels,
      [call(0, [], [COUNTER], [[inner, never, call(4, [], [8])]]), call(3, [], [0])],
      [0, 0],
    )
    expect(Array.from(new Float64Array(buffer, 0, 2))).toEqual([36, 700])
  })

  test('branch runs one list or the other', () => {
    const kernels = [branch(), add(1), add(10), add(100)]
    for (const condition of [0, 1]) {
      const buffer = run(
        [...kernels],
        [call(0, [8], [], [[call(1, [], [0])], [call(2, [], [0]), call(3, [], [0])]])],
        [0, condition === 1 ? 1.0000000000000002 : 0],
      )
      // The first byte of 1 + 2⁻⁵² is 1, that of 0 is 0.
      expect(new Float64Array(buffer)[0]).toBe(condition === 1 ? 1 : 110)
    }
  })

  test('repeatWhile runs the second list while the first says so', () => {
    const kernels = [repeatWhile(), less(4.5), add(1)]
    const loop = call(0, [CONDITION], [], [[call(1, [0], [CONDITION])], [call(2, [], [0])]])
    expect(new Float64Array(run(kernels, [loop], [0]))[0]).toBe(5)
    expect(new Float64Array(run(kernels, [loop], [9]))[0]).toBe(9)
  })
})

describe('transfer', () => {
  test('copies exactly its bytes, for every length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), bytes => {
        const numbers = Array.from({ length: 50 }, (_, k) => k + 0.1)
        const buffer = run([transfer({ bytes })], [call(0, [3], [1000])], numbers)
        const all = new Uint8Array(buffer)
        expect(all.slice(1000, 1000 + bytes)).toEqual(all.slice(3, 3 + bytes))
        expect(all.slice(1000 + bytes, 1400).every(byte => byte === 0)).toBe(true)
      }),
    )
  })

  test.each([false, true])('moves on with the counter of a loop, reverse %s', reverse => {
    const kernels = [
      repeat({ times: 4, reverse }),
      transfer({ bytes: 8, fromStep: 8 }),
      transfer({ bytes: 8, toStep: 16 }),
      add(0.5),
    ]
    const buffer = run(
      kernels,
      [
        call(
          0,
          [],
          [COUNTER],
          [[call(1, [0, COUNTER], [512]), call(3, [], [512]), call(2, [512, COUNTER], [128])]],
        ),
      ],
      [1, 2, 3, 4],
    )
    expect(Array.from(new Float64Array(buffer, 128, 8))).toEqual([1.5, 0, 2.5, 0, 3.5, 0, 4.5, 0])
    expect(new Int32Array(buffer, COUNTER)[0]).toBe(reverse ? 0 : 3)
  })
})

test.each([1, 2, 3, 7])('sample takes every %i-th, counting up or down', every => {
  for (const reverse of [false, true]) {
    const kernels = [
      repeat({ times: 6, reverse }),
      sample({ bytes: 8, every, ...(reverse && { from: 5 }) }),
      add(1),
    ]
    const list = [call(1, [512, COUNTER], [0]), call(2, [], [512])]
    const buffer = run(kernels, [call(0, [], [COUNTER], [list])], new Array(65).fill(-1).with(64, 0))
    const expected = Array.from({ length: 6 }, (_, k) => (k * every < 6 ? k * every : -1))
    expect(Array.from(new Float64Array(buffer, 0, 6))).toEqual(expected)
  }
})

test('sample takes counts from one on and up to another', () => {
  for (const reverse of [false, true]) {
    const kernels = [
      repeat({ times: 7, reverse }),
      sample({ bytes: 8, every: 2, first: 1, end: 6, ...(reverse && { from: 6 }) }),
      add(1),
    ]
    const list = [call(1, [512, COUNTER], [0]), call(2, [], [512])]
    const buffer = run(kernels, [call(0, [], [COUNTER], [list])], new Array(65).fill(-1).with(64, 0))
    expect(Array.from(new Float64Array(buffer, 0, 5))).toEqual([1, 3, 5, -1, -1])
  }
})
