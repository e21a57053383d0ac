/** Small stores of loops of unknown length: the steps that are run again, counted, against states that are kept one by one. */
import { forwardSteps, revolveLists, THINNING_LISTS } from '@wengert/kernels'
import { describe, expect, test } from 'vitest'
import {
  controlOf,
  type Data,
  dataOf,
  grad,
  type Program,
  record,
  type SpillStore,
  simplify,
  type Tensor,
  tensor,
  whileLoop,
} from '../index.js'
import { recordOf } from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES, pageCeil } from './arena.js'
import { costOfPlanned, type Planned } from './choose.js'
import { featuresOf, moduleOf } from './compile.js'
import { instantiate } from './instance.js'
import { layOut } from './lay-out.js'
import { plansOf } from './plans-of.js'
import { spillRow } from './rows.js'
import { type Open, openReversalOf, thinned } from './thinned.js'
import { type Call, encode, kernelsOf } from './unit.js'

/** The records of a loop, one more at each multiple of a distance, for which the first odd multiple goes if there is no room. */
function simulated({ steps, every, count }: Open) {
  let [at, distance, writes] = [[] as number[], every, 0]
  const isOdd = (step: number) => step % (2 * distance) !== 0
  for (let step = 0; step < steps; step++) {
    if (step % distance !== 0) continue
    at.push(step)
    if (at.length > count) {
      if (!at.some(isOdd)) distance *= 2
      at.splice(at.findIndex(isOdd), 1)
    }
    if (at.at(-1) === step) writes++
  }
  const lengths = at.map((step, k) => (at[k + 1] ?? steps) - step)
  const advanced = (free: number) => lengths.reduce((sum, length) => sum + forwardSteps(length, free + 1), 0)
  return { at, writes, advanced }
}

describe('records of a loop', () => {
  const all = [1, 2, 3, 4, 7, 20].flatMap(count =>
    [1, 2, 5].flatMap(every => Array.from({ length: 150 }, (_, steps) => ({ steps, every, count }))),
  )

  test('are where they are thinned to one by one, and as many steps are run again', () => {
    for (const open of all) {
      const { at, writes, advanced } = simulated(open)
      const { distance, doubled, ...found } = thinned(open)
      const places = at.map((_, k) => distance * (k < doubled ? 2 * k : k + doubled))
      expect([at, writes]).toEqual([places, found.writes])
      for (const snapshots of [0, 1, 4]) {
        expect(openReversalOf(open, snapshots, false).advanced).toBe(advanced(snapshots))
        expect(openReversalOf(open, snapshots + 1, true)).toEqual({
          advanced: advanced(snapshots),
          begun: at.length,
        })
      }
    }
  })

  test('are as many as there is room for, however long the loop', () => {
    for (const { steps, every, count } of all) {
      expect(simulated({ steps, every, count }).at.length).toBe(Math.min(Math.ceil(steps / every), count))
    }
  })

  test('of a larger store never leave more steps to run again', () => {
    for (const { steps, every, count } of all) {
      for (const snapshots of [0, 1, 4]) {
        const advanced = (count: number) => openReversalOf({ steps, every, count }, snapshots, false).advanced
        expect(advanced(count + 1)).toBeLessThanOrEqual(advanced(count))
      }
    }
  })
})

const dear = (s: Tensor) => s.mul(s).add(0.05).sqrt().sin().exp().log().mul(1.1).tanh().add(0.2)
/** The number of steps is an input. */
const loss = (x: Tensor, steps: Tensor) =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(steps),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), dear(s)] as const,
    [tensor(0, { dtype: 'i32' }), x] as const,
  )[1].sum()
const x = tensor(Float32Array.from({ length: 3000 }, (_, k) => 0.1 + k / 3000))
const program = simplify(
  record((x, steps) => grad(loss)(x, steps), x.aval, { dtype: 'i32', shape: [] }).program,
)
const RECORD_BYTES = 512 * recordOf([x.aval]).blocks

/** Slots of calls that only count. */
const TICKS = { again: 2 ** 30, written: 2 ** 30 + 1 }

/** Runs a planned program, and counts steps that run forward again and records that are written. */
function counted({ lowered, chosen, program }: Planned, steps: number) {
  const zero = pageCeil(chosen.peakBytes + chosen.recordBytes + 2 ** 16)
  const tick = (slot: number) => spillRow({ dtype: 'i32', shape: [] }, zero, slot, zero, { every: 1 })
  const counting = ({ lists, ...call }: Call): Call => {
    if (!lists) return call
    const { key } = call.kernel
    const made = lists.map(list => list.map(counting))
    const added = (at: number, slot: number) =>
      made.map((list, k) => (k === at ? [...list, tick(slot)] : list))
    if (key === 'repeatThinning') return { ...call, lists: added(THINNING_LISTS.save, TICKS.written) }
    if (!key.startsWith('revolve')) return { ...call, lists: made }
    return { ...call, lists: added(revolveLists({ from: 'records' }).indexOf('advance'), TICKS.again) }
  }
  const { calls, addressOf } = layOut(lowered, chosen, 0, [])
  const all = calls.map(counting)
  const kernels = [...new Map(kernelsOf(all).map(kernel => [kernel.key, kernel])).values()]
  const memory = new WebAssembly.Memory({ initial: zero / 2 ** 16 + 1, maximum: zero / 2 ** 16 + 1 })
  const records = new Map<number, Uint8Array>()
  const counts = { again: 0, written: 0 }
  const store: SpillStore = {
    bytes: Number.POSITIVE_INFINITY,
    write(slot, bytes) {
      if (slot === TICKS.again) counts.again++
      else if (slot === TICKS.written) counts.written++
      else records.set(slot, bytes.slice())
    },
    read: (slot, bytes) => bytes.set(records.get(slot) as Uint8Array),
    clear: () => {},
  }
  const run = instantiate(moduleOf(kernels, featuresOf('fast'), false), memory, store)
  const [at, limit] = chosen.inputOffsets as readonly [number, number]
  new Float32Array(memory.buffer, at, x.aval.shape[0]).set(dataOf(x) as Float32Array<ArrayBuffer>)
  new Int32Array(memory.buffer, limit, 1)[0] = steps
  program.constants.forEach(({ data }, k) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    new Uint8Array(memory.buffer).set(bytes, chosen.inputOffsets[2 + k] as number)
  })
  const encoded = encode(
    all,
    kernels.map(({ key }) => key),
  )
  new Int32Array(memory.buffer, chosen.peakBytes, encoded.length).set(encoded)
  run(chosen.peakBytes, chosen.peakBytes + encoded.byteLength)
  const result = new Float32Array(memory.buffer, addressOf(program.outputs[0] as number), x.aval.shape[0])
  return { ...counts, kept: records.size, result: result.slice() as Data }
}

/** How a loop keeps its states in a store. */
function recordsOf({ program }: Planned) {
  for (const instruction of program.instructions) {
    const control = controlOf(instruction)
    if (control?.kind === 'rewind' && control.spill) return { ...control.spill, snapshots: control.snapshots }
  }
  return undefined
}

describe('a loop of unknown length beside a small store', () => {
  const memories = [2, 8].map(states => leastBytes(program) + states * dataOf(x).byteLength)

  test.each([1, 2, 3, 5, 8, 13, 40])(
    'of %i records runs steps again as counted, and uses all of them',
    room => {
      const within = plansOf(program, [], room * RECORD_BYTES + 100)
      expect(recordsOf(within(memories[0] as number))).toBeDefined()
      for (const memoryBytes of memories) {
        const planned = within(memoryBytes)
        const records = recordsOf(planned)
        if (!records) continue
        expect(records.count).toBe(room)
        for (const steps of [0, 1, 2, 9, 64, 200]) {
          const open = { ...records, steps }
          const { again, written, kept, result } = counted(planned, steps)
          const { at, writes, advanced } = simulated(open)
          expect({ again, written, kept }).toEqual({
            again: advanced(records.held ? records.snapshots - 1 : records.snapshots),
            written: writes,
            kept: at.length,
          })
          expect(result).toEqual(dataOf(grad(loss)(x, tensor(steps, { dtype: 'i32' })) as Tensor))
        }
      }
    },
  )

  test('costs no more with more of it', () => {
    for (const memoryBytes of memories) {
      const costs = [0, 1, 2, 3, 5, 8, 13, 40, 200, 5000].map(room =>
        costOfPlanned(plansOf(program, [], room * RECORD_BYTES)(memoryBytes)),
      )
      costs.slice(1).forEach((cost, k) => {
        expect(cost).toBeLessThanOrEqual(costs[k] as number)
      })
      expect(costs.at(-1)).toBeLessThan((costs[0] as number) / 2)
    }
  })
})

/** With no store. */
function leastBytes(program: Program): number {
  try {
    plansOf(program)(1)
  } catch (error) {
    return (error as { leastBytes: number }).leastBytes
  }
  return ARENA_LIMIT_BYTES
}
