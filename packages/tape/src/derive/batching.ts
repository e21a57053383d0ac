import { broadcastTo, reshape } from '../ops/index.js'
import type { Instruction, Program } from '../program/index.js'
import { apply, fromData, Tensor, underLine } from '../record/index.js'
import { type Batched, ruleOf } from '../rules/index.js'

/**
 * Maps a program over a batch: emits each instruction once, for all elements together. Instructions that no batched
 * value reaches stay as they are.
 *
 * @param inputs in place of the inputs of the program.
 * @param size length of the batch.
 * @returns in place of the outputs.
 */
export function batch(program: Program, inputs: readonly Batched[], size: number): readonly Batched[] {
  const values = new Array<Batched>(program.avals.length)
  program.inputs.forEach((value, k) => {
    values[value] = inputs[k] as Batched
  })
  for (const { value, data } of program.constants) {
    values[value] = { tensor: fromData(program.avals[value] as Tensor['aval'], data), batched: false }
  }
  for (const instruction of program.instructions) {
    const operands = instruction.inputs.map(value => values[value] as Batched)
    const tensors = operands.map(({ tensor }) => tensor)
    if (operands.some(({ batched }) => batched)) {
      const results = underLine(instruction.at, () => batchOne(program, instruction, operands, size))
      instruction.outputs.forEach((value, k) => {
        values[value] = results[k] as Batched
      })
    } else {
      const results = underLine(instruction.at, () => apply(instruction.op, tensors, instruction.params))
      instruction.outputs.forEach((value, k) => {
        values[value] = { tensor: results[k] as Tensor, batched: false }
      })
    }
  }
  return program.outputs.map(value => values[value] as Batched)
}

function batchOne(
  program: Program,
  { op, inputs, params }: Instruction,
  operands: readonly Batched[],
  size: number,
): readonly Batched[] {
  const rule = ruleOf(op)
  const tensors = operands.map(({ tensor }) => tensor)
  const batched = operands.map(operand => operand.batched)
  if ('batch' in rule) {
    const results = rule.batch({ inputs: tensors, batched, size, params })
    return Array.isArray(results) ? results.map(ofAll) : [ofAll(results as Tensor)]
  }
  // Elementwise: axes line up from the last, so shorter operands get axes of length 1 behind the batch.
  const ranks = inputs.map(value => (program.avals[value] as Tensor['aval']).shape.length)
  const rank = Math.max(...ranks)
  const aligned = tensors.map((x, k) => {
    const missing = rank - (ranks[k] as number)
    if (!batched[k] || missing === 0) return x
    return reshape(x, [size, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)])
  })
  return apply(op, aligned, params).map(ofAll)
}

const ofAll = (x: Tensor | Batched): Batched => (x instanceof Tensor ? { tensor: x, batched: true } : x)

/** The tensor with the batch as axis 0, repeated if all elements have the same. */
export const withBatch = ({ tensor, batched }: Batched, size: number): Tensor =>
  batched ? tensor : broadcastTo(tensor, [size, ...tensor.shape])
