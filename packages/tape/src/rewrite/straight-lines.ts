import { type Aval, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import { type Code, decoded, type Group, type Room, widthOf } from './group.js'
import type { Operands } from './operands.js'

/** Fewest instructions of a line: fewer become groups by what reads them. */
const FEWEST_MEMBERS = 64
/** What a group of scalars may hold, whose code runs through once. */
const SCALARS: Room = { members: 4096, sources: 1024 }

/**
 * Long lines of elementwise instructions of one shape behind one another, as scalar programs are, cut into groups where these
 * are full. Pullbacks of such programs add to the adjoints of the same few values all along, so that groups of what reads one
 * another would be many and small.
 *
 * @param code of each instruction
 * @param fewerThan only lines of fewer elements
 */
export function straightLines(
  program: Program,
  operands: Operands,
  code: readonly Code[],
  fewerThan: number,
): readonly Group[] {
  return linesOf(program, code)
    .filter(({ shape }) => sizeOf(shape) < fewerThan)
    .flatMap(line => groupsAlong(program, operands, code, line))
}

/** Places of instructions, and the shape of what they compute. */
interface Line {
  readonly places: number[]
  readonly shape: readonly number[]
}

function linesOf({ avals, instructions }: Program, code: readonly Code[]): readonly Line[] {
  const lines: Line[] = []
  let open: Line | undefined
  instructions.forEach(({ outputs }, k) => {
    if (code[k] === 'none') {
      open = undefined
      return
    }
    const { shape } = avals[outputs[0] as number] as Aval
    if (open && sameShape(open.shape, shape)) {
      open.places.push(k)
      return
    }
    open = { places: [k], shape }
    lines.push(open)
  })
  return lines.filter(({ places }) => places.length >= FEWEST_MEMBERS)
}

/** The groups of a line, without instructions whose operands cannot be read along its shape. */
function groupsAlong(
  program: Program,
  operands: Operands,
  code: readonly Code[],
  { places, shape }: Line,
): readonly Group[] {
  const groups: Omit<Group, 'position'>[] = []
  let group: Omit<Group, 'position'> | undefined
  const made = new Set<number>()
  for (const k of places) {
    const instruction = program.instructions[k] as Instruction
    const reads = operands.of(instruction, shape)
    if (!reads) {
      group = undefined
      continue
    }
    const width = widthOf(program, instruction)
    const more = reads.filter(({ unnamed }) => !made.has(unnamed) && !group?.sources.has(unnamed)).length
    const isLong = group?.isLong === true || code[k] === 'long'
    const most = sizeOf(shape) === 1 ? SCALARS : decoded(isLong)
    const hasRoom =
      group &&
      group.members.length < most.members &&
      group.sources.size + more <= most.sources &&
      (group.width === width || group.width === 0 || width === 0)
    if (!group || !hasRoom) {
      group = {
        members: [],
        shape,
        isLine: true,
        width,
        isLong: false,
        results: [],
        sources: new Set(),
        reads: new Map(),
      }
      groups.push(group)
      made.clear()
    }
    group.members.push(k)
    group.isLong ||= code[k] === 'long'
    group.reads.set(k, reads)
    group.width ||= width
    for (const { unnamed } of reads) if (!made.has(unnamed)) group.sources.add(unnamed)
    made.add(instruction.outputs[0] as number)
  }
  return groups.map(group => ({ ...group, position: group.members.at(-1) as number }))
}
