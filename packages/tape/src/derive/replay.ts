import type { Program } from '../program/index.js'
import { apply, fromData, type Tensor, underLine } from '../record/index.js'

/**
 * Records or computes the instructions of a program on tensors in place of its inputs, and returns a tensor for
 * each of its values.
 */
export function replay(program: Program, inputs: readonly Tensor[]): Tensor[] {
  const values = new Array<Tensor>(program.avals.length)
  program.inputs.forEach((value, k) => {
    values[value] = inputs[k] as Tensor
  })
  for (const { value, data } of program.constants) {
    values[value] = fromData(program.avals[value] as Tensor['aval'], data)
  }
  for (const { op, inputs, outputs, params, at } of program.instructions) {
    const operands = inputs.map(value => values[value] as Tensor)
    const results = underLine(at, () => apply(op, operands, params))
    outputs.forEach((value, k) => {
      values[value] = results[k] as Tensor
    })
  }
  return values
}
