/** The pullback of a loop from snapshots of its states: see `revolve` of the kernels. */
import { type RevolveList, revolve, revolveLists, revolveOperands, slotBytes } from '@wengert/kernels'
import { avalsIn, bytesOf, type Control, type Program } from '../program/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, moves } from './hand-over.js'
import { begin } from './initial.js'
import type { Place } from './lowered.js'
import type { Enclose } from './region.js'
import { movingCost, putRow, spillingCost, takeRow, unspillRow } from './rows.js'
import { reversalOf } from './two-level.js'
import { type Call, type Types, type Unit, unit } from './unit.js'

type Revolve = Control & { readonly kind: 'revolve' }

/** A step forward: what it reads from outside and its state lie outside of its region, its rows come in. */
export function stepForward(program: Program, constants: number, states: number, enclose: Enclose) {
  const first = constants + states
  const step = withoutSums(program, constants, states)
  const region = enclose(
    step.program,
    program.inputs.map((_, k): Place => (k < first ? 'external' : 'passing')),
  )
  const { instructions, outputs } = step.program
  const read = new Set([...instructions.flatMap(({ inputs }) => inputs), ...outputs])
  const state = avalsIn(program, program.inputs.slice(constants, first))
  const rows = avalsIn(program, program.inputs.slice(first))
  const results = avalsIn(program, program.outputs.slice(states))
  const taken = program.inputs.slice(first).map(value => read.has(value))
  const next = new HandOver(state, region, constants, step)
  const cost = region.cost + movingCost(rows.filter((_, k) => taken[k])) + next.cost + movingCost(results)
  const take = (arrays: readonly number[], to: readonly number[], counter: number): Call[] =>
    rows.flatMap((aval, k) =>
      taken[k] ? [takeRow(aval, arrays[k] as number, to[k] as number, counter)] : [],
    )
  return { region, cost, state, rows, results, take, next }
}

/** A step back: rows that come in are those of arrays and residuals; states are read where they are. */
export function stepBack(
  program: Program,
  { constants, carries, rows }: Pick<Revolve, 'constants' | 'carries' | 'rows'>,
  enclose: Enclose,
) {
  const first = constants + carries
  const isState = (k: number) => (rows[k - first] ?? 0) < 0
  const step = withoutSums(program, constants, carries)
  const region = enclose(
    step.program,
    program.inputs.map((_, k): Place => (k < first || isState(k) ? 'external' : 'passing')),
  )
  const carry = avalsIn(program, program.inputs.slice(constants, first))
  const results = avalsIn(program, program.outputs.slice(carries))
  const taken = avalsIn(program, program.inputs.slice(first, first + rows.length)).filter(
    (_, k) => (rows[k] as number) >= 0,
  )
  const residuals = avalsIn(program, program.inputs.slice(first + rows.length))
  const next = new HandOver(carry, region, constants, step)
  const cost = region.cost + movingCost([...taken, ...residuals, ...results]) + next.cost
  return { region, cost, carry, results, taken, residuals, next }
}

/** The unit of a reversal from snapshots. */
export function lowerRevolve(control: Revolve, types: Types, enclose: Enclose): Unit {
  const { forward, forwardConstants, states, reverse, constants, carries, rows, groups } = control
  const { length, fromLast, every, snapshots, spill, held = false } = control
  const { size, kept } = groups ?? { size: 1, kept: 0 }
  const spec = { from: groups ? 'residuals' : 'states' } as const
  const advance = stepForward(forward, forwardConstants, states, enclose)
  const keep = groups && stepForward(groups.keep, forwardConstants, states, enclose)
  const pull = stepBack(reverse, control, enclose)
  const { state } = advance
  const { carry, results, residuals } = pull

  // Scratch: any of the regions, the state, snapshots of it, residuals of a group, what is set aside, counters, positions.
  const layout = new Layout()
  const regions = [advance.region, pull.region, ...(keep ? [keep.region] : [])]
  const region = layout.take(Math.max(...regions.map(({ bytes }) => bytes)))
  const stateAt = state.map(aval => layout.take(slotBytes(bytesOf(aval))))
  const savedAt = state.map(aval => layout.take(slotBytes(snapshots * bytesOf(aval))))
  const residualsAt = residuals.map(aval => layout.take(slotBytes(size * bytesOf(aval))))
  const aside = layout.take(Math.max(advance.next.bytes, keep?.next.bytes ?? 0, pull.next.bytes))
  const counters = layout.take(16 + 4 * snapshots)

  const again = length - kept
  const { advanced, begun } = reversalOf({ steps: again, every, size, snapshots, held })
  const cost =
    advanced * advance.cost +
    (spill ? begun * spillingCost(state) : 0) +
    again * (keep?.cost ?? 0) +
    length * pull.cost

  return unit(types, layout.bytes, cost, ({ inputs, outputs, scratch }) => {
    let next = 0
    const operands = (count: number) => {
      next += count
      return inputs.slice(next - count, next)
    }
    const outside = operands(forwardConstants)
    const begins = operands(states)
    const arrays = operands(advance.rows.length)
    const pullOutside = operands(constants)
    const init = operands(carries)
    const pullArrays = operands(pull.taken.length)
    const tails = operands(kept > 0 ? residuals.length : 0)
    const [row, place, stretch, slot] = [0, 4, 8, 12].map(byte => scratch + counters + byte) as [
      number,
      number,
      number,
      number,
    ]
    const positions = scratch + counters + 16
    const at = stateAt.map(offset => scratch + offset)
    const saved = savedAt.map(offset => scratch + offset)
    const room = residualsAt.map(offset => scratch + offset)
    const carryAt = outputs.slice(0, carries)
    const setAside = scratch + aside

    const forwardCalls = (step: typeof advance) => {
      const laid = step.region.at(scratch + region, [...outside, ...at])
      return [
        ...step.take(arrays, laid.inputAddresses, row),
        ...laid.calls,
        ...step.results.map((aval, k) =>
          putRow(aval, laid.outputs[states + k] as number, room[k] as number, slot),
        ),
        ...step.next.calls(laid.outputs, at, setAside),
      ]
    }
    const stateRows = rows.flatMap(k => (k < 0 ? [at[-1 - k] as number] : []))
    const pulled = pull.region.at(scratch + region, [...pullOutside, ...carryAt, ...stateRows])
    const fetch = (from: readonly number[]) =>
      residuals.map((aval, k) =>
        takeRow(aval, from[k] as number, pulled.inputAddresses[pull.taken.length + k] as number, slot),
      )
    const lists: Readonly<Record<RevolveList, readonly Call[]>> = {
      advance: forwardCalls(advance),
      pull: [
        ...pull.taken.map((aval, k) =>
          takeRow(aval, pullArrays[k] as number, pulled.inputAddresses[k] as number, row),
        ),
        ...pulled.calls,
        ...results.map((aval, k) =>
          putRow(aval, pulled.outputs[carries + k] as number, outputs[carries + k] as number, row),
        ),
        ...pull.next.calls(pulled.outputs, carryAt, setAside),
      ],
      save: state.map((aval, k) => putRow(aval, at[k] as number, saved[k] as number, place)),
      load: state.map((aval, k) => takeRow(aval, saved[k] as number, at[k] as number, place)),
      begin: spill
        ? state.map((aval, k) => unspillRow(aval, spill[k] as number, at[k] as number, stretch))
        : every < again
          ? state.map((aval, k) => takeRow(aval, begins[k] as number, at[k] as number, stretch))
          : moves(state, begins, at),
      keep: keep ? forwardCalls(keep) : [],
      fetch: fetch(room),
      fetchKept: kept > 0 ? fetch(tails) : [],
    }
    return [
      ...begin(carry, types.inputs.slice(forward.inputs.length + constants), init, carryAt),
      {
        kernel: revolve(spec),
        ...revolveOperands({
          ...spec,
          ...{ steps: length, every, snapshots, fromLast, held, size, kept },
          ...{ row, place, stretch, slot, positions },
        }),
        scratch: 0,
        lists: revolveLists(spec).map(list => lists[list]),
      },
    ]
  })
}

/** Consecutive parts of a region, in multiples of 16 bytes. */
class Layout {
  bytes = 0

  take(bytes: number): number {
    const offset = this.bytes
    this.bytes += Math.ceil(bytes / 16) * 16
    return offset
  }
}
