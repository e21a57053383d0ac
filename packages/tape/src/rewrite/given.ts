import { type Data, type Instruction, type Program, writtenParams } from '../program/index.js'
import { simplify, withoutDeadCode } from './simplify.js'

/**
 * For each value of a program the value of another that is the same computation of the same inputs and constants,
 * where there is one (value numbering, Cocke & Schwartz 1970).
 *
 * @param part its inputs are the first of the whole, its constants share their data.
 * @example
 * const part = record(x => exp(x), tensor(1)).program
 * const whole = record(x => add(x, exp(x)), tensor(1)).program
 * correspondence(part, whole) // → [0, 1]
 */
export function correspondence(part: Program, whole: Program): readonly (number | undefined)[] {
  const same = inPlace(part, whole) ?? byNumbering(part, whole)
  return part.avals.map((_, value) => same[value])
}

/** Where inputs and constants of a program are in the whole. */
function beginningsIn(whole: Program): (program: Program) => (number | undefined)[] {
  const constants = new Map<Data, number>()
  for (const { value, data } of whole.constants) {
    if (!constants.has(data)) constants.set(data, value)
  }
  return program => {
    const same: (number | undefined)[] = []
    program.inputs.forEach((value, k) => {
      same[value] = whole.inputs[k]
    })
    for (const { value, data } of program.constants) same[value] = constants.get(data)
    return same
  }
}

/** Where the whole begins with the instructions of the part, as after a replay, they need only be gone through; undefined where not. */
function inPlace(part: Program, whole: Program): readonly (number | undefined)[] | undefined {
  const same = beginningsIn(whole)(part)
  const isThere = (
    { op, params, inputs }: Instruction,
    there: Instruction | undefined,
  ): there is Instruction =>
    there?.op === op &&
    there.params === params &&
    there.inputs.length === inputs.length &&
    inputs.every((value, k) => same[value] === there.inputs[k])
  for (const [k, instruction] of part.instructions.entries()) {
    const there = whole.instructions[k]
    if (!isThere(instruction, there)) return undefined
    instruction.outputs.forEach((value, j) => {
      same[value] = there.outputs[j]
    })
  }
  return same
}

function byNumbering(part: Program, whole: Program): readonly (number | undefined)[] {
  const known = new Map<string, readonly number[]>()
  const beginnings = beginningsIn(whole)
  const numbered = (program: Program, visit: (instruction: Instruction, key: string) => void) => {
    const same = beginnings(program)
    for (const instruction of program.instructions) {
      const inputs = instruction.inputs.map(value => same[value])
      if (inputs.includes(undefined)) continue
      const key = `${instruction.op} ${inputs.join(' ')} ${writtenParams(instruction.params)}`
      visit(instruction, key)
      instruction.outputs.forEach((value, k) => {
        same[value] = known.get(key)?.[k]
      })
    }
    return same
  }
  numbered(whole, ({ outputs }, key) => {
    if (!known.has(key)) known.set(key, outputs)
  })
  return numbered(part, () => {})
}

/** A program that begins with some of its values given. */
export interface Begun {
  /** Its first inputs are those of the program it was; one for each given value follows. */
  readonly program: Program
  /** Which values are given, by position among those that could be. */
  readonly given: readonly number[]
}

/**
 * The program with values that are known already as inputs, as far as it reads them; what only led to them goes.
 *
 * @param values values of the program.
 * @example
 * const { program } = record(x => x.exp().sin(), tensor(1))
 * withGiven(program, [1]).program.instructions.map(({ op }) => op) // → ['sin']
 */
export function withGiven(program: Program, values: readonly number[]): Begun {
  // As outputs they can be followed through the simplification.
  const simple = simplify({ ...program, outputs: [...program.outputs, ...values] })
  const kept = simple.outputs.slice(program.outputs.length)
  const known = new Set([...simple.inputs, ...simple.constants.map(({ value }) => value)])
  const given = new Map<number, number>()
  kept.forEach((value, k) => {
    if (!known.has(value) && !given.has(value)) given.set(value, k)
  })
  const avals = [...simple.avals]
  const unread = (value: number) => avals.push(simple.avals[value] as Program['avals'][number]) - 1
  const begun = withoutDeadCode({
    avals,
    inputs: [...simple.inputs, ...given.keys()],
    constants: simple.constants,
    instructions: simple.instructions.map(instruction => ({
      ...instruction,
      outputs: instruction.outputs.map(value => (given.has(value) ? unread(value) : value)),
    })),
    outputs: simple.outputs.slice(0, program.outputs.length),
  })
  const read = new Set([...begun.outputs, ...begun.instructions.flatMap(({ inputs }) => inputs)])
  const own = program.inputs.length
  return {
    program: { ...begun, inputs: begun.inputs.filter((value, k) => k < own || read.has(value)) },
    given: [...given.values()].filter((_, k) => read.has(begun.inputs[own + k] as number)),
  }
}
