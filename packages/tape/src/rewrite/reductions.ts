/** Which groups of elementwise instructions are combined as they are computed, without being stored. */
import { isReducible } from '@wengert/kernels'
import {
  type Aval,
  controlOf,
  type Instruction,
  opOf,
  type Program,
  type Reduced,
  sameShape,
} from '../program/index.js'
import type { Group } from './groups.js'
import { readersOf } from './inner.js'

/** An instruction that reduces the only result of a group, and how. */
export interface Reduction {
  readonly position: number
  readonly reduced: Reduced
}

/** Most instructions of a group that is reduced: its code is there once for whole blocks and once for the rest. */
const MOST_MEMBERS = 64

/** The reductions of groups of a program that are all that reads their results. */
export function reductionsOf(program: Program, groups: readonly Group[]): ReadonlyMap<Group, Reduction> {
  const readers = readersOf(program)
  const found = new Map<Group, Reduction>()
  for (const group of groups) {
    const position = onlyReader(program, group, readers)
    if (position === undefined) continue
    const reader = program.instructions[position] as Instruction
    const reduced = controlOf(reader) ? undefined : opOf(reader.op).reduced?.(reader.params)
    if (reduced && takes(group, reduced)) found.set(group, { position, reduced })
  }
  return found
}

/** The instruction that alone reads the only result of a group, which has the shape of the group. */
function onlyReader(
  { avals, instructions }: Program,
  { results, shape, members }: Group,
  readers: readonly (readonly number[])[],
): number | undefined {
  const [result, ...others] = results
  if (result === undefined || others.length > 0 || members.length > MOST_MEMBERS) return undefined
  const [value] = (instructions[result] as Instruction).outputs as readonly [number]
  const [reader, ...more] = new Set(readers[value])
  if (reader === undefined || reader < 0 || more.length > 0) return undefined
  return sameShape((avals[value] as Aval).shape, shape) ? reader : undefined
}

/** Whether all operands of a group lie so that it can be combined. */
const takes = ({ shape, reads }: Group, { axes }: Reduced): boolean =>
  isReducible(shape, [...reads.values()].flat(), axes)
