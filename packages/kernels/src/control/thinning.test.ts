import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import { act, at, put } from '../testing/words.js'
import { type FunctionBuilder, i32 } from '../wasm/index.js'
import {
  advancedSteps,
  type RevolveList,
  repeatThinning,
  revolve,
  revolveLists,
  revolveOperands,
  spillIn,
  spillOut,
  transfer,
} from './index.js'

/** Where the memory is, in words; the state is the number of its step. */
const WORDS = { state: 0, limit: 1, condition: 2, block: 3, row: 4, place: 5, advanced: 6, log: 7 }
const [TABLE, POSITIONS, SNAPSHOTS, ENTRIES, CALLS] = [16, 64, 256, 8192, 4096]
const [BASE, STATE_BYTES] = [3, 4]

interface Loop {
  readonly steps: number
  readonly every: number
  readonly records: number
  readonly snapshots: number
  readonly held: boolean
}

/** A loop whose state counts its steps, and its reversal, which writes down each state that it pulls back from. */
function machine() {
  const step = (f: FunctionBuilder) => put(f, WORDS.state, i32.add(at(WORDS.state), 1))
  const kernels = [
    repeatThinning(),
    revolve({ from: 'records' }),
    act('test', f => f.do(i32.store8(4 * WORDS.condition, i32.ltU(at(WORDS.state), at(WORDS.limit))))),
    act('step', step),
    spillOut({ bytes: STATE_BYTES, every: 1, stride: 1 }),
    spillIn({ bytes: STATE_BYTES, stride: 1 }),
    transfer({ bytes: STATE_BYTES, toStep: STATE_BYTES }),
    transfer({ bytes: STATE_BYTES, fromStep: STATE_BYTES }),
    act('advance', f => {
      step(f)
      put(f, WORDS.advanced, i32.add(at(WORDS.advanced), 1))
    }),
    act('pull', f => {
      f.do(i32.store(at(WORDS.log), at(WORDS.state)))
      put(f, WORDS.log, i32.add(at(WORDS.log), 4))
    }),
  ]
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 })
  const words = new Int32Array(memory.buffer)
  const store = new Map<number, number>()
  const env = {
    memory,
    spillOut: (slot: number, address: number) => void store.set(slot, words[address / 4] as number),
    spillIn: (slot: number, address: number) => {
      words[address / 4] = store.get(slot) ?? -1
    },
  }
  const module = new WebAssembly.Module(assemble(kernels, { fma: false }, { shared: false }))
  const run = new WebAssembly.Instance(module, { env }).exports['run'] as (begin: number, end: number) => void
  const call = (kernel: number, inputs: number[], outputs: number[]): readonly KernelCall[] => [
    { kernel, inputs, outputs, scratch: 0 },
  ]
  const [state, block, place] = [4 * WORDS.state, 4 * WORDS.block, 4 * WORDS.place]
  const lists: Partial<Record<RevolveList, readonly KernelCall[]>> = {
    advance: call(8, [], []),
    pull: call(9, [], []),
    save: call(6, [state, place], [4 * SNAPSHOTS]),
    load: call(7, [4 * SNAPSHOTS, place], [state]),
    begin: call(5, [block, 0], [state]),
  }
  return ({ steps, every, records, snapshots, held }: Loop) => {
    words.fill(0)
    store.clear()
    words[WORDS.limit] = steps
    words[WORDS.log] = 4 * ENTRIES
    const calls = encodeCalls([
      {
        kernel: 0,
        inputs: [4 * WORDS.condition, every, records, 1, BASE],
        outputs: [block, 4 * TABLE],
        scratch: 0,
        lists: [call(2, [], []), call(3, [], []), call(4, [state, block, 0], [])],
      },
      {
        kernel: 1,
        ...revolveOperands({
          from: 'records',
          ...{ records, every, snapshots, held, blocks: 1 },
          ...{ row: 4 * WORDS.row, place, block, table: 4 * TABLE, positions: 4 * POSITIONS },
        }),
        scratch: 0,
        lists: revolveLists({ from: 'records' }).map(list => lists[list] as readonly KernelCall[]),
      },
    ])
    words.set(calls, CALLS)
    run(4 * CALLS, 4 * CALLS + calls.byteLength)
    const level = words[TABLE + 1] as number
    const log = Array.from(words.subarray(ENTRIES, (words[WORDS.log] as number) / 4))
    return { steps: words[TABLE], level, log, advanced: words[WORDS.advanced], slots: [...store.keys()] }
  }
}

describe('a loop of unknown length with a store of so many records', () => {
  const run = machine()

  test('is reversed from records at equal distances, the least of which so many are enough', () => {
    for (const records of [2, 4, 6, 10, 32]) {
      for (const every of [1, 2, 3, 7]) {
        for (let steps = 0; steps <= 260; steps += steps < 40 ? 1 : 11) {
          for (const [snapshots, held] of [
            [0, false],
            [1, false],
            [2, true],
            [5, true],
          ] as const) {
            const found = run({ steps, every, records, snapshots, held })
            let level = 0
            while (records * every * 2 ** level < steps) level++
            const spread = { steps, every: every * 2 ** level, size: 1 }
            expect(found).toMatchObject({
              steps,
              level,
              log: Array.from({ length: steps }, (_, k) => steps - 1 - k),
              advanced: advancedSteps({ ...spread, snapshots: held ? snapshots - 1 : snapshots }),
            })
            const within = found.slots.every(slot => slot >= BASE && slot < BASE + records)
            expect(within).toBe(true)
          }
        }
      }
    }
  })
})
