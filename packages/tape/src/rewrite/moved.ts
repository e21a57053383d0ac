import { type Aval, bytesOf, type Instruction } from '../program/index.js'
import type { Grouped } from './copies.js'
import { ALIASES } from './operands.js'
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
  let moved = 0
  for (const group of groups) {
    const { members, results, sources } = group
    const stored = reductions.has(group) ? [reductions.get(group)?.position as number] : results
    for (const k of [...members, ...stored]) inGroups.add(k)
    moved += bytesOfAll(sources) + bytesOfAll(stored.flatMap(outputsAt))
  }
  return instructions.reduce((sum, { op, inputs, outputs }, k) => {
    if (inGroups.has(k) || ALIASES.has(op)) return sum
    return sum + bytesOfAll(inputs) + bytesOfAll(outputs)
  }, moved)
}
