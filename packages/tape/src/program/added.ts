import type { Kernel } from '@wengert/kernels'
import type { Aval } from './aval.js'
import { controlOf } from './control.js'
import { opOf, registerOp } from './op.js'
import type { Instruction, Params } from './program.js'

/** Parameters of an `added` instruction. */
interface Added {
  /** What is added, of all inputs but the first. */
  readonly op: string
  readonly params: Params
}

const kernelOf = (inputs: readonly Aval[], output: Aval, params: Params): Kernel | undefined => {
  const { op, params: own } = params as unknown as Added
  return opOf(op).adding?.(inputs, output, own)
}

// What a loop's step becomes that adds the result of an instruction to a part of its state: there the sum is made.
registerOp({
  name: 'added',
  inPlace: true,
  infer: ([sum]) => [sum as Aval],
  lower([, ...inputs], [output], params) {
    const kernel = kernelOf(inputs, output as Aval, params)
    if (!kernel) throw new Error(`There is no kernel for ${JSON.stringify(params)}.`)
    return kernel
  },
})

/**
 * The instruction that adds the result of another to a value where that lies, if there is a kernel for it.
 *
 * @param sum the value before, of the shape of the result
 * @param output the value afterwards
 * @example
 * const { avals, instructions } = record((x, y) => [x, matmul(x, y)], tensor([[1]]), tensor([[2]])).program
 * addedTo(avals, 0, instructions[0], 2).inputs // → [0, 0, 1]
 */
export function addedTo(
  avals: readonly Aval[],
  sum: number,
  instruction: Instruction,
  output: number,
): Instruction | undefined {
  if (controlOf(instruction)) return undefined
  const { op, inputs, params, at } = instruction
  const added: Params = { op, params }
  const of = inputs.map(value => avals[value] as Aval)
  if (!kernelOf(of, avals[output] as Aval, added)) return undefined
  return {
    op: 'added',
    inputs: [sum, ...inputs],
    outputs: [output],
    params: added,
    ...(at !== undefined && { at }),
  }
}
