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
import type { Group } from './group.js'
import { readersOf } from './inner.js'

/** An instruction that reduces the only result of a group, and how. */
export interface Reduction {
  readonly position: number
  readonly reduced: Reduced
}

/** Most instructions of a group that is reduced: its code is there once for whole blocks and once for the rest. */
export const MOST_REDUCED = 64

/** The reductions of groups of a program that are all that reads their results. */
export function reductionsOf(program: Program, groups: readonly Group[]): ReadonlyMap<Group, Reduction> {
  const readers = readersOf(program)
  const found = new Map<Group, Reduction>()
  for (const group of groups) {
    const reduction = reductionOf(program, group, readers)
    if (reduction) found.set(group, reduction)
  }
  return found
}

/** The reduction that is all that reads the result of a group; undefined if there is none. */
export function reductionOf(
  program: Program,
  group: Group,
  readers: readonly (readonly number[])[],
): Reduction | undefined {
  const position = onlyReader(program, group, readers)
  if (position === undefined) return undefined
  const reduced = reducedOf(program.instructions[position] as Instruction)
  return reduced && takes(group, reduced) ? { position, reduced } : undefined
}

/** How an instruction reduces its operand; undefined if it does not. */
export const reducedOf = (instruction: Instruction): Reduced | undefined =>
  controlOf(instruction) ? undefined : opOf(instruction.op).reduced?.(instruction.params)

/** The instruction that alone reads the only result of a group, which has the shape of the group. */
function onlyReader(
  { avals, instructions }: Program,
  { results, shape, members }: Group,
  readers: readonly (readonly number[])[],
): number | undefined {
  const [result, ...others] = results
  if (result === undefined || others.length > 0 || members.length > MOST_REDUCED) return undefined
  const [value] = (instructions[result] as Instruction).outputs as readonly [number]
  const [reader, ...more] = new Set(readers[value])
  if (reader === undefined || reader < 0 || more.length > 0) return undefined
  return sameShape((avals[value] as Aval).shape, shape) ? reader : undefined
}

/** Whether all operands of a group lie so that it can be combined. */
const takes = ({ shape, reads }: Group, { axes }: Reduced): boolean =>
  isReducible(shape, [...reads.values()].flat(), axes)
