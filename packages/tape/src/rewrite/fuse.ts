import {
  type Aval,
  type FusionNode,
  type Instruction,
  type Params,
  type Program,
  sizeOf,
} from '../program/index.js'
import { groupedWithCopies } from './copies.js'
import { type Group, type Grouped, MANY_ELEMENTS } from './group.js'
import { groupsOf } from './groups.js'
import { mapInner, programsOf } from './inner.js'
import { movedBytes } from './moved.js'
import { ALIASES, type Operand } from './operands.js'
import { type Reduction, reductionsOf } from './reductions.js'
import { withoutNegations } from './signs.js'
import { simplify } from './simplify.js'

/** Programs that {@link fuse} may make dearer than {@link fuseWithoutCopies} does. */
const dearer = new WeakSet<Program>()

/** Fused programs, with cheap values computed by each that reads them, and with every value computed once. */
const known = { copying: new WeakMap<Program, Program>(), plain: new WeakMap<Program, Program>() }

/**
 * The program with elementwise instructions that read one another run as one, with what reduces their only result, also in
 * the programs inside of instructions: what is read by several is read once, and values between are never stored. Cheap values
 * are computed by each that reads them; what they are made of must then be there for longer, so that this may take more bytes than
 * {@link fuseWithoutCopies}. Long lines of instructions are run as one whatever they read, of many elements where that moves fewer bytes. Nothing of it can be
 * differentiated any more.
 *
 * @example
 * const { program } = record(x => exp(x).add(1).sqrt(), tensor([1, 2]))
 * fuse(program).instructions.map(({ op }) => op) // → ['fused']
 */
export function fuse(program: Program): Program {
  const made = known.copying.get(program) ?? fusedWithCopies(program)
  known.copying.set(program, made)
  return made
}

function fusedWithCopies(program: Program): Program {
  const separate = mapInner(program, fuse)
  const grouped = groupedAlongLines(separate)
  const inside = program.instructions.flatMap(programsOf)
  const lines = grouped.groups.filter(({ isLine }) => isLine)
  const isCopied = grouped.program !== separate
  if (
    isCopied ||
    lines.some(({ shape }) => sizeOf(shape) > 1) ||
    meetOthers(grouped) ||
    inside.some(mayCostMore)
  )
    dearer.add(program)
  const isPlain = !isCopied && lines.length === 0 && inside.every(isFusedPlainly)
  if (!isPlain) return withFusedGroups(separate, grouped)
  const made = known.plain.get(program) ?? withFusedGroups(separate, grouped)
  known.plain.set(program, made)
  return made
}

/** Groups of a program, those of lines of many elements only if that moves fewer bytes: elsewhere, lines of any length are faster. */
function groupedAlongLines(program: Program): Grouped {
  const along = groupedWithCopies(program, Number.POSITIVE_INFINITY)
  if (!along.groups.some(({ isLine, shape }) => isLine && sizeOf(shape) >= MANY_ELEMENTS)) return along
  const byReaders = groupedWithCopies(program, MANY_ELEMENTS)
  return movedBytes(along) < movedBytes(byReaders) ? along : byReaders
}

/** Whether a group that is no line reads what a line computes, or the other way round, and so might be one with a part of it. */
function meetOthers({ program, groups }: Grouped): boolean {
  const groupOf = new Map(
    groups.flatMap(group =>
      group.members.map(k => [(program.instructions[k] as Instruction).outputs[0], group] as const),
    ),
  )
  return groups.some(({ isLine, sources }) =>
    [...sources].some(source => (groupOf.get(source)?.isLine ?? isLine) !== isLine),
  )
}

/**
 * Whether what {@link fuse} makes of a program may cost more than what {@link fuseWithoutCopies} makes of it, with each instruction
 * run once: where it computes values more than once, has lines of several elements, whose groups are full sooner, or has lines and
 * other groups that read one another. To fuse long lines of scalars again would take as long as all else.
 *
 * @example
 * const { program } = record(x => exp(x).add(1).sqrt(), tensor([1, 2]))
 * mayCostMore(program) // → false
 */
export function mayCostMore(program: Program): boolean {
  fuse(program)
  return dearer.has(program)
}

const isFusedPlainly = (program: Program): boolean => fuse(program) === fuseWithoutCopies(program)

/**
 * As {@link fuse}, with every value computed once, and nothing run as one but what reads one another.
 *
 * @example
 * const { program } = record(x => exp(x).add(1).sqrt(), tensor([1, 2]))
 * fuseWithoutCopies(program).instructions.map(({ op }) => op) // → ['fused']
 */
export function fuseWithoutCopies(program: Program): Program {
  const made = known.plain.get(program) ?? fusedPlainly(mapInner(program, fuseWithoutCopies))
  known.plain.set(program, made)
  return made
}

const fusedPlainly = (program: Program): Program =>
  withFusedGroups(program, { program, groups: groupsOf(program, 0) })

/** The program with groups fused; as it was, without copies, if no group is worth it. */
function withFusedGroups(separate: Program, { program, groups: all }: Grouped): Program {
  const reductions = reductionsOf(program, all)
  const groups = all.filter(group => reductions.has(group) || isWorthIt(program, group))
  if (groups.length === 0) return separate
  const at = new Map(groups.map(group => [group.position, group]))
  const gone = new Set([
    ...groups.flatMap(({ members }) => members),
    ...[...reductions.values()].map(({ position }) => position),
  ])
  const names = namesOf(program)
  const instructions = program.instructions.flatMap((instruction, k) => {
    const group = at.get(k)
    if (group) return [fusedInstruction(program, group, names, reductions.get(group))]
    return gone.has(k) ? [] : [instruction]
  })
  return simplify({ ...program, instructions: withAliasesBehind(instructions, program) })
}

/** Values under other shapes are defined behind the group that defines them now. */
function withAliasesBehind(
  instructions: readonly Instruction[],
  { inputs, constants }: Program,
): readonly Instruction[] {
  const defined = new Set([...inputs, ...constants.map(({ value }) => value)])
  const waiting = new Map<number, Instruction[]>()
  const ordered: Instruction[] = []
  const put = (instruction: Instruction) => {
    const [input] = instruction.inputs as readonly [number]
    if (ALIASES.has(instruction.op) && !defined.has(input)) {
      waiting.set(input, [...(waiting.get(input) ?? []), instruction])
      return
    }
    ordered.push(instruction)
    for (const value of instruction.outputs) {
      defined.add(value)
      for (const alias of waiting.get(value) ?? []) put(alias)
    }
  }
  instructions.forEach(put)
  return ordered
}

/** One instruction is left as it is, unless it saves copies of its operands. */
function isWorthIt({ instructions }: Program, { members, reads }: Group): boolean {
  const [first] = members as [number]
  if (members.length > 1) return true
  const { inputs } = instructions[first] as Instruction
  return (reads.get(first) as readonly Operand[]).some(({ source }, k) => source !== inputs[k])
}

function fusedInstruction(
  { avals, instructions }: Program,
  { members, results, shape, reads, position }: Group,
  names: ReadonlyMap<number, string>,
  reduction: Reduction | undefined,
): Instruction {
  const nodes = new Map(members.map((k, node) => [outputOf(instructions, k), node]))
  const inputs: Operand[] = []
  const places = new Map<string | number, number>()
  const placeOf = (operand: Operand): number => {
    const { source, offset, strides } = operand
    const key = offset === 0 && strides.length === 0 ? source : `${source} ${offset} ${strides}`
    const place = places.get(key) ?? inputs.push(operand) - 1
    places.set(key, place)
    return place
  }
  // Operands first, so that nodes can be numbered behind them.
  for (const k of members) {
    for (const operand of reads.get(k) as readonly Operand[])
      if (!nodes.has(operand.unnamed)) placeOf(operand)
  }
  const made = members.map((k): FusionNode => {
    const { op, params, outputs, at } = instructions[k] as Instruction
    const operands = (reads.get(k) as readonly Operand[]).map(operand => {
      const node = nodes.get(operand.unnamed)
      return node === undefined ? placeOf(operand) : inputs.length + node
    })
    const { dtype } = avals[outputs[0] as number] as Aval
    return { op, params, dtype, operands, ...(at !== undefined && { at }) }
  })
  const signed = withoutNegations(
    { nodes: made, outputs: results.map(k => nodes.get(outputOf(instructions, k)) as number) },
    inputs.length,
  )
  const outputs = results.map((k, output) => {
    const value = outputOf(instructions, k)
    const name = names.get(value)
    const { shape } = avals[value] as Aval
    return {
      value,
      of: { node: signed.outputs[output] as number, shape, ...(name !== undefined && { name }) },
    }
  })
  const last = instructions[reduction?.position ?? position] as Instruction
  const { at } = last
  return {
    op: 'fused',
    inputs: inputs.map(({ source }) => source),
    outputs: reduction ? last.outputs : outputs.map(({ value }) => value),
    params: {
      shape,
      inputs: inputs.map(({ strides, offset }) => ({ strides, offset })),
      nodes: signed.nodes,
      outputs: outputs.map(({ of }) => of),
      ...(reduction && { reduced: reduction.reduced }),
    } as unknown as Params,
    ...(at !== undefined && { at }),
  }
}

const outputOf = (instructions: readonly Instruction[], k: number) => instructions[k]?.outputs[0] as number

/** Names that were given to values. */
const namesOf = ({ instructions }: Program): ReadonlyMap<number, string> =>
  new Map(
    instructions.flatMap(({ op, inputs, params }) =>
      op === 'named' ? [[inputs[0] as number, params.name as string] as const] : [],
    ),
  )
