/** Loops of unknown length, and the states that they keep: see `repeatKeeping` and `repeatThinning` of the kernels. */
import { KEEPING_LISTS, repeatKeeping, repeatThinning, repeatWhile, THINNING_LISTS } from '@wengert/kernels'
import type { Aval, Control, Program } from '../program/index.js'
import { EXPECTED_TURNS, layOutSnapshots, recordOf } from '../rewrite/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, move, moves } from './hand-over.js'
import type { Enclose } from './region.js'
import { putRow, spillingCost, spillRow } from './rows.js'
import { type Call, type Types, type Unit, unit } from './unit.js'

const BOOL: Aval = { dtype: 'bool', shape: [] }

/** Turns of a record that is written whenever it is asked for, where its counter is the number of its block. */
const AT_BLOCK = { every: 1, stride: 1 }

/** The unit of a loop of unknown length. */
export function lowerWhile(
  { condition, body, conditionConstants, bodyConstants, keep }: Control & { kind: 'while' },
  types: Types,
  enclose: Enclose,
): Unit {
  const outside = (program: Program) =>
    enclose(
      program,
      program.inputs.map(() => 'external'),
    )
  const accumulating = withoutSums(body, bodyConstants, body.outputs.length)
  const [test, step] = [outside(condition), outside(accumulating.program)]
  const first = conditionConstants + bodyConstants
  const parts = types.inputs.length - first
  const state = types.outputs.slice(0, parts)
  const next = new HandOver(state, step, bodyConstants, accumulating)
  const bytes = Math.max(test.bytes, step.bytes)
  const kinds = (keep?.parts ?? []).map(part => state[part] as Aval)
  const spilling = keep?.spill ? spillingCost(kinds) / keep.spill.every : 0
  const cost = EXPECTED_TURNS * (test.cost + step.cost + next.cost + spilling)
  // Behind the region: the bool, the place of a snapshot or record, and what is set aside.
  return unit(types, bytes + 16 + next.bytes, cost, ({ inputs, outputs, scratch }) => {
    const carry = outputs.slice(0, parts)
    const tested = test.at(scratch, [...inputs.slice(0, conditionConstants), ...carry])
    const stepped = step.at(scratch, [...inputs.slice(conditionConstants, first), ...carry])
    const [truth, place, room] = [0, 4, 16].map(offset => scratch + bytes + offset) as [
      number,
      number,
      number,
    ]
    const testing = [...tested.calls, move(BOOL, tested.outputs[0] as number, truth)]
    const stepping = [...stepped.calls, ...next.calls(stepped.outputs, carry, room)]
    const start = moves(state, inputs.slice(first), carry)
    if (!keep) {
      const lists = [testing, stepping]
      return [...start, { kernel: repeatWhile(), inputs: [truth], outputs: [], scratch: 0, lists }]
    }
    const lists: Call[][] = []
    const kept = outputs[parts] as number
    if (keep.spill) {
      const { every, count, base } = keep.spill
      const { blocks, offsets } = recordOf(kinds)
      lists[THINNING_LISTS.test] = testing
      lists[THINNING_LISTS.step] = stepping
      lists[THINNING_LISTS.save] = keep.parts.map((part, k) =>
        spillRow(kinds[k] as Aval, carry[part] as number, offsets[k] as number, place, AT_BLOCK),
      )
      const numbers = [every, count, blocks, base]
      const kernel = repeatThinning()
      return [...start, { kernel, inputs: [truth, ...numbers], outputs: [place, kept], scratch: 0, lists }]
    }
    lists[KEEPING_LISTS.test] = testing
    lists[KEEPING_LISTS.step] = stepping
    const { offsets } = layOutSnapshots(keep.snapshots, kinds)
    lists[KEEPING_LISTS.save] = keep.parts.map((part, k) =>
      putRow(state[part] as Aval, carry[part] as number, kept + (offsets[k] as number), place),
    )
    const kernel = repeatKeeping()
    return [...start, { kernel, inputs: [truth, keep.snapshots], outputs: [place, kept], scratch: 0, lists }]
  })
}
