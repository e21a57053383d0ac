import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import type { Kernel } from '../kernel.js'
import { repeat, spillBlocks, spillIn, spillOut, transfer } from './index.js'

const RECORDS = 4096
const COUNTER = 1024

/** Runs calls on a memory with a store of records by their slot. */
function machine(kernels: readonly Kernel[], calls: readonly KernelCall[], numbers: readonly number[]) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  new Float64Array(memory.buffer).set(numbers)
  const records = encodeCalls(calls)
  new Int32Array(memory.buffer, RECORDS).set(records)
  const store = new Map<number, Uint8Array>()
  const bytesAt = (address: number, bytes: number) => new Uint8Array(memory.buffer, address, bytes)
  const env = {
    memory,
    spillOut: (slot: number, address: number, bytes: number) =>
      void store.set(slot, bytesAt(address, bytes).slice()),
    spillIn: (slot: number, address: number, bytes: number) => {
      const record = store.get(slot)
      if (record?.length !== bytes) throw new RangeError(`no record at ${slot}`)
      bytesAt(address, bytes).set(record)
    },
  }
  const module = new WebAssembly.Module(assemble(kernels, { fma: false }, { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env })
  const run = () =>
    (exports.run as (begin: number, end: number) => void)(RECORDS, RECORDS + records.byteLength)
  return { run, memory, store, module }
}

const call = (
  kernel: number,
  inputs: number[],
  outputs: number[],
  lists: KernelCall[][] = [],
): KernelCall => ({ kernel, inputs, outputs, scratch: 0, lists })

const importsOf = (module: WebAssembly.Module) => WebAssembly.Module.imports(module).map(({ name }) => name)

describe('records that leave the memory', () => {
  test.each([1, 2, 3, 7])('every %i-th count is written, up or down, and read by its number', every => {
    for (const reverse of [false, true]) {
      const kernels = [
        repeat({ times: 6, reverse }),
        spillOut({ bytes: 8, every, ...(reverse && { from: 5 }) }),
        transfer({ bytes: 8, fromStep: reverse ? -8 : 8 }),
        repeat({ times: Math.ceil(6 / every) }),
        spillIn({ bytes: 8 }),
        transfer({ bytes: 8, toStep: 8 }),
      ]
      // Row 0, 1, … of the counts in their order, written from address 512.
      const source = reverse ? 40 : 0
      const { run, memory, store } = machine(
        kernels,
        [
          call(0, [], [COUNTER], [[call(2, [source, COUNTER], [512]), call(1, [512, COUNTER, 100], [])]]),
          call(3, [], [COUNTER], [[call(4, [COUNTER, 100], [520]), call(5, [520, COUNTER], [256])]]),
        ],
        [0, 1, 2, 3, 4, 5],
      )
      run()
      const kept = Array.from({ length: Math.ceil(6 / every) }, (_, k) => k * every)
      expect([...store.keys()]).toEqual(kept.map((_, k) => 100 + k))
      expect(Array.from(new Float64Array(memory.buffer, 256, kept.length))).toEqual(kept)
    }
  })

  test('none are written from a count on', () => {
    for (const reverse of [false, true]) {
      const kernels = [
        repeat({ times: 7, reverse }),
        spillOut({ bytes: 8, every: 2, end: 4, ...(reverse && { from: 6 }) }),
      ]
      const { run, store } = machine(kernels, [call(0, [], [COUNTER], [[call(1, [0, COUNTER, 5], [])]])], [])
      run()
      expect([...store.keys()]).toEqual([5, 6])
    }
  })

  test('records of more than a block are as many blocks apart', () => {
    expect([1, 512, 513, 5120].map(spillBlocks)).toEqual([1, 1, 2, 10])
    const kernels = [repeat({ times: 3 }), spillOut({ bytes: 1200, every: 1 })]
    const { run, store } = machine(kernels, [call(0, [], [COUNTER], [[call(1, [0, COUNTER, 7], [])]])], [])
    run()
    expect([...store.keys()]).toEqual([7, 10, 13])
  })

  test('what the host throws comes out of the run as it was, and the next run goes on', () => {
    const kernels = [repeat({ times: 1 }), spillIn({ bytes: 8 })]
    const calls = [call(0, [], [COUNTER], [[call(1, [COUNTER, 3], [512])]])]
    const { run, memory, store } = machine(kernels, calls, [])
    expect(run).toThrow(new RangeError('no record at 3'))
    store.set(3, new Uint8Array(new Float64Array([1.5]).buffer))
    run()
    expect(new Float64Array(memory.buffer)[64]).toBe(1.5)
  })

  test('only modules that need the host import it', () => {
    const compiled = (kernels: readonly Kernel[]) =>
      importsOf(new WebAssembly.Module(assemble(kernels, { fma: false }, { shared: false })))
    expect(compiled([repeat({ times: 2 })])).toEqual(['memory'])
    expect(compiled([spillIn({ bytes: 8 }), repeat({ times: 2 })])).toEqual(['memory', 'spillIn'])
    expect(
      compiled([spillOut({ bytes: 8, every: 1 }), spillIn({ bytes: 8 }), spillIn({ bytes: 16 })]),
    ).toEqual(['memory', 'spillOut', 'spillIn'])
  })
})
