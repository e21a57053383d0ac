import type { Instruction, Json, Program } from './program.js'

/**
 * The parameters of a call as it is recorded. The outputs of its body are its results; values that are kept for calls that
 * compute the same again; and values that it was given so itself, which are no outputs of the instruction: the last inputs
 * of the instruction stand for them.
 *
 * What is given changes nothing but the work: the body computes all by itself, and its derivatives are those of the body.
 */
export interface Call {
  readonly body: Program
  /** Number of values that are kept. Default 0. */
  readonly kept?: number
  /** Number of values that are given. Default 0. */
  readonly given?: number
  /** What is kept of programs that are derived from the body. Default: nothing. */
  readonly keep?: Json
  /** Instructions of another call that it computes again, and so must stay apart from. Default 0. */
  readonly again?: number
}

/** The body with inputs in place of the values it was given, and without the instructions that only computed those. */
export function settle({ body, given = 0 }: Call): Program {
  if (given === 0) return body
  const avals = [...body.avals]
  const inputs = [...body.inputs]
  const own = body.outputs.length - given
  const place = new Map<number, number>()
  for (const value of body.outputs.slice(own)) {
    const input = avals.push(avals[value] as (typeof avals)[number]) - 1
    inputs.push(input)
    if (!place.has(value)) place.set(value, input)
  }
  for (const { op, inputs, outputs } of body.instructions.toReversed()) {
    // What has a name is also there without it.
    const [input, output] = [inputs[0] as number, place.get(outputs[0] as number)]
    if (op === 'named' && output !== undefined && !place.has(input)) place.set(input, output)
  }
  const here = (value: number) => place.get(value) ?? value
  const outputs = body.outputs.slice(0, own).map(here)
  const read = new Set(outputs)
  const instructions: Instruction[] = []
  for (const instruction of body.instructions.toReversed()) {
    if (!instruction.outputs.some(value => read.has(value))) continue
    const needed = handedOn({ ...instruction, inputs: instruction.inputs.map(here) }, place)
    for (const value of needed.inputs) read.add(value)
    instructions.push(needed)
  }
  return { ...body, avals, inputs, instructions: instructions.reverse(), outputs }
}

/** A call inside of which some of the values that it keeps are given to it. */
function handedOn(instruction: Instruction, place: ReadonlyMap<number, number>): Instruction {
  if (instruction.op !== 'call') return instruction
  const call = instruction.params as unknown as Call
  const { body, kept = 0, given = 0 } = call
  const { inputs, outputs } = instruction
  const known = outputs.map((value, k) => k >= outputs.length - kept && place.has(value))
  const values = outputs.filter((_, k) => known[k])
  if (values.length === 0) return instruction
  const order = [
    ...body.outputs.filter((_, k) => k < outputs.length && !known[k]),
    ...body.outputs.slice(outputs.length),
    ...body.outputs.filter((_, k) => known[k]),
  ]
  const params: Call = {
    ...call,
    body: { ...body, outputs: order },
    kept: kept - values.length,
    given: given + values.length,
  }
  return {
    ...instruction,
    inputs: [...inputs, ...values.map(value => place.get(value) as number)],
    outputs: outputs.filter((_, k) => !known[k]),
    params: params as unknown as Instruction['params'],
  }
}
