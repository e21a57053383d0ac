/** The way back over the states of a loop of unknown length: see `rewind`, and from a store `revolve`, of the kernels. */
import {
  forwardSteps,
  REWIND_LISTS,
  type RevolveList,
  revolve,
  revolveLists,
  revolveOperands,
  rewind,
  slotBytes,
} from '@wengert/kernels'
import {
  type Aval,
  bytesOf,
  type Control,
  type OpenRecords,
  type Program,
  paramsOf,
} from '../program/index.js'
import { EXPECTED_TURNS, layOutSnapshots, recordOf, withUnwinding } from '../rewrite/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, moves } from './hand-over.js'
import type { Enclose } from './region.js'
import { movingCost, putRow, spillingCost, takeRow, unspillRow } from './rows.js'
import { reversalOf } from './two-level.js'
import { type Call, type Types, type Unit, unit } from './unit.js'

/** States of a loop of unknown length that are kept beside the first where nothing says how many fit. */
export const DEFAULT_SNAPSHOTS = 63

/** A loop and its way back as a program, where they are not part of one that keeps states. */
export function unwindAlone(control: Control & { kind: 'unwind' }, { inputs, outputs }: Types): Program {
  const own = inputs.map((_, k) => k)
  const results = outputs.map((_, k) => inputs.length + k)
  const instruction = { op: 'unwind', inputs: own, outputs: results, params: paramsOf(control) }
  return withUnwinding(
    {
      avals: [...inputs, ...outputs],
      inputs: own,
      constants: [],
      instructions: [instruction],
      outputs: results,
    },
    DEFAULT_SNAPSHOTS,
  )
}

/** A loop long enough to tell ways to keep its states apart when they are weighed. */
export const LONG_LOOP = 4096

type Rewind = Control & { readonly kind: 'rewind' }

/** Steps between the records of a loop of so many steps: the distance doubles until its records are enough. */
function distanceAt(steps: number, { every, count }: OpenRecords): number {
  let distance = every
  while (distance * count < steps) distance *= 2
  return distance
}

/** Cost of running steps of a long loop again, and of bringing its records, for each of its steps. */
function costAgain({ snapshots, spill }: Rewind, advance: number, state: readonly Aval[]): number {
  if (!spill) return (advance * (forwardSteps(LONG_LOOP + 1, snapshots + 1) - LONG_LOOP)) / LONG_LOOP
  const { held } = spill
  const every = distanceAt(LONG_LOOP, spill)
  const { advanced, begun } = reversalOf({ steps: LONG_LOOP, every, size: 1, snapshots, held })
  return (advance * advanced + spillingCost(state) * begun) / LONG_LOOP
}

/** The unit of a way back from kept states. */
export function lowerRewind(control: Rewind, types: Types, enclose: Enclose): Unit {
  const { forward, forwardConstants, reverse, constants, reads, snapshots, spill } = control
  const outside = ({ inputs }: Program) => inputs.map(() => 'external' as const)
  const state = forward.outputs.map(value => forward.avals[value] as Aval)
  const carry = types.outputs
  const [forwardStep, reverseStep] = [
    withoutSums(forward, forwardConstants, state.length),
    withoutSums(reverse, constants, carry.length),
  ]
  const [advance, pull] = [
    enclose(forwardStep.program, outside(forward)),
    enclose(reverseStep.program, outside(reverse)),
  ]
  const nextState = new HandOver(state, advance, forwardConstants, forwardStep)
  const nextCarry = new HandOver(carry, pull, constants, reverseStep)

  // Scratch: either region, what is set aside, counters, the state; where there is a store, snapshots and their positions.
  const region = Math.max(advance.bytes, pull.bytes)
  const aside = Math.max(nextState.bytes, nextCarry.bytes)
  let bytes = region + aside + 16
  const take = (size: number) => {
    bytes += slotBytes(size)
    return bytes - slotBytes(size)
  }
  const offsets = state.map(aval => take(bytesOf(aval)))
  const room = spill ? state.map(aval => take(snapshots * bytesOf(aval))) : []
  const positions = spill ? take(4 * snapshots) : 0
  const cost =
    EXPECTED_TURNS *
    (pull.cost +
      nextCarry.cost +
      movingCost(state) +
      costAgain(control, advance.cost + nextState.cost, state))

  return unit(types, bytes, cost, ({ inputs, outputs, scratch }) => {
    let next = 0
    const operands = (count: number) => {
      next += count
      return inputs.slice(next - count, next)
    }
    const forwardOutside = operands(forwardConstants)
    const init = operands(spill ? 0 : state.length)
    const [kept] = operands(1) as [number]
    const reverseOutside = operands(constants)
    const first = operands(carry.length)
    const setAside = scratch + region
    const [place, row, block] = [0, 4, 8].map(byte => setAside + aside + byte) as [number, number, number]
    const at = offsets.map(offset => scratch + offset)
    const saved = spill
      ? room.map(offset => scratch + offset)
      : layOutSnapshots(snapshots, state).offsets.map(offset => kept + offset)

    const step = advance.at(scratch, [...forwardOutside, ...at])
    const pulled = pull.at(scratch, [...reverseOutside, ...outputs, ...reads.map(part => at[part] as number)])
    const advancing = [...step.calls, ...nextState.calls(step.outputs, at, setAside)]
    const pulling = [...pulled.calls, ...nextCarry.calls(pulled.outputs, outputs, setAside)]
    const save = state.map((aval, k) => putRow(aval, at[k] as number, saved[k] as number, place))
    const load = state.map((aval, k) => takeRow(aval, saved[k] as number, at[k] as number, place))
    const start = moves(carry, first, outputs)
    if (spill) {
      const spec = { from: 'records' } as const
      const record = recordOf(state)
      const lists: Partial<Record<RevolveList, readonly Call[]>> = {
        ...{ advance: advancing, pull: pulling, save, load },
        begin: state.map((aval, k) =>
          unspillRow(aval, record.offsets[k] as number, at[k] as number, block, 1),
        ),
      }
      return [
        ...start,
        {
          kernel: revolve(spec),
          ...revolveOperands({
            ...spec,
            ...{
              records: spill.count,
              every: spill.every,
              snapshots,
              held: spill.held,
              blocks: record.blocks,
            },
            ...{ row, place, block, table: kept, positions: scratch + positions },
          }),
          scratch: 0,
          lists: revolveLists(spec).map(list => lists[list] ?? []),
        },
      ]
    }
    const lists: (readonly Call[])[] = []
    lists[REWIND_LISTS.advance] = advancing
    lists[REWIND_LISTS.reverse] = pulling
    lists[REWIND_LISTS.save] = save
    lists[REWIND_LISTS.load] = load
    lists[REWIND_LISTS.begin] = moves(state, init, at)
    return [...start, { kernel: rewind(), inputs: [snapshots], outputs: [place, kept], scratch: 0, lists }]
  })
}
