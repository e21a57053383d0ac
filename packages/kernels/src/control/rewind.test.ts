import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import { type RewindingAction, rewinding } from '../testing/rewinding.js'
import { act, at, put } from '../testing/words.js'
import { type FunctionBuilder, i32 } from '../wasm/index.js'
import { forwardSteps, mostSteps, repeatKeeping, rewind } from './index.js'

/** Plays a loop and its reversal, and counts how often each step is run forward. */
function simulate(steps: number, slots: number) {
  const places = new Array<number | undefined>(slots - 1).fill(undefined)
  const runs = new Array<number>(steps).fill(0)
  const check = (so: boolean, what: string) => {
    if (!so) throw new Error(`${what}, ${steps} steps in ${slots} slots.`)
  }
  let state: number | undefined = 0
  let left = steps
  let ended = steps === 0
  for (const action of rewinding(steps, slots)) {
    switch (action.kind) {
      case 'save':
        check(state === action.step, 'Something else is saved')
        check(action.place >= 0 && action.place < slots - 1, 'There is no such place')
        places[action.place] = state
        break
      case 'load':
        state = places[action.place]
        check(state === action.step, 'Something else is loaded')
        break
      case 'begin':
        state = 0
        break
      case 'advance':
        check(state === action.step, 'A step forward from another state')
        runs[action.step] = (runs[action.step] as number) + 1
        state = action.step + 1
        ended ||= state === steps
        break
      case 'reverse':
        check(ended, 'A step back before the loop has ended')
        check(state === action.step && action.step === left - 1, 'A step back out of turn')
        left--
        state = undefined
    }
  }
  return { left, again: runs.reduce((sum, count) => sum + count, 0) - steps, most: Math.max(0, ...runs) }
}

/** Fewest steps run again: the end of the loop is one more state, from which the reversal begins, so it is t(n+1, s) − n. */
const fewest = (steps: number, slots: number) => forwardSteps(steps + 1, slots) - steps

/** Most often that a step is run where n+1 states are reversed from s: r of β(s, r−1) < n+1 ≤ β(s, r). */
function repetitions(steps: number, slots: number): number {
  let r = 0
  while (mostSteps(slots, r) < steps + 1) r++
  return r
}

describe('a loop of unknown length and its reversal', () => {
  test('every step is reversed once, no more steps are run again than offline for n < (s+1)(s+2)/2, and none more often than it must be', () => {
    for (let slots = 1; slots <= 12; slots++) {
      for (let steps = 0; steps <= (slots < 3 ? 120 : 400); steps++) {
        const { left, again, most } = simulate(steps, slots)
        const best = fewest(steps, slots)
        const wrong =
          left > 0 ||
          most > repetitions(steps, slots) ||
          again > forwardSteps(steps, slots) ||
          (steps + 1 <= mostSteps(slots, 2) ? again !== best : again < best)
        if (wrong) throw new Error(JSON.stringify({ steps, slots, left, again, most, best }))
      }
    }
  })

  test('longer loops', () => {
    for (const [steps, slots] of [
      [3000, 5],
      [3000, 32],
      [10_000, 64],
    ] as const) {
      const { left, again, most } = simulate(steps, slots)
      expect(left).toBe(0)
      expect(most).toBe(repetitions(steps, slots))
      expect(again).toBeLessThan(1.5 * fewest(steps, slots))
    }
  })

  test('no way runs fewer steps again than t(n+1, s) − n (shortest paths over all states)', () => {
    for (const [slots, longest] of [
      [1, 9],
      [2, 9],
      [3, 8],
      [4, 7],
    ] as const) {
      for (let steps = 0; steps <= longest; steps++) {
        expect([steps, slots, shortest(steps, slots)]).toEqual([steps, slots, fewest(steps, slots)])
      }
    }
  })
})

/** Fewest steps forward, beside the n of the loop, over all ways to keep up to s states, the first one included. */
function shortest(steps: number, slots: number): number {
  // A state of the search: the state at hand, kept ones as bits, how many steps are left, whether the loop has ended.
  type Node = { readonly at: number; readonly kept: number; readonly left: number; readonly ended: boolean }
  const count = (bits: number) => bits.toString(2).replaceAll('0', '').length
  const frontier: Node[][] = [[{ at: 0, kept: 1, left: steps, ended: steps === 0 }]]
  const seen = new Set<string>()
  for (let cost = 0; ; cost++) {
    const nodes = frontier[cost] ?? []
    for (let node = nodes.pop(); node; node = nodes.pop()) {
      const { at, kept, left, ended } = node
      const key = `${at} ${kept} ${left} ${ended}`
      if (seen.has(key)) continue
      seen.add(key)
      if (left === 0) return cost - steps
      if (ended && at === left - 1) nodes.push({ ...node, at: -1, left: left - 1 })
      if (at >= 0 && at < steps) {
        frontier[cost + 1] ??= []
        frontier[cost + 1]?.push({ ...node, at: at + 1, ended: ended || at + 1 === steps })
        if (count(kept) < slots) nodes.push({ ...node, kept: kept | (1 << at) })
      }
      for (let k = 0; k < steps; k++) {
        if (!(kept & (1 << k))) continue
        if (ended) nodes.push({ ...node, at: k })
        if (k > 0) nodes.push({ ...node, kept: kept & ~(1 << k) })
      }
    }
  }
}

/** Where the memory of the drivers is, in words; the state is the number of its step. */
const WORDS = { state: 0, limit: 1, condition: 2, place: 3, log: 4, table: 8, entries: 65536 }
const RECORDS = 4 * 4096
const CODES = { save: 1, load: 2, begin: 3, advance: 4, reverse: 5 } as const

/** The drivers on lists that write down what they are told to do. */
function drivers() {
  const note = (f: FunctionBuilder, code: number) => {
    f.do(i32.store(at(WORDS.log), i32.add(i32.mul(at(WORDS.place), 8), code)))
    put(f, WORDS.log, i32.add(at(WORDS.log), 4))
  }
  const kernels = [
    repeatKeeping(),
    rewind(),
    act('test', f => f.do(i32.store8(4 * WORDS.condition, i32.ltU(at(WORDS.state), at(WORDS.limit))))),
    act('step', f => {
      note(f, CODES.advance)
      put(f, WORDS.state, i32.add(at(WORDS.state), 1))
    }),
    ...(['save', 'load', 'begin', 'reverse'] as const).map(name => act(name, f => note(f, CODES[name]))),
  ]
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 })
  const module = new WebAssembly.Module(assemble(kernels, { fma: false }, { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const words = new Int32Array(memory.buffer)
  const [TEST, STEP, SAVE, LOAD, BEGIN, REVERSE] = [2, 3, 4, 5, 6, 7] as const
  const list = (kernel: number): KernelCall[] => [{ kernel, inputs: [], outputs: [], scratch: 0 }]
  return (steps: number, slots: number, reversals = 1): readonly number[] => {
    words.fill(0)
    words.fill(-7, WORDS.table, WORDS.table + 4 * (slots + 1))
    words[WORDS.limit] = steps
    words[WORDS.log] = 4 * WORDS.entries
    const outputs = [4 * WORDS.place, 4 * WORDS.table]
    const back: KernelCall = {
      kernel: 1,
      inputs: [slots - 1],
      outputs,
      scratch: 0,
      lists: [STEP, REVERSE, SAVE, LOAD, BEGIN].map(list),
    }
    const loop: KernelCall = {
      kernel: 0,
      inputs: [4 * WORDS.condition, slots - 1],
      outputs,
      scratch: 0,
      lists: [TEST, STEP, SAVE].map(list),
    }
    const records = encodeCalls([loop, ...new Array<KernelCall>(reversals).fill(back)])
    words.set(records, RECORDS / 4)
    ;(exports.run as (begin: number, end: number) => void)(RECORDS, RECORDS + records.byteLength)
    return Array.from(words.subarray(WORDS.entries, (words[WORDS.log] as number) / 4))
  }
}

/** An action as the lists of {@link drivers} write it down, without the place of those that have none. */
const noted = (code: number) => (code % 8 <= CODES.load ? code : code % 8)
const codeOf = (action: RewindingAction) => CODES[action.kind] + ('place' in action ? 8 * action.place : 0)

describe('the drivers', () => {
  const run = drivers()

  test('do what the functions say, action by action', () => {
    for (const slots of [1, 2, 3, 4, 5, 7, 12, 40]) {
      for (let steps = 0; steps <= 300; steps += steps < 60 ? 1 : 17) {
        const expected = Array.from(rewinding(steps, slots), codeOf)
        const got = run(steps, slots).map(noted)
        const first = expected.findIndex((code, k) => code !== got[k])
        expect([slots, steps, first, got.length]).toEqual([slots, steps, -1, expected.length])
      }
    }
  })

  test('a second reversal has only the first state, and needs t(n, s) steps', () => {
    for (const slots of [1, 2, 5]) {
      for (const steps of [0, 1, 2, 3, 20, 57]) {
        const count = (reversals: number, code: number) =>
          run(steps, slots, reversals).filter(one => one % 8 === code).length
        expect(count(2, CODES.reverse)).toBe(2 * steps)
        expect(count(2, CODES.advance) - count(1, CODES.advance)).toBe(forwardSteps(steps, slots))
      }
    }
  })
})
