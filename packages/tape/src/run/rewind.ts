/** The way back over the states of a loop of unknown length: see `rewind` of the kernels. */
import { forwardSteps, REWIND_LISTS, rewind, slotBytes } from '@wengert/kernels'
import { type Aval, bytesOf, type Control, type Program, paramsOf } from '../program/index.js'
import { EXPECTED_TURNS, layOutSnapshots, withUnwinding } from '../rewrite/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, moves } from './hand-over.js'
import type { Enclose } from './region.js'
import { movingCost, putRow, takeRow } from './rows.js'
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

/** A loop long enough to tell numbers of snapshots apart when they are weighed. */
const LONG_LOOP = 4096

/** How often a step of a long loop is run again, on average. */
const repetitions = (snapshots: number): number =>
  (forwardSteps(LONG_LOOP + 1, snapshots + 1) - LONG_LOOP) / LONG_LOOP

/** The unit of a way back from kept states. */
export function lowerRewind(control: Control & { kind: 'rewind' }, types: Types, enclose: Enclose): Unit {
  const { forward, forwardConstants, reverse, constants, reads, snapshots } = control
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

  // Scratch: either region, what is set aside, the place of a snapshot, the state.
  const region = Math.max(advance.bytes, pull.bytes)
  const aside = Math.max(nextState.bytes, nextCarry.bytes)
  let bytes = region + aside + 16
  const offsets = state.map(aval => {
    bytes += slotBytes(bytesOf(aval))
    return bytes - slotBytes(bytesOf(aval))
  })
  const cost =
    EXPECTED_TURNS *
    (pull.cost +
      nextCarry.cost +
      movingCost(state) +
      repetitions(snapshots) * (advance.cost + nextState.cost))

  return unit(types, bytes, cost, ({ inputs, outputs, scratch }) => {
    let next = 0
    const operands = (count: number) => {
      next += count
      return inputs.slice(next - count, next)
    }
    const forwardOutside = operands(forwardConstants)
    const init = operands(state.length)
    const [kept] = operands(1) as [number]
    const saved = layOutSnapshots(snapshots, state).offsets.map(offset => kept + offset)
    const reverseOutside = operands(constants)
    const first = operands(carry.length)
    const [room, place] = [scratch + region, scratch + region + aside]
    const at = offsets.map(offset => scratch + offset)

    const step = advance.at(scratch, [...forwardOutside, ...at])
    const pulled = pull.at(scratch, [...reverseOutside, ...outputs, ...reads.map(part => at[part] as number)])
    const lists: Call[][] = []
    lists[REWIND_LISTS.advance] = [...step.calls, ...nextState.calls(step.outputs, at, room)]
    lists[REWIND_LISTS.reverse] = [...pulled.calls, ...nextCarry.calls(pulled.outputs, outputs, room)]
    lists[REWIND_LISTS.save] = state.map((aval, k) =>
      putRow(aval, at[k] as number, saved[k] as number, place),
    )
    lists[REWIND_LISTS.load] = state.map((aval, k) =>
      takeRow(aval, saved[k] as number, at[k] as number, place),
    )
    lists[REWIND_LISTS.begin] = moves(state, init, at)
    return [
      ...moves(carry, first, outputs),
      { kernel: rewind(), inputs: [snapshots], outputs: [place, kept], scratch: 0, lists },
    ]
  })
}
