import type { Instruction, Params, Program } from '../program/index.js'
import { ruleOf } from '../rules/index.js'

/** What is known of how a value depends on rows. */
type Dependence =
  /** It does not. */
  | 'none'
  /** It is a block for each row, one after the other in memory: its first axis is the rows, or rows times more. */
  | 'blocks'
  /** It does, in a way that is not followed. */
  | 'unknown'

/**
 * Finds an instruction that combines different rows of a batch, such as a sum or a product along the axis of rows.
 * A program that has one computes something else when its rows are divided among shards.
 *
 * Only what is certain is reported: after a transposition of the rows, say, nothing is.
 *
 * @param rowwise which inputs have rows as their first axis.
 * @example
 * const centred = record(x => x.sub(x.mean({ axis: 0 })).square(), tensor([1, 2, 3])).program
 * rowMixing(centred, [true]).op // → 'sum'
 * const squares = record(x => x.square(), tensor([1, 2, 3])).program
 * rowMixing(squares, [true]) // → undefined
 */
export function rowMixing(program: Program, rowwise: readonly boolean[]): Instruction | undefined {
  const dependences = new Array<Dependence>(program.avals.length).fill('none')
  program.inputs.forEach((value, k) => {
    if (rowwise[k]) dependences[value] = 'blocks'
  })
  for (const instruction of program.instructions) {
    const inputs = instruction.inputs.map(value => dependences[value] as Dependence)
    const out = inputs.every(one => one === 'none') ? 'none' : follow(program, instruction, inputs)
    if (out === 'mixed') return instruction
    for (const value of instruction.outputs) dependences[value] = out
  }
  return undefined
}

function follow(
  program: Program,
  instruction: Instruction,
  inputs: readonly Dependence[],
): Dependence | 'mixed' {
  const { op, params } = instruction
  const shapes = instruction.inputs.map(value => program.avals[value]?.shape ?? [])
  if (inputs.includes('unknown')) return 'unknown'
  if (['reshape', 'convert', 'named', 'stopGradient', 'philox'].includes(op)) return 'blocks'
  if (Array.isArray(params.axes))
    return params.axes.includes(0) && (shapes[0]?.[0] ?? 1) > 1 ? 'mixed' : 'blocks'
  if (picks(op, params, inputs, shapes)) return 'mixed'
  if (op === 'slice') return 'blocks'
  if (alongAxis.includes(op) && typeof params.axis === 'number' && params.axis > 0) return 'blocks'
  // Images are taken one by one along the first axis; what else an op reads must not depend on rows.
  if (imagewise.includes(op)) return oneAlone(inputs, 0) && shapes[0]?.length === 4 ? 'blocks' : 'unknown'
  if (op === 'gather') {
    return oneAlone(inputs, 1) && params.axis === 0 && params.batchRank === 0 ? 'blocks' : 'unknown'
  }
  if (op === 'matmul') return product(params.transposeX === true, params.transposeW === true, inputs, shapes)
  return 'partials' in ruleOf(op) ? elementwise(program, instruction, inputs) : 'unknown'
}

/** Ops that go along an axis, each line for itself. */
const alongAxis: readonly string[] = ['cumsum', 'cumprod', 'cummax', 'cummin', 'linearRecurrence']

/** Whether an instruction chooses or orders rows by their place in the batch, which differs from shard to shard. */
function picks(
  op: string,
  params: Params,
  inputs: readonly Dependence[],
  [shape = []]: readonly (readonly number[])[],
): boolean {
  const rows = shape[0] ?? 1
  if (rows <= 1 || inputs[0] !== 'blocks') return false
  if (alongAxis.includes(op)) return params.axis === 0
  if (op === 'argsort') return shape.length === 1
  if (op === 'gather') return params.axis === 0 && params.batchRank === 0
  if (op !== 'slice') return false
  const [start, limit, step] = [params.starts, params.limits, params.steps].map(
    list => (list as readonly number[] | undefined)?.[0],
  )
  return !(start === 0 && limit === rows && step === 1)
}

/** Ops on images and sequences, with a filter or without. */
const imagewise: readonly string[] = ['conv2d', 'conv2dInputPullback', 'maxPool2d', 'sumPool2d']

/** Whether an operand depends on rows, and no other does. */
const oneAlone = (inputs: readonly Dependence[], position: number): boolean =>
  inputs.every((one, k) => one === (k === position ? 'blocks' : 'none'))

/** Rows of X are rows of X·W; every other place of them in a product of matrices is summed over. */
function product(
  transposeX: boolean,
  transposeW: boolean,
  [x, w]: readonly Dependence[],
  shapes: readonly (readonly number[])[],
): Dependence | 'mixed' {
  const matrices = shapes.every(shape => shape.length === 2)
  if (!matrices) return 'unknown'
  if (x === 'blocks' && w === 'none' && !transposeX) return 'blocks'
  const summedX = x === 'blocks' && transposeX
  const summedW = w === 'blocks' && !transposeW
  return (summedX || summedW) && (shapes[summedX ? 0 : 1]?.[0] ?? 1) > 1 ? 'mixed' : 'unknown'
}

/** Blocks stay blocks where the first axis of each operand that has them is the first axis of the result. */
function elementwise(
  program: Program,
  { inputs, outputs }: Instruction,
  dependences: readonly Dependence[],
): Dependence {
  const out = program.avals[outputs[0] as number]?.shape ?? []
  const aligned = inputs.every((value, k) => {
    const shape = program.avals[value]?.shape ?? []
    return dependences[k] === 'none' || (shape.length === out.length && shape[0] === out[0])
  })
  return aligned ? 'blocks' : 'unknown'
}
