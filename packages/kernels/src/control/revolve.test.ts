import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assemble, encodeCalls, type KernelCall } from '../assemble.js'
import type { Kernel } from '../kernel.js'
import { act, at, put } from '../testing/words.js'
import { type FunctionBuilder, i32 } from '../wasm/index.js'
import { advancedSteps, beginnings, forwardSteps, revolve, revolveLists, revolveOperands } from './revolve.js'

/** Memory words: what the lists read and write. */
const WORDS = {
  state: 0,
  steps: 1,
  row: 2,
  place: 3,
  stretch: 4,
  slot: 5,
  reversed: 6,
  wrong: 7,
  kept: 8,
  residual: 9,
  begun: 10,
  positions: 16,
  snapshots: 512,
  room: 1024,
}
const RECORDS = 8192

const word = (k: number): number => 4 * k

const slot = () => i32.add(word(WORDS.snapshots), i32.mul(at(WORDS.place), 4))
const room = () => i32.add(word(WORDS.room), i32.mul(at(WORDS.slot), 4))

/** The state is the number of the step before which it is, and a residual that of its step, so that every mistake shows. */
const advance = (f: FunctionBuilder, counted: number) => {
  f.if(i32.ne(at(WORDS.state), at(WORDS.row)), () => put(f, WORDS.wrong, 1))
  put(f, WORDS.state, i32.add(at(WORDS.state), 1))
  put(f, counted, i32.add(at(counted), 1))
}

const kernels = (residuals: boolean, every: number, first: number): Kernel[] => [
  revolve({ from: residuals ? 'residuals' : 'states' }),
  act('advance', f => advance(f, WORDS.steps)),
  act('keep', f => {
    f.do(i32.store(room(), at(WORDS.row)))
    advance(f, WORDS.kept)
  }),
  act('fetch', f => put(f, WORDS.residual, i32.load(room()))),
  act(`fetchKept:${first}`, f => put(f, WORDS.residual, i32.add(at(WORDS.slot), first))),
  act('pull', f => {
    f.if(i32.ne(at(WORDS.residual), at(WORDS.row)), () => put(f, WORDS.wrong, 2))
    f.if(i32.ne(at(WORDS.reversed), i32.add(at(WORDS.row), 1)), () => put(f, WORDS.wrong, 3))
    put(f, WORDS.reversed, at(WORDS.row))
    put(f, WORDS.residual, -1)
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

function machine(every: number, residuals = false, first = 0) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const module = new WebAssembly.Module(
    assemble(kernels(residuals, every, first), { fma: false }, { shared: false }),
  )
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const words = new Int32Array(memory.buffer)
  return (steps: number, snapshots: number, size = 1, held = false) => {
    words.fill(0)
    words[WORDS.reversed] = steps
    const numbers = {
      advance: 1,
      keep: 2,
      fetch: 3,
      fetchKept: 4,
      pull: residuals ? 5 : 6,
      save: 7,
      load: 8,
      begin: 9,
    }
    const calls = revolveLists({ from: residuals ? 'residuals' : 'states' }).map((list): KernelCall[] => [
      { kernel: numbers[list], inputs: [], outputs: [], scratch: 0 },
    ])
    const without = first > 0 ? first : steps
    const { row, place, stretch, slot, positions } = WORDS
    const common = {
      ...{ steps, every: Math.min(every, without), snapshots, held },
      ...{ row: word(row), place: word(place), stretch: word(stretch), positions: word(positions) },
    }
    const operands = revolveOperands(
      residuals
        ? { from: 'residuals', ...common, size, kept: steps - without, slot: word(slot) }
        : { from: 'states', ...common },
    )
    const records = encodeCalls([{ kernel: 0, ...operands, scratch: 0, lists: calls }])
    words.set(records, RECORDS / 4)
    ;(exports.run as (begin: number, end: number) => void)(RECORDS, RECORDS + records.byteLength)
    const { steps: advanced, kept, reversed, wrong } = WORDS
    lastBegun = words[WORDS.begun] as number
    return { steps: words[advanced], kept: words[kept], reversed: words[reversed], wrong: words[wrong] }
  }
}

/** How often the last run brought the state at a beginning. */
let lastBegun = 0

describe('revolve', () => {
  test('reverses every step once, in t(n, s) steps forward, for n ≤ 300 and s ≤ 40', () => {
    const run = machine(1_000_000)
    for (let snapshots = 1; snapshots <= 40; snapshots++) {
      for (let steps = 1; steps <= 300; steps++) {
        const expected = { steps: forwardSteps(steps, snapshots), kept: 0, reversed: 0, wrong: 0 }
        expect({ ...run(steps, snapshots - 1), at: [steps, snapshots] }).toEqual({
          ...expected,
          at: [steps, snapshots],
        })
      }
    }
  })

  test('a million steps', () => {
    const run = machine(2_000_000)
    const steps = forwardSteps(1_000_000, 31)
    expect(run(1_000_000, 30)).toEqual({ steps, kept: 0, reversed: 0, wrong: 0 })
  })

  test('stretches between states at hand are reversed each for itself', () => {
    for (const every of [1, 7, 50]) {
      const run = machine(every)
      for (const steps of [1, 6, 7, 8, 100]) {
        for (const snapshots of [0, 1, 3]) {
          const whole = Math.floor(steps / every) * forwardSteps(every, snapshots + 1)
          const expected = whole + forwardSteps(steps % every, snapshots + 1)
          expect(run(steps, snapshots)).toEqual({ steps: expected, kept: 0, reversed: 0, wrong: 0 })
        }
      }
    }
  })

  test('groups run forward once more with residuals, in m·t(⌈n/m⌉, s) steps before', () => {
    const run = machine(1_000_000, true)
    for (const size of [1, 2, 3, 5, 16, 50]) {
      for (const steps of [1, 2, 3, 16, 49, 50, 51, 99, 100, 101]) {
        for (const snapshots of [0, 1, 2, 7]) {
          const advanced = size * forwardSteps(Math.ceil(steps / size), snapshots + 1)
          const found = { ...run(steps, snapshots, size), at: [steps, snapshots, size] }
          const at = [steps, snapshots, size]
          expect(found).toEqual({ steps: advanced, kept: steps, reversed: 0, wrong: 0, at })
        }
      }
    }
  })

  test('groups in stretches, with residuals of the last steps at hand', () => {
    const schedule = fc.record({
      without: fc.integer({ min: 1, max: 120 }),
      kept: fc.integer({ min: 0, max: 60 }),
      size: fc.integer({ min: 1, max: 20 }),
      groups: fc.integer({ min: 1, max: 12 }),
      snapshots: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(schedule, ({ without, kept, size, groups, snapshots }) => {
        const every = groups * size
        const run = machine(every, true, without)
        const steps = simulated(without, { every: Math.min(every, without), size, snapshots })
        expect(run(without + kept, snapshots, size)).toEqual({ steps, kept: without, reversed: 0, wrong: 0 })
        expect(advancedSteps({ steps: without, every: Math.min(every, without), size, snapshots })).toBe(
          steps,
        )
      }),
      { numRuns: 60 },
    )
  })
})

/** Steps forward of the best schedule of groups, by dynamic programming over where the next snapshot goes. */
function simulated(
  steps: number,
  { every, size, snapshots }: { readonly every: number; readonly size: number; readonly snapshots: number },
): number {
  let sum = 0
  for (let begin = 0; begin < steps; begin += every) {
    sum += size * least(Math.ceil(Math.min(every, steps - begin) / size), snapshots + 1)
  }
  return sum
}

const known = new Map<number, number>()

/** Fewest steps forward with which n steps are reversed from s snapshots. */
function least(n: number, s: number): number {
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

describe('beginnings', () => {
  const groups = [1, 2, 3, 7, 20, 100]

  test('are brought as often as counted, for each stretch and group', () => {
    for (const [size, residuals] of [
      [1, false],
      [1, true],
      [3, true],
      [8, true],
    ] as const) {
      for (const every of [1, 7, 50, 1000].map(count => count * size)) {
        const run = machine(every, residuals)
        for (const steps of groups.map(count => count * size - (size > 1 ? 1 : 0))) {
          for (const snapshots of [0, 1, 3, 8]) {
            const counted = (steps: number) => beginnings(Math.ceil(steps / size), snapshots)
            expect(run(steps, snapshots, size)).toMatchObject({ reversed: 0, wrong: 0 })
            const stretch = Math.min(every, steps)
            expect(lastBegun).toBe(Math.floor(steps / stretch) * counted(stretch) + counted(steps % stretch))
          }
        }
      }
    }
  })

  test('that are held are brought once, and take the place of a snapshot', () => {
    for (const [size, residuals] of [
      [1, false],
      [3, true],
    ] as const) {
      for (const every of [1, 7, 50, 1000].map(count => count * size)) {
        const run = machine(every, residuals)
        for (const steps of groups.map(count => count * size - (size > 1 ? 1 : 0))) {
          for (const snapshots of [1, 2, 3, 8]) {
            const stretch = Math.min(every, steps)
            expect(run(steps, snapshots, size, true)).toMatchObject({
              steps: advancedSteps({ steps, every: stretch, size, snapshots: snapshots - 1 }),
              reversed: 0,
              wrong: 0,
            })
            expect(lastBegun).toBe(Math.ceil(steps / stretch))
          }
        }
      }
    }
  })
})

describe('forwardSteps', () => {
  test('is the least of all ways to place the next snapshot (dynamic programming)', () => {
    for (let s = 1; s <= 12; s++) {
      for (let n = 1; n <= 120; n++) expect([n, s, forwardSteps(n, s)]).toEqual([n, s, least(n, s)])
    }
  })
})
