/** The pullback of a loop from snapshots of its states: see `revolve` of the kernels. */
import { REVOLVE_LISTS, revolve, slotBytes } from '@wengert/kernels'
import { type Aval, bytesOf, type Control, type Program } from '../program/index.js'
import { HandOver, moves } from './hand-over.js'
import type { Place } from './lowered.js'
import type { Enclose } from './region.js'
import { putRow, takeRow, unspillRow } from './rows.js'
import { spillCost } from './spilling.js'
import { reversalOf } from './two-level.js'
import { type Call, type Types, type Unit, unit } from './unit.js'

type Revolve = Control & { readonly kind: 'revolve' }

/** The unit of a reversal from snapshots. */
export function lowerRevolve(control: Revolve, types: Types, enclose: Enclose): Unit {
  const { forward, forwardConstants, states, reverse, constants, carries, rows } = control
  const { length, fromLast, every, snapshots, spill, held = false } = control
  const firstRow = forwardConstants + states
  const avalsOf = ({ avals }: Program, values: readonly number[]) => values.map(value => avals[value] as Aval)
  const advance = enclose(
    forward,
    forward.inputs.map((_, k): Place => (k < firstRow ? 'external' : 'passing')),
  )
  const pull = enclose(
    reverse,
    reverse.inputs.map((_, k): Place => {
      const row = rows[k - constants - carries]
      return row === undefined || row < 0 ? 'external' : 'passing'
    }),
  )
  const state = avalsOf(forward, forward.inputs.slice(forwardConstants, firstRow))
  const forwardRows = avalsOf(forward, forward.inputs.slice(firstRow))
  const pullRows = avalsOf(reverse, reverse.inputs.slice(constants + carries)).filter(
    (_, k) => (rows[k] as number) >= 0,
  )
  const carry = types.outputs.slice(0, carries)
  const results = avalsOf(reverse, reverse.outputs.slice(carries))
  const nextState = new HandOver(state, advance, forwardConstants)
  const nextCarry = new HandOver(carry, pull, constants)

  // Scratch: either region, the state, snapshots of it, what is set aside, counters and positions.
  const layout = new Layout()
  const region = layout.take(Math.max(advance.bytes, pull.bytes))
  const stateAt = state.map(aval => layout.take(slotBytes(bytesOf(aval))))
  const savedAt = state.map(aval => layout.take(slotBytes(snapshots * bytesOf(aval))))
  const aside = layout.take(Math.max(nextState.bytes, nextCarry.bytes))
  const counters = layout.take(16 + 4 * snapshots)

  const { again, begun } = reversalOf({ steps: length, every, snapshots, held })
  const moved = (avals: readonly Aval[]) => avals.reduce((sum, aval) => sum + 2 * bytesOf(aval), 0)
  const cost =
    again * (advance.cost + moved([...forwardRows, ...state])) +
    (spill ? begun * state.reduce((sum, aval) => sum + spillCost(bytesOf(aval)), 0) : 0) +
    length * (pull.cost + moved([...pullRows, ...results, ...carry]))

  return unit(types, layout.bytes, cost, ({ inputs, outputs, scratch }) => {
    let next = 0
    const operands = (count: number) => {
      next += count
      return inputs.slice(next - count, next)
    }
    const outside = operands(forwardConstants)
    const begins = operands(states)
    const arrays = operands(forwardRows.length)
    const pullOutside = operands(constants)
    const init = operands(carries)
    const pullArrays = operands(pullRows.length)
    const [row, place, stretch, positions] = [0, 4, 8, 12].map(byte => scratch + counters + byte) as [
      number,
      number,
      number,
      number,
    ]
    const at = stateAt.map(offset => scratch + offset)
    const saved = savedAt.map(offset => scratch + offset)
    const carryAt = outputs.slice(0, carries)
    const room = scratch + aside

    const step = advance.at(scratch + region, [...outside, ...at])
    const stateRows = rows.flatMap(k => (k < 0 ? [at[-1 - k] as number] : []))
    const pulled = pull.at(scratch + region, [...pullOutside, ...carryAt, ...stateRows])
    const lists: Call[][] = []
    lists[REVOLVE_LISTS.advance] = [
      ...forwardRows.map((aval, k) =>
        takeRow(aval, arrays[k] as number, step.inputAddresses[k] as number, row),
      ),
      ...step.calls,
      ...nextState.calls(step.outputs, at, room),
    ]
    lists[REVOLVE_LISTS.reverse] = [
      ...pullRows.map((aval, k) =>
        takeRow(aval, pullArrays[k] as number, pulled.inputAddresses[k] as number, row),
      ),
      ...pulled.calls,
      ...results.map((aval, k) =>
        putRow(aval, pulled.outputs[carries + k] as number, outputs[carries + k] as number, row),
      ),
      ...nextCarry.calls(pulled.outputs, carryAt, room),
    ]
    lists[REVOLVE_LISTS.save] = state.map((aval, k) =>
      putRow(aval, at[k] as number, saved[k] as number, place),
    )
    lists[REVOLVE_LISTS.load] = state.map((aval, k) =>
      takeRow(aval, saved[k] as number, at[k] as number, place),
    )
    lists[REVOLVE_LISTS.begin] = spill
      ? state.map((aval, k) => unspillRow(aval, spill[k] as number, at[k] as number, stretch))
      : every < length
        ? state.map((aval, k) => takeRow(aval, begins[k] as number, at[k] as number, stretch))
        : moves(state, begins, at)
    return [
      ...moves(carry, init, carryAt),
      {
        kernel: revolve(),
        inputs: [length, every, snapshots, fromLast ? 1 : 0, held ? 1 : 0],
        outputs: [row, place, stretch, positions],
        scratch: 0,
        lists,
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
