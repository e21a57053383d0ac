import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import type { Kernel } from '../kernel.js'
import { i32 } from '../wasm/index.js'
import { beginnings, forwardSteps, revolve } from './revolve.js'

/** Memory words: what the lists read and write. */
const WORDS = {
  state: 0,
  steps: 1,
  row: 2,
  place: 3,
  stretch: 4,
  reversed: 5,
  wrong: 6,
  begun: 7,
  positions: 16,
  snapshots: 512,
}
const RECORDS = 8192

const word = (k: number): number => 4 * k

/** A kernel without operands that does something to words at fixed addresses. */
const act = (key: string, emit: (f: Parameters<Kernel['emit']>[0]['f']) => void): Kernel => ({
  key,
  inputs: 0,
  outputs: 0,
  scratchBytes: 0,
  flops: 0,
  emit: ({ f }) => emit(f),
})

const at = (k: number) => i32.load(i32.const(word(k)))
const slot = () => i32.add(word(WORDS.snapshots), i32.mul(at(WORDS.place), 4))
const put = (f: Parameters<Kernel['emit']>[0]['f'], k: number, value: Parameters<typeof i32.store>[1]) =>
  f.do(i32.store(word(k), value))

/** The state is the number of the step before which it is, so that every mistake shows. */
const kernels = (every: number): Kernel[] => [
  revolve(),
  act('advance', f => {
    f.if(i32.ne(at(WORDS.state), at(WORDS.row)), () => put(f, WORDS.wrong, 1))
    put(f, WORDS.state, i32.add(at(WORDS.state), 1))
    put(f, WORDS.steps, i32.add(at(WORDS.steps), 1))
  }),
  act('reverse', f => {
    f.if(i32.ne(at(WORDS.state), at(WORDS.row)), () => put(f, WORDS.wrong, 2))
    f.if(i32.ne(at(WORDS.reversed), i32.add(at(WORDS.row), 1)), () => put(f, WORDS.wrong, 3))
    put(f, WORDS.reversed, at(WORDS.row))
    // Reversing uses up the state.
    put(f, WORDS.state, -1)
  }),
  act('save', f => f.do(i32.store(slot(), at(WORDS.state)))),
  act('load', f => put(f, WORDS.state, i32.load(slot()))),
  act(`begin:${every}`, f => {
    put(f, WORDS.state, i32.mul(at(WORDS.stretch), every))
    put(f, WORDS.begun, i32.add(at(WORDS.begun), 1))
  }),
]

function machine(every: number) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const module = new WebAssembly.Module(assemble(kernels(every), { fma: false }, { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const words = new Int32Array(memory.buffer)
  return (steps: number, snapshots: number, held = false) => {
    words.fill(0)
    words[WORDS.reversed] = steps
    const lists = [1, 2, 3, 4, 5].map((kernel): KernelCall[] => [
      { kernel, inputs: [], outputs: [], scratch: 0 },
    ])
    const inputs = [steps, Math.min(every, steps), snapshots, 0, held ? 1 : 0]
    const outputs = [WORDS.row, WORDS.place, WORDS.stretch, WORDS.positions].map(word)
    const records = encodeCalls([{ kernel: 0, inputs, outputs, scratch: 0, lists }])
    words.set(records, RECORDS / 4)
    ;(exports.run as (begin: number, end: number) => void)(RECORDS, RECORDS + records.byteLength)
    return {
      steps: words[WORDS.steps],
      reversed: words[WORDS.reversed],
      wrong: words[WORDS.wrong],
      begun: words[WORDS.begun],
    }
  }
}

describe('revolve', () => {
  test('reverses every step once, in t(n, s) steps forward from as many beginnings as counted, for n ≤ 300 and s ≤ 40', () => {
    const run = machine(1_000_000)
    for (let snapshots = 1; snapshots <= 40; snapshots++) {
      for (let steps = 1; steps <= 300; steps++) {
        const begun = beginnings(steps, snapshots - 1)
        const expected = { steps: forwardSteps(steps, snapshots), reversed: 0, wrong: 0, begun }
        expect({ ...run(steps, snapshots - 1), at: [steps, snapshots] }).toEqual({
          ...expected,
          at: [steps, snapshots],
        })
      }
    }
  })

  test('a million steps', () => {
    const run = machine(2_000_000)
    expect(run(1_000_000, 30)).toEqual({
      steps: forwardSteps(1_000_000, 31),
      reversed: 0,
      wrong: 0,
      begun: beginnings(1_000_000, 30),
    })
  })

  test('stretches between states at hand are reversed each for itself', () => {
    for (const every of [1, 7, 50]) {
      const run = machine(every)
      for (const steps of [1, 6, 7, 8, 100]) {
        for (const snapshots of [0, 1, 3]) {
          const whole = Math.floor(steps / every) * forwardSteps(every, snapshots + 1)
          const expected = whole + forwardSteps(steps % every, snapshots + 1)
          const begun =
            Math.floor(steps / every) * beginnings(every, snapshots) + beginnings(steps % every, snapshots)
          expect(run(steps, snapshots)).toEqual({ steps: expected, reversed: 0, wrong: 0, begun })
        }
      }
    }
  })
})

test('a beginning that is held is brought once, and takes the place of a snapshot', () => {
  for (const every of [1, 7, 50, 1000]) {
    const run = machine(every)
    for (const steps of [1, 6, 7, 8, 50, 100, 333]) {
      for (const snapshots of [1, 2, 3, 5, 12]) {
        expect({ ...run(steps, snapshots, true), at: [every, steps, snapshots] }).toEqual({
          steps:
            Math.floor(steps / every) * forwardSteps(every, snapshots) +
            forwardSteps(steps % every, snapshots),
          reversed: 0,
          wrong: 0,
          begun: Math.ceil(steps / every),
          at: [every, steps, snapshots],
        })
      }
    }
  }
})

describe('forwardSteps', () => {
  test('is the least of all ways to place the next snapshot (dynamic programming)', () => {
    const least = (
      known =>
      (n: number, s: number): number => {
        if (n <= 1) return 0
        if (s === 1) return (n * (n - 1)) / 2
        const key = n * 100 + s
        const found = known.get(key)
        if (found !== undefined) return found
        let best = Number.POSITIVE_INFINITY
        for (let m = 1; m < n; m++) best = Math.min(best, m + least(n - m, s - 1) + least(m, s))
        known.set(key, best)
        return best
      }
    )(new Map<number, number>())
    for (let s = 1; s <= 12; s++) {
      for (let n = 1; n <= 120; n++) expect([n, s, forwardSteps(n, s)]).toEqual([n, s, least(n, s)])
    }
  })
})
