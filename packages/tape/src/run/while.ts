/** Loops of unknown length, and those of their states that they keep: see `repeatKeeping` of the kernels. */
import { KEEPING_LISTS, repeatKeeping, repeatWhile } from '@wengert/kernels'
import type { Aval, Control, Program } from '../program/index.js'
import { EXPECTED_TURNS, layOutSnapshots } from '../rewrite/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, move, moves } from './hand-over.js'
import type { Enclose } from './region.js'
import { putRow } from './rows.js'
import { type Call, type Types, type Unit, unit } from './unit.js'

const BOOL: Aval = { dtype: 'bool', shape: [] }

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
  const cost = EXPECTED_TURNS * (test.cost + step.cost + next.cost)
  // Behind the region: the bool, the place of a snapshot, and what is set aside.
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
    lists[KEEPING_LISTS.test] = testing
    lists[KEEPING_LISTS.step] = stepping
    const kept = outputs[parts] as number
    const { offsets } = layOutSnapshots(
      keep.snapshots,
      keep.parts.map(part => state[part] as Aval),
    )
    lists[KEEPING_LISTS.save] = keep.parts.map((part, k) =>
      putRow(state[part] as Aval, carry[part] as number, kept + (offsets[k] as number), place),
    )
    const kernel = repeatKeeping()
    return [...start, { kernel, inputs: [truth, keep.snapshots], outputs: [place, kept], scratch: 0, lists }]
  })
}
