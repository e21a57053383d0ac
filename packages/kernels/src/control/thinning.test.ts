import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import { act, at, put } from '../testing/words.js'
import { type FunctionBuilder, i32 } from '../wasm/index.js'
import {
  forwardSteps,
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
  let writes = 0
  const env = {
    memory,
    spillOut: (slot: number, address: number) => {
      writes++
      store.set(slot, words[address / 4] as number)
    },
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
    writes = 0
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
    const log = Array.from(words.subarray(ENTRIES, (words[WORDS.log] as number) / 4))
    return { steps: words[TABLE], writes, log, advanced: words[WORDS.advanced], slots: [...store.keys()] }
  }
}

describe('a loop of unknown length with a store of so many records', () => {
  const run = machine()

  /** Keeps states one by one: at each multiple of a distance one more, for which the first odd multiple goes if there is no room. */
  function kept(steps: number, every: number, records: number) {
    let [at, distance, writes] = [[] as number[], every, 0]
    for (let step = 0; step < steps; step++) {
      if (step % distance !== 0) continue
      at.push(step)
      if (at.length > records) {
        if (at.every(one => one % (2 * distance) === 0)) distance *= 2
        at = at.filter(one => one !== at.find(other => other % (2 * distance) !== 0))
      }
      if (at.includes(step)) writes++
    }
    return { at, writes }
  }

  test('is reversed from as many records as there are, of which the last are as far apart as the first, or half as far', () => {
    for (const records of [1, 2, 3, 4, 5, 6, 10, 13, 32]) {
      for (const every of [1, 2, 3, 7]) {
        for (let steps = 0; steps <= 260; steps += steps < 40 ? 1 : 11) {
          for (const [snapshots, held] of [
            [0, false],
            [1, false],
            [2, true],
            [5, true],
          ] as const) {
            const found = run({ steps, every, records, snapshots, held })
            const { at, writes } = kept(steps, every, records)
            const lengths = at.map((step, k) => (at[k + 1] ?? steps) - step)
            const free = held ? snapshots - 1 : snapshots
            expect(found).toMatchObject({
              steps,
              writes,
              log: Array.from({ length: steps }, (_, k) => steps - 1 - k),
              advanced: lengths.reduce((sum, length) => sum + forwardSteps(length, free + 1), 0),
            })
            const within = found.slots.every(slot => slot >= BASE && slot < BASE + records)
            expect(within).toBe(true)
            expect(found.slots.length).toBe(at.length)
          }
        }
      }
    }
  })

  test('has little more run again than equal stretches of a known length would', () => {
    for (const records of [1, 2, 3, 5, 8, 25, 60]) {
      for (let steps = 8 * records; steps < 40 * records; steps += 7) {
        const { at } = kept(steps, 1, records)
        const lengths = at.map((step, k) => (at[k + 1] ?? steps) - step)
        const advanced = lengths.reduce((sum, length) => sum + forwardSteps(length, 1), 0)
        const [each, more] = [Math.floor(steps / records), steps % records]
        const fewest = (records - more) * forwardSteps(each, 1) + more * forwardSteps(each + 1, 1)
        // With m of r stretches twice as long as the others it is (1 + 3m/r)/(1 + m/r)² ≤ 9/8; the first that goes counts by itself.
        expect(advanced / fewest).toBeLessThan(9 / 8 + 2 / records)
      }
    }
  })
})
