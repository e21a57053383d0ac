/** Recordings of one function for arguments of different shapes, side by side. */
import { type Aval, controlOf, type Instruction, type Program, sameShape } from '../program/index.js'
import { programsOf } from '../rewrite/index.js'

/** An instruction of one recording, and what stands in its place in the other. */
export interface Counterpart {
  readonly other: Instruction
  /** Whether the avals of its results are the same in both. */
  readonly isSame: boolean
}

/** Whether two avals are the same. */
export const sameAval = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

/**
 * The program with values numbered in the order in which they are met, without what no output depends on, and with constants of
 * its own for each that reads one: scalars that happen to be equal are one value of a recording, but need not be of the other.
 */
export function apart(program: Program): Program {
  const data = new Map(program.constants.map(constant => [constant.value, constant.data]))
  const avals: Aval[] = []
  const constants: Program['constants'][number][] = []
  const numbers = new Map<number, number>()
  const define = (value: number) => {
    const number = avals.push(program.avals[value] as Aval) - 1
    numbers.set(value, number)
    return number
  }
  const read = (value: number) => {
    const own = data.get(value)
    if (!own) return numbers.get(value) as number
    const number = define(value)
    constants.push({ value: number, data: own })
    return number
  }
  const inputs = program.inputs.map(define)
  const instructions = live(program).map(instruction => ({
    ...instruction,
    inputs: instruction.inputs.map(read),
    outputs: instruction.outputs.map(define),
  }))
  return { avals, inputs, constants, instructions, outputs: program.outputs.map(read) }
}

/** The instructions that an output depends on. */
function live({ instructions, outputs }: Program): readonly Instruction[] {
  const read = new Set(outputs)
  const found = instructions.toReversed().filter(instruction => {
    const isRead = instruction.outputs.some(value => read.has(value))
    if (isRead) for (const value of instruction.inputs) read.add(value)
    return isRead
  })
  return found.reverse()
}

/** Whether two programs are the same ops of the same values, whatever the avals and parameters. */
export const isInStep = (one: Program, other: Program): boolean =>
  sameList(one.inputs, other.inputs) &&
  sameList(one.outputs, other.outputs) &&
  sameList(valuesOf(one), valuesOf(other)) &&
  one.instructions.length === other.instructions.length &&
  one.instructions.every(({ op, inputs, outputs }, k) => {
    const there = other.instructions[k] as Instruction
    return op === there.op && sameList(inputs, there.inputs) && sameList(outputs, there.outputs)
  })

const valuesOf = ({ constants }: Program): readonly number[] => constants.map(({ value }) => value)

const sameList = sameShape

/**
 * The counterparts of the instructions of a program, also of those inside of others, in time that is linear in them.
 *
 * @returns undefined unless the programs are in step, with one counterpart for each instruction.
 */
export function counterparts(
  one: Program,
  other: Program,
): ReadonlyMap<Instruction, Counterpart> | undefined {
  const found = new Map<Instruction, Counterpart>()
  const partners = new Map<Program, Program>()
  const pair = (here: Program, there: Program): boolean => {
    const known = partners.get(here)
    if (known) return known === there
    partners.set(here, there)
    if (!isInStep(here, there)) return false
    return here.instructions.every((instruction, k) => {
      const partner = there.instructions[k] as Instruction
      const isSame = instruction.outputs.every(value =>
        sameAval(here.avals[value] as Aval, there.avals[value] as Aval),
      )
      found.set(instruction, { other: partner, isSame })
      if (controlOf(instruction)?.kind !== controlOf(partner)?.kind) return false
      const [inner, outer] = [programsOf(instruction), programsOf(partner)]
      return inner.length === outer.length && inner.every((body, n) => pair(body, outer[n] as Program))
    })
  }
  return pair(one, other) ? found : undefined
}
