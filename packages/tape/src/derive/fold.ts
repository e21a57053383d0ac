import type { Program } from '../program/index.js'
import { apply, dataOf, fromData, type Tensor } from '../record/index.js'

/**
 * The program with what follows from constants alone computed: more constants, fewer instructions, the same numbers. It is
 * what {@link replay} makes of it as well.
 */
export function folded(program: Program): Program {
  const known = new Map<number, Tensor>()
  const know = (value: number, data: Tensor) => known.set(value, data)
  for (const { value, data } of program.constants) {
    know(value, fromData(program.avals[value] as Tensor['aval'], data))
  }
  const constants = [...program.constants]
  const instructions = program.instructions.filter(({ op, inputs, outputs, params }) => {
    const operands = inputs.map(value => known.get(value))
    if (!operands.every(x => x !== undefined)) return true
    apply(op, operands, params).forEach((x, k) => {
      const value = outputs[k] as number
      know(value, x)
      constants.push({ value, data: dataOf(x) })
    })
    return false
  })
  return { ...program, constants, instructions }
}
