import {
  type Aval,
  bodyOf,
  bytesOf,
  checkProgram,
  type Data,
  formatAval,
  type Instruction,
  named,
  type Program,
  sameShape,
  writtenParams,
} from '../program/index.js'
import { prune } from './prune.js'

/**
 * Removes instructions whose outputs nobody reads, and instructions and constants that repeat an earlier one (value
 * numbering, Cocke & Schwartz 1970), and pairs of transpositions that undo one another, also in the programs inside of
 * instructions. Inputs stay, used or not; unread constants go.
 *
 * @example
 * const { program } = record(x => [add(exp(x), exp(x)), sin(x)][0], tensor(1))
 * simplify(program).instructions.map(({ op }) => op) // → ['exp', 'add']
 */
export function simplify(program: Program): Program {
  checkProgram('simplify', program)
  const made = known.get(program) ?? withoutDeadCode(valueNumbered(inlined(program)))
  known.set(program, made)
  return made
}

const known = new WeakMap<Program, Program>()

/**
 * The program without instructions that repeat an earlier one, but for those whose outputs take more bytes than their inputs: what a
 * pullback should be derived from, since adding the cotangents of repeated values takes less than pulling back each,
 * Σₖ Jᵀc̄ₖ = Jᵀ Σₖ c̄ₖ. Larger ones, as of what is broadcast, would have to be kept until all are added.
 *
 * @example
 * const { program } = record(x => exp(x).add(exp(x)), tensor(1))
 * withoutRepetitions(program).instructions.map(({ op }) => op) // → ['exp', 'add']
 */
export function withoutRepetitions(program: Program): Program {
  const made = shared.get(program) ?? valueNumbered(program, growsNot(program))
  shared.set(program, made)
  return made
}

const shared = new WeakMap<Program, Program>()

const growsNot =
  ({ avals }: Program) =>
  ({ inputs, outputs }: Instruction): boolean => {
    const bytes = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + bytesOf(avals[value] as Aval), 0)
    return bytes(outputs) <= bytes(inputs)
  }

/** The program with functions that have derivatives of their own written out. */
function inlined(program: Program): Program {
  if (!program.instructions.some(bodyOf)) return program
  const avals = [...program.avals]
  const same = new Map<number, number>()
  const instructions = program.instructions.flatMap(instruction => {
    const inputs = instruction.inputs.map(value => same.get(value) ?? value)
    const body = bodyOf(instruction)
    if (!body) return [{ ...instruction, inputs }]
    const written = inlined(body)
    const place = new Map(written.inputs.map((value, k) => [value, inputs[k] as number]))
    const define = (value: number) => {
      place.set(value, avals.push(written.avals[value] as Program['avals'][number]) - 1)
      return place.get(value) as number
    }
    const inner = written.instructions.map(one => ({
      ...one,
      inputs: one.inputs.map(value => place.get(value) as number),
      outputs: one.outputs.map(define),
    }))
    instruction.outputs.forEach(
      (value, k) => void same.set(value, place.get(written.outputs[k] as number) as number),
    )
    return inner
  })
  return { ...program, avals, instructions, outputs: program.outputs.map(value => same.get(value) ?? value) }
}

/** @param isJoined whether an instruction may stand for those that repeat it. */
function valueNumbered(program: Program, isJoined = (_: Instruction) => true): Program {
  const same = sameConstants(program)
  const seen = new Map<string, readonly number[]>()
  const transposed = new Map<number, Instruction>()
  const instructions: Instruction[] = []
  for (const recorded of program.instructions) {
    const instruction = reading(recorded, same)
    const { inputs } = instruction
    if (instruction.op === 'transpose') {
      const [input, output] = [inputs[0] as number, instruction.outputs[0] as number]
      const before = transposed.get(input)
      if (before && undoes(instruction, before)) {
        same[output] = before.inputs[0] as number
        continue
      }
      transposed.set(output, instruction)
    }
    const key = `${instruction.op} ${inputs.join()} ${written(instruction)}`
    const earlier = seen.get(key)
    if (earlier && isJoined(instruction)) {
      instruction.outputs.forEach((value, k) => {
        same[value] = earlier[k] as number
      })
    } else {
      seen.set(key, instruction.outputs)
      instructions.push(instruction)
    }
  }
  return { ...program, instructions, outputs: program.outputs.map(value => same[value] as number) }
}

/** An instruction that reads other values in place of its own; itself where they are the same. */
function reading(instruction: Instruction, same: readonly number[]): Instruction {
  if (instruction.inputs.every(value => same[value] === value)) return instruction
  return { ...instruction, inputs: instruction.inputs.map(value => same[value] as number) }
}

/** The parameters of an instruction; the lines of programs inside say nothing about what it computes. */
function written({ params, at }: Instruction): string {
  if (at === undefined) return writtenParams(named(params))
  return JSON.stringify(params, (key, part) => (key === 'at' ? undefined : part))
}

/** Whether a transposition after another is none at all. */
function undoes({ params: after }: Instruction, { params: before }: Instruction): boolean {
  const [first, second] = [before.permutation, after.permutation] as unknown as (readonly number[])[]
  return second?.every((axis, k) => first?.[axis] === k) === true
}

/** For every value the earliest constant that is the same, or itself. */
function sameConstants({ avals, constants }: Program): number[] {
  const same = avals.map((_, value) => value)
  const seen = new Map<string | Data, number>()
  for (const { value, data } of constants) {
    const aval = avals[value] as Aval
    // Larger ones are the same if they share their data, as those of one captured tensor do.
    const key = data.length === 1 ? `${formatAval(aval)} ${Object.is(data[0], -0) ? '-0' : data[0]}` : data
    const earlier = seen.get(key)
    if (earlier === undefined) seen.set(key, value)
    else if (sameShape((avals[earlier] as Aval).shape, aval.shape)) same[value] = earlier
  }
  return same
}

/** The program without instructions whose outputs nobody reads, and constants that nobody reads; values are numbered anew. */
export function withoutDeadCode(program: Program): Program {
  const read = new Array<boolean>(program.avals.length).fill(false)
  for (const value of program.outputs) read[value] = true
  const live: Instruction[] = []
  for (let k = program.instructions.length - 1; k >= 0; k--) {
    const instruction = program.instructions[k] as Instruction
    if (!instruction.outputs.some(value => read[value])) continue
    const pruned = prune(instruction, value => read[value] === true, simplify)
    for (const value of pruned.inputs) read[value] = true
    live.push(pruned)
  }
  return renumber({
    ...program,
    constants: program.constants.filter(({ value }) => read[value]),
    instructions: live.reverse(),
  })
}

/** Numbers values 0, 1, 2, … in order of definition, leaving out those that nobody defines. */
function renumber(program: Program): Program {
  const number = new Array<number>(program.avals.length).fill(-1)
  const avals: Program['avals'][number][] = []
  const define = (value: number) => {
    number[value] = avals.length
    avals.push(program.avals[value] as (typeof avals)[number])
    return number[value] as number
  }
  const numbers = (values: readonly number[]) =>
    values.every(value => number[value] === value) ? values : values.map(value => number[value] as number)
  const inputs = program.inputs.map(define)
  const constants = program.constants.map(({ value, data }) => ({ value: define(value), data }))
  const instructions = program.instructions.map(instruction => {
    const inputs = numbers(instruction.inputs)
    for (const value of instruction.outputs) define(value)
    const outputs = numbers(instruction.outputs)
    return inputs === instruction.inputs && outputs === instruction.outputs
      ? instruction
      : { ...instruction, inputs, outputs }
  })
  return { avals, inputs, constants, instructions, outputs: numbers(program.outputs) }
}
