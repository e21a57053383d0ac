/**
 * Steps of loops that add something to a part of their state: the sum needs no place of its own, since it can be made where
 * that part lies, once the step has run. In a pullback these are the cotangents of what each step reads from outside, such
 * as weights.
 */
import { type Aval, type Instruction, opOf, type Program, sameShape } from '../program/index.js'

/** What a step adds to a part of its state. */
export interface Addition {
  /** Whether the part is the first operand of the sum. */
  readonly isFirst: boolean
}

/** A step without the sums that are left to the hand-over. */
export interface Accumulating {
  /** In the place of each sum it gives what is added. */
  readonly program: Program
  /** For each part of the state what is added to it; undefined where the result is the next state itself. */
  readonly additions: readonly (Addition | undefined)[]
}

/**
 * Leaves the sums of a step to the hand-over where nothing else reads them.
 *
 * @param constants number of inputs before the state
 * @param parts number of parts of the state, which are the first outputs
 * @example
 * const { program } = record((x, sum) => sum.add(x.exp()), tensor([1, 2]), tensor([0, 0]))
 * withoutSums(program, 1, 1).program.instructions.map(({ op }) => op) // → ['exp']
 */
export function withoutSums(program: Program, constants: number, parts: number): Accumulating {
  const { avals, inputs, instructions, outputs } = program
  const sums = new Map<number, Instruction>()
  const reads = new Map<number, number>()
  const read = (value: number) => reads.set(value, (reads.get(value) ?? 0) + 1)
  for (const instruction of instructions) {
    if (instruction.op === 'add') sums.set(instruction.outputs[0] as number, instruction)
    instruction.inputs.forEach(read)
  }
  outputs.forEach(read)
  const left = new Set<Instruction>()
  const given = [...outputs]
  const additions = outputs.slice(0, parts).map((output, k): Addition | undefined => {
    const sum = sums.get(output)
    const part = inputs[constants + k] as number
    if (!sum?.inputs.includes(part) || reads.get(output) !== 1) return undefined
    const isFirst = sum.inputs[0] === part
    const added = sum.inputs[isFirst ? 1 : 0] as number
    if (!sameShape((avals[added] as Aval).shape, (avals[part] as Aval).shape)) return undefined
    left.add(sum)
    given[k] = added
    return { isFirst }
  })
  if (left.size === 0) return { program, additions }
  return {
    program: { ...program, instructions: instructions.filter(one => !left.has(one)), outputs: given },
    additions,
  }
}

/** The kernel of a sum. */
export function additionOf(aval: Aval) {
  const kernel = opOf('add').lower?.([aval, aval], [aval], {})
  if (kernel === undefined || kernel === 'alias') throw new Error('There is no kernel for sums.')
  return kernel
}
