import { type Aval, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import { type Group, MOST_MEMBERS, MOST_SOURCES, widthOf } from './group.js'
import type { Operands } from './operands.js'

/** Fewest instructions of a line: fewer become groups by what reads them. */
const FEWEST_MEMBERS = 64
/** Values of fewer elements stay in the nearest cache, where storing them between groups takes next to no time. */
const MANY_ELEMENTS = 4096

/**
 * Long lines of elementwise instructions of one small shape behind one another, as scalar programs are, cut into groups where
 * these are full. Pullbacks of such programs add to the adjoints of the same few values all along, so that groups of what reads one
 * another would be many and small.
 */
export function straightLines(
  program: Program,
  operands: Operands,
  elementwise: readonly boolean[],
): readonly Group[] {
  return linesOf(program, elementwise).flatMap(line => groupsAlong(program, operands, line))
}

/** Places of the instructions of each line. */
function linesOf({ avals, instructions }: Program, elementwise: readonly boolean[]): readonly number[][] {
  const lines: number[][] = []
  let shape: readonly number[] | undefined
  instructions.forEach(({ outputs }, k) => {
    const own = elementwise[k] ? (avals[outputs[0] as number] as Aval).shape : undefined
    const isSmall = own !== undefined && sizeOf(own) < MANY_ELEMENTS
    if (isSmall && shape && sameShape(own, shape)) lines.at(-1)?.push(k)
    else if (isSmall) lines.push([k])
    shape = isSmall ? own : undefined
  })
  return lines.filter(({ length }) => length >= FEWEST_MEMBERS)
}

/** The groups of a line, without instructions whose operands cannot be read along its shape. */
function groupsAlong(program: Program, operands: Operands, line: readonly number[]): readonly Group[] {
  const groups: Omit<Group, 'position'>[] = []
  let group: Omit<Group, 'position'> | undefined
  const made = new Set<number>()
  for (const k of line) {
    const instruction = program.instructions[k] as Instruction
    const [out] = instruction.outputs as readonly [number]
    const { shape } = program.avals[out] as Aval
    const reads = operands.of(instruction, shape)
    if (!reads) {
      group = undefined
      continue
    }
    const width = widthOf(program, instruction)
    const more = reads.filter(({ unnamed }) => !made.has(unnamed) && !group?.sources.has(unnamed)).length
    const hasRoom =
      group &&
      group.members.length < MOST_MEMBERS &&
      group.sources.size + more <= MOST_SOURCES &&
      (group.width === width || group.width === 0 || width === 0)
    if (!group || !hasRoom) {
      group = { members: [], shape, width, results: [], sources: new Set(), reads: new Map() }
      groups.push(group)
      made.clear()
    }
    group.members.push(k)
    group.reads.set(k, reads)
    group.width ||= width
    for (const { unnamed } of reads) if (!made.has(unnamed)) group.sources.add(unnamed)
    made.add(out)
  }
  return groups.map(group => ({ ...group, position: group.members.at(-1) as number }))
}
