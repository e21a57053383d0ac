import { type Aval, bytesOf, type Instruction } from '../program/index.js'
import type { Grouped } from './group.js'
import { ALIASES, placeOf, shownBytes } from './operands.js'
import { reductionsOf } from './reductions.js'

/**
 * Bytes that a program reads and writes where its groups are run as one, each with what reduces its only result.
 *
 * @example
 * const program = simplify(record(x => exp(x).add(1).sqrt(), tensor([1, 2])).program)
 * movedBytes({ program, groups: [] }) // → 52
 */
export function movedBytes({ program, groups }: Grouped): number {
  const { avals, instructions } = program
  const bytesOfAll = (values: Iterable<number>) =>
    [...values].reduce((sum, value) => sum + bytesOf(avals[value] as Aval), 0)
  const outputsAt = (k: number) => (instructions[k] as Instruction).outputs
  const reductions = reductionsOf(program, groups)
  const inGroups = new Set<number>()
  const needed = new Set(program.outputs)
  let moved = 0
  for (const group of groups) {
    const { members, results, reads, shape } = group
    const made = new Set(members.flatMap(outputsAt))
    const read = [...reads.values()].flat().filter(({ unnamed }) => !made.has(unnamed))
    for (const { source } of read) needed.add(source)
    const shown = new Map(read.map(operand => [placeOf(operand), shownBytes(program, operand, shape)]))
    const stored = reductions.has(group) ? [reductions.get(group)?.position as number] : results
    for (const k of [...members, ...stored]) inGroups.add(k)
    moved += bytesOfAll(stored.flatMap(outputsAt))
    for (const bytes of shown.values()) moved += bytes
  }
  // What is shown of others in place, and that alone, is never made.
  for (let k = instructions.length - 1; k >= 0; k--) {
    const { op, inputs, outputs } = instructions[k] as Instruction
    if (inGroups.has(k) || !outputs.some(value => needed.has(value))) continue
    for (const value of inputs) needed.add(value)
    if (!ALIASES.has(op)) moved += bytesOfAll(inputs) + bytesOfAll(outputs)
  }
  return moved
}
