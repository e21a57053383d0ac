/** Which elementwise instructions of a program are run as one. */
import { type Aval, type Instruction, type Program, sizeOf } from '../program/index.js'
import { type Code, codeOf, type Group, roomFor, widthOf } from './group.js'
import { readersOf } from './inner.js'
import { ALIASES, type Operand, Operands } from './operands.js'
import { straightLines } from './straight-lines.js'

/** Where the outputs of a program are read. */
export const OUTSIDE = Number.POSITIVE_INFINITY

/**
 * Groups the instructions of a program from the last to the first: each joins a group that reads it, if all other readers come
 * after that. So a group may be run where its last member was, and reads what was there before.
 *
 * @param lineElements straight lines of fewer elements than these have groups of their own.
 */
export function groupsOf(program: Program, lineElements: number): readonly Group[] {
  const readers = readersBehindAliases(program)
  const code = codeOf(program)
  const operands = new Operands(program, value =>
    (readers[value] as readonly number[]).every(reader => reader !== OUTSIDE && code[reader] !== 'none'),
  )
  const straight = straightLines(program, operands, code, lineElements)
  const inLine = new Map(straight.flatMap(group => group.members.map(k => [k, group] as const)))
  const groupOf = new Map<number, Group>()
  const groups: Group[] = []
  for (let k = program.instructions.length - 1; k >= 0; k--) {
    if (code[k] === 'none' || inLine.has(k)) continue
    const instruction = program.instructions[k] as Instruction
    const own = readers[instruction.outputs[0] as number] as readonly number[]
    const candidate = { program, instruction, operands, code: code[k] as Code }
    const joined = readingGroups(own, groupOf).find(group => join(group, k, candidate))
    const group = joined ?? alone(k, candidate)
    groupOf.set(k, group)
    if (!joined) groups.push(group)
  }
  for (const group of groups) group.members.reverse()
  const all = [...groups, ...straight].sort((a, b) => a.position - b.position)
  for (const [k, group] of inLine) groupOf.set(k, group)
  for (const group of all) {
    for (const k of group.members) {
      const own = readers[program.instructions[k]?.outputs[0] as number] as readonly number[]
      if (own.some(reader => groupOf.get(reader) !== group)) group.results.push(k)
    }
  }
  return all
}

/** Groups that read a value, if all its other readers come after them; the first one first. */
function readingGroups(readers: readonly number[], groupOf: ReadonlyMap<number, Group>): readonly Group[] {
  // As of most values.
  if (readers.length === 1) {
    const only = groupOf.get(readers[0] as number)
    return only ? [only] : []
  }
  return [...new Set(readers.flatMap(reader => groupOf.get(reader) ?? []))]
    .filter(group => readers.every(reader => groupOf.get(reader) === group || reader > group.position))
    .toSorted((a, b) => a.position - b.position)
}

interface Candidate {
  readonly program: Program
  readonly instruction: Instruction
  readonly operands: Operands
  readonly code: Code
}

function alone(position: number, { program, instruction, operands, code }: Candidate): Group {
  const { shape } = program.avals[instruction.outputs[0] as number] as Aval
  const reads = operands.of(instruction, shape) as readonly Operand[]
  return {
    members: [position],
    position,
    shape,
    isLine: false,
    width: widthOf(program, instruction),
    isLong: code === 'long',
    results: [],
    sources: new Set(reads.map(({ unnamed }) => unnamed)),
    reads: new Map([[position, reads]]),
  }
}

/** Takes an instruction into a group that reads it, if it fits. */
function join(group: Group, k: number, { program, instruction, operands, code }: Candidate): boolean {
  const width = widthOf(program, instruction)
  const isLong = group.isLong || code === 'long'
  const most = roomFor(group.shape, isLong)
  if (group.members.length >= most.members) return false
  if (width !== 0 && group.width !== 0 && width !== group.width) return false
  const { shape } = program.avals[instruction.outputs[0] as number] as Aval
  if (sizeOf(shape) !== sizeOf(group.shape)) return false
  const reads = operands.of(instruction, group.shape)
  if (!reads) return false
  const [out] = instruction.outputs as readonly [number]
  const more = reads.filter(({ unnamed }) => !group.sources.has(unnamed)).length
  if (group.sources.size - 1 + more > most.sources) return false
  group.sources.delete(out)
  for (const { unnamed } of reads) group.sources.add(unnamed)
  group.members.push(k)
  group.isLong = isLong
  group.reads.set(k, reads)
  if (width !== 0) group.width = width
  return true
}

/** Instructions that read each value, also under other shapes. Names are shown outside. */
export function readersBehindAliases(program: Program): readonly (readonly number[])[] {
  const readers = readersOf(program) as number[][]
  const all = readers.map(list => list.map(reader => (reader < 0 ? OUTSIDE : reader)))
  for (let k = program.instructions.length - 1; k >= 0; k--) {
    const { op, inputs, outputs } = program.instructions[k] as Instruction
    if (!ALIASES.has(op)) continue
    const through = all[outputs[0] as number] as readonly number[]
    const own = all[inputs[0] as number] as number[]
    all[inputs[0] as number] = [
      ...own.filter(reader => reader !== k),
      ...through,
      ...(op === 'named' ? [OUTSIDE] : []),
    ]
  }
  return all
}
