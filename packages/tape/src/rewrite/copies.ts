/**
 * Values that are cheap to compute and read by several groups of elementwise instructions, or by reductions: each of these
 * computes them by itself where that moves fewer bytes than to store them once and to read them back. The bits are the same,
 * since the same operations meet the same operands.
 */
import { isCheap, isReducible } from '@wengert/kernels'
import {
  type Aval,
  bytesOf,
  elementOf,
  type Instruction,
  type Program,
  sameShape,
  sizeOf,
} from '../program/index.js'
import { type Group, type Grouped, MOST_ROOM } from './group.js'
import { groupsOf, OUTSIDE, readersBehindAliases } from './groups.js'
import { readersOf } from './inner.js'
import { movedBytes } from './moved.js'
import { ALIASES, type Operand, placeOf, shownBytes } from './operands.js'
import { MOST_REDUCED, reducedOf, reductionOf } from './reductions.js'

/** Fewest elements: fewer stay in the nearest cache, where moving them takes next to no time, less than finding copies does. */
const FEWEST_ELEMENTS = 4096
/** Most instructions that are copied for a value. */
const MOST_COPIED = 8
/** Copies let others come about; so often they are looked for. A fourth time brings next to nothing. */
const ROUNDS = 3

/** What reads a value and can compute it by itself: a group, or a reduction. */
interface Taker {
  readonly group: Group | undefined
  /** Its instructions that read the value. */
  readonly readers: readonly number[]
}

/** A value, and what reads it and will have a copy. */
interface Copied {
  /** The group that computes it. */
  readonly own: Group
  readonly value: number
  /** The instructions that compute it, in order. */
  readonly made: readonly number[]
  readonly takers: readonly Taker[]
}

/**
 * The program with instructions repeated for each group of others that reads their result, and its groups; the program itself
 * where bytes that are moved and elements that are computed then are no fewer in all.
 *
 * @param lineElements as of `groupsOf`
 * @example
 * const centred = x => sub(x, mean(x))
 * const f = x => [sum(square(centred(x))), mul(centred(x), 2)]
 * const { program } = groupedWithCopies(simplify(record(f, { dtype: 'f32', shape: [4096] }).program), 0)
 * program.instructions.map(({ op }) => op) // → ['sum', 'div', 'sub', 'square', 'sum', 'sub', 'mul']
 */
export function groupedWithCopies(program: Program, lineElements: number): Grouped {
  const plain: Grouped = { program, groups: groupsOf(program, lineElements) }
  let grouped = plain
  let isNew = (_: Instruction) => true
  for (let round = 0; round < ROUNDS; round++) {
    const found = copiesIn(grouped, isNew)
    if (found.length === 0) break
    const { instructions } = grouped.program
    const before = new Set(instructions)
    for (const { own } of found)
      for (const member of own.members) before.delete(instructions[member] as Instruction)
    isNew = instruction => !before.has(instruction)
    const copied = withEach(grouped.program, found)
    grouped = { program: copied, groups: groupsOf(copied, lineElements) }
  }
  // What copies read, later than before, may join a group that then is stored instead of reduced: only the groups show it.
  return grouped === plain || costOf(grouped) < costOf(plain) ? grouped : plain
}

/** Bytes that are moved and elements that groups compute: of a whole program what {@link pays} weighs of one value. */
const costOf = (grouped: Grouped): number =>
  grouped.groups.reduce(
    (sum, { members, shape }) => sum + members.length * sizeOf(shape),
    movedBytes(grouped),
  )

/** Values that are worth copying where something is new, none of which reads or is read by a group of another. */
function copiesIn(
  { program, groups }: Grouped,
  isNew: (instruction: Instruction) => boolean,
): readonly Copied[] {
  const large = groups.filter(({ shape }) => sizeOf(shape) >= FEWEST_ELEMENTS)
  if (large.length === 0) return []
  const { instructions } = program
  const [direct, readers] = [readersOf(program), readersBehindAliases(program)]
  const definitions = new Map(
    instructions.flatMap(({ outputs }, k) => outputs.map(value => [value, k] as const)),
  )
  const groupOf = new Map<number, Group>()
  const renewed = new Set<Group>()
  for (const group of groups) {
    for (const member of group.members) {
      groupOf.set(member, group)
      if (isNew(instructions[member] as Instruction)) renewed.add(group)
    }
  }
  const taken = new Set<Group | number>()
  const found: Copied[] = []
  for (const own of large) {
    for (const result of own.results) {
      const [value] = (instructions[result] as Instruction).outputs as readonly [number]
      const all = readers[value] as readonly number[]
      const touched = [own, ...all.flatMap(reader => groupOf.get(reader) ?? [])]
      if (!touched.some(group => renewed.has(group))) continue
      const takers = takersOf(program, value, own, all, groupOf)
      if (!takers) continue
      const parts = [own, ...takers.map(({ group, readers }) => group ?? (readers[0] as number))]
      if (parts.some(part => taken.has(part))) continue
      const made = madeOf(program, own, result, definitions)
      if (!made || !pays(program, { own, value, made, takers }, direct)) continue
      for (const part of parts) taken.add(part)
      found.push({ own, value, made, takers })
    }
  }
  return found
}

/** What reads a value beside its own group, if all of it may compute it instead. */
function takersOf(
  { avals, instructions }: Program,
  value: number,
  own: Group,
  readers: readonly number[],
  groupOf: ReadonlyMap<number, Group>,
): readonly Taker[] | undefined {
  const byGroup = new Map<Group, number[]>()
  const reductions: Taker[] = []
  for (const reader of new Set(readers)) {
    if (reader === OUTSIDE) return undefined
    const group = groupOf.get(reader)
    if (group === own) continue
    if (group) {
      if (!sameShape(group.shape, own.shape)) return undefined
      byGroup.set(group, [...(byGroup.get(group) ?? []), reader])
      continue
    }
    const { inputs } = instructions[reader] as Instruction
    const isWhole = inputs[0] === value && sameShape((avals[value] as Aval).shape, own.shape)
    if (!isWhole || !reducedOf(instructions[reader] as Instruction)) return undefined
    reductions.push({ group: undefined, readers: [reader] })
  }
  const takers = [...[...byGroup].map(([group, own]) => ({ group, readers: own })), ...reductions]
  const isReadInside = readers.some(reader => groupOf.get(reader) === own)
  return takers.length > (isReadInside ? 0 : 1) ? takers : undefined
}

/** The members of a group that a value is made of, if all of them are cheap and few. */
function madeOf(
  { avals, instructions }: Program,
  group: Group,
  result: number,
  definitions: ReadonlyMap<number, number>,
): readonly number[] | undefined {
  const made = new Set([result])
  for (const member of made) {
    if (made.size > MOST_COPIED) return undefined
    const { op, inputs, outputs, params } = instructions[member] as Instruction
    const of = inputs.map(input => avals[input] as Aval)
    const element = elementOf(op, of, avals[outputs[0] as number] as Aval, params)
    if (!element || !isCheap(element, inputs.length)) return undefined
    for (const { source } of group.reads.get(member) as readonly Operand[]) {
      const before = definitions.get(source)
      if (before !== undefined && group.reads.has(before)) made.add(before)
    }
  }
  return [...made].toSorted((a, b) => a - b)
}

/** Whether copies move fewer bytes than they compute elements, and what they are copied into has room for them. */
function pays(
  program: Program,
  { own, value, made, takers }: Copied,
  direct: readonly (readonly number[])[],
): boolean {
  const { avals, instructions } = program
  const inside = new Set(made.map(member => (instructions[member] as Instruction).outputs[0] as number))
  const operands = made
    .flatMap(member => own.reads.get(member) as readonly Operand[])
    .filter(({ source }) => !inside.has(source))
  const read = new Map(operands.map(operand => [placeOf(operand), operand]))
  const bytesRead = (skipped: ReadonlySet<string>): number =>
    [...read].reduce(
      (sum, [place, operand]) => (skipped.has(place) ? sum : sum + shownBytes(program, operand, own.shape)),
      0,
    )
  const work = made.length * sizeOf(own.shape)
  const bytes = bytesOf(avals[value] as Aval)
  const vanishes = own.results.length === 1 && own.members.length === made.length
  let gain = bytes + (vanishes ? work + bytesRead(new Set()) : 0)
  for (const { group, readers } of takers) {
    if (group) {
      const fits =
        group.members.length + made.length <= MOST_ROOM.members &&
        group.sources.size + read.size <= MOST_ROOM.sources &&
        (group.width === own.width || group.width === 0 || own.width === 0)
      if (!fits) return false
      // What is combined as it is computed would be stored otherwise.
      const reduction = reductionOf(program, group, direct)
      const staysReduced =
        !reduction ||
        (group.members.length + made.length <= MOST_REDUCED &&
          isReducible(own.shape, [...[...group.reads.values()].flat(), ...operands], reduction.reduced.axes))
      if (!staysReduced) return false
    } else {
      const { axes } = reducedOf(instructions[readers[0] as number] as Instruction) ?? { axes: [] }
      if (!isReducible(own.shape, operands, axes)) return false
    }
    const already = [...(group?.reads.values() ?? [])].flat().map(placeOf)
    gain += bytes - work - bytesRead(new Set(already))
  }
  return gain > 0
}

/** The program with a copy for each that takes one, right before the first instruction that reads it, without what nobody reads. */
function withEach(program: Program, found: readonly Copied[]): Program {
  const avals = [...program.avals]
  const again = (value: number) => avals.push(avals[value] as Aval) - 1
  const definitions = new Map(
    program.instructions.flatMap(one => one.outputs.map(value => [value, one] as const)),
  )
  const before = new Map<number, Instruction[]>()
  const instead = new Map<number, Instruction>()
  for (const { made, takers } of found) {
    for (const { readers } of takers) {
      const copies: Instruction[] = []
      const copyOf = new Map<number, number>()
      const copied = (instruction: Instruction): Instruction => {
        const outputs = instruction.outputs.map(again)
        instruction.outputs.forEach((out, k) => void copyOf.set(out, outputs[k] as number))
        return { ...instruction, inputs: instruction.inputs.map(seen), outputs }
      }
      /** The copy of a value, or of a value under other shapes. */
      const seen = (input: number): number => {
        const known = copyOf.get(input)
        if (known !== undefined) return known
        const alias = definitions.get(input)
        if (!alias || !ALIASES.has(alias.op) || alias.op === 'named') return input
        const [of] = alias.inputs as readonly [number]
        if (seen(of) === of) return input
        copies.push(copied(alias))
        return copyOf.get(input) as number
      }
      for (const member of made) copies.push(copied(program.instructions[member] as Instruction))
      for (const reader of readers) {
        const instruction = program.instructions[reader] as Instruction
        const inputs = instruction.inputs.map(seen)
        instead.set(reader, { ...instruction, inputs })
      }
      before.set(Math.min(...readers), copies)
    }
  }
  const instructions = program.instructions.flatMap((one, k) => [
    ...(before.get(k) ?? []),
    instead.get(k) ?? one,
  ])
  const read = new Set(program.outputs)
  const live = instructions.toReversed().filter(({ inputs, outputs }) => {
    const isRead = outputs.some(value => read.has(value))
    if (isRead) for (const value of inputs) read.add(value)
    return isRead
  })
  return { ...program, avals, instructions: live.reverse() }
}
