import { type Kernel, recordBytes, slotBytes } from '@wengert/kernels'
import type { Graph } from '../plan/index.js'
import { type Aval, bytesOf, opOf, type Program } from '../program/index.js'

/** A program as kernels and storages: what the planner plans and the compiler lays out. */
export interface Lowered {
  readonly graph: Graph
  /** Storage that holds each value; values that are other shapes of one another share one. */
  readonly storageOf: readonly number[]
  /** Kernel of each step of the graph. */
  readonly kernels: readonly Kernel[]
  /** Instruction of the program behind each step. */
  readonly instructionOf: readonly number[]
}

/**
 * Lowers each instruction to a kernel. Instructions that only rename a shape vanish; their outputs share the
 * storage of their input.
 *
 * @param pinned which inputs of the program stay in the arena from run to run.
 * @example
 * const { program } = record(x => reshape(exp(x), [2, 1]), tensor([1, 2]))
 * lower(program, [false]).graph.steps.length // → 1
 */
export function lower(program: Program, pinned: readonly boolean[]): Lowered {
  const storageOf = new Array<number>(program.avals.length).fill(-1)
  const bytes: number[] = []
  const store = (value: number) => {
    storageOf[value] = bytes.length
    bytes.push(slotBytes(bytesOf(program.avals[value] as Aval)))
    return bytes.length - 1
  }
  const inputs = [
    ...program.inputs.map((value, k) => ({ storage: store(value), pinned: pinned[k] ?? false })),
    ...program.constants.map(({ value }) => ({ storage: store(value), pinned: true })),
  ]
  const steps: Graph['steps'][number][] = []
  const kernels: Kernel[] = []
  const instructionOf: number[] = []
  program.instructions.forEach((instruction, index) => {
    const avals = (values: readonly number[]) => values.map(value => program.avals[value] as Aval)
    const lowered = opOf(instruction.op).lower(
      avals(instruction.inputs),
      avals(instruction.outputs),
      instruction.params,
    )
    if (lowered === 'alias') {
      storageOf[instruction.outputs[0] as number] = storageOf[instruction.inputs[0] as number] as number
      return
    }
    kernels.push(lowered)
    instructionOf.push(index)
    steps.push({
      inputs: instruction.inputs.map(value => storageOf[value] as number),
      outputs: instruction.outputs.map(store),
      scratchBytes: Math.ceil(lowered.scratchBytes / 16) * 16,
      cost: lowered.flops + movedBytes(avals(instruction.inputs)) + movedBytes(avals(instruction.outputs)),
      recordBytes: recordBytes(lowered),
    })
  })
  const outputs = program.outputs.map(value => storageOf[value] as number)
  return { graph: { bytes, inputs, steps, outputs }, storageOf, kernels, instructionOf }
}

/** Moving a byte takes about as long as a FLOP at full speed: 10 ns a cache line, at 4 FLOP a ns. */
const movedBytes = (avals: readonly Aval[]): number => avals.reduce((sum, aval) => sum + bytesOf(aval), 0)

/**
 * Cost of one run of a program, every instruction once, in FLOP equivalents: FLOP, and one for each byte that is
 * read or written.
 *
 * @example
 * const { program } = record((x, y) => x.mul(y), tensor([1, 2, 3]), tensor([4, 5, 6]))
 * costOf(program) // → 39
 */
export function costOf(program: Program): number {
  return lower(program, []).graph.steps.reduce((sum, step) => sum + step.cost, 0)
}
