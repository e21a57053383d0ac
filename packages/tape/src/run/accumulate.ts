/**
 * Steps of loops that add something to a part of their state: the sum needs no place of its own, since it can be made where
 * that part lies, once the step has run. In a pullback these are the cotangents of what each step reads from outside, such
 * as weights. A product of matrices that is added to a part that nothing else of the step reads is added there as it is
 * computed, and needs no place either.
 */
import { type Aval, addedTo, type Instruction, opOf, type Program, sameShape } from '../program/index.js'

/** What a step adds to a part of its state. */
export interface Addition {
  /** Whether the part is the first operand of the sum. */
  readonly isFirst: boolean
}

/** A step without the sums that are left to the hand-over. */
export interface Accumulating {
  /** In the place of each sum it gives what is added. */
  readonly program: Program
  /** For each part of the state what is still to be added to it; undefined where the result is the next state itself. */
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
  const definitions = new Map<number, Instruction>()
  const reads = new Map<number, number>()
  const read = (value: number) => reads.set(value, (reads.get(value) ?? 0) + 1)
  for (const instruction of instructions) {
    for (const value of instruction.outputs) definitions.set(value, instruction)
    instruction.inputs.forEach(read)
  }
  outputs.forEach(read)
  const left = new Set<Instruction>()
  const replaced = new Map<Instruction, Instruction>()
  const given = [...outputs]
  const additions = outputs.slice(0, parts).map((output, k): Addition | undefined => {
    const sum = definitions.get(output)
    const part = inputs[constants + k] as number
    if (sum?.op !== 'add' || !sum.inputs.includes(part) || reads.get(output) !== 1) return undefined
    const isFirst = sum.inputs[0] === part
    const added = sum.inputs[isFirst ? 1 : 0] as number
    if (!sameShape((avals[added] as Aval).shape, (avals[part] as Aval).shape)) return undefined
    left.add(sum)
    const addend = definitions.get(added)
    if (isFirst && addend && reads.get(added) === 1 && reads.get(part) === 1) {
      const inPlace = addedTo(avals, part, addend, output)
      if (inPlace) {
        replaced.set(addend, inPlace)
        return undefined
      }
    }
    given[k] = added
    return { isFirst }
  })
  if (left.size === 0) return { program, additions }
  return {
    program: {
      ...program,
      instructions: instructions.flatMap(one => (left.has(one) ? [] : [replaced.get(one) ?? one])),
      outputs: given,
    },
    additions,
  }
}

/** The kernel of a sum. */
export function additionOf(aval: Aval) {
  const kernel = opOf('add').lower?.([aval, aval], [aval], {})
  if (kernel === undefined || kernel === 'alias') throw new Error('There is no kernel for sums.')
  return kernel
}
