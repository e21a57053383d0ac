/**
 * First carries of loops that are one number everywhere, such as the zeros from which a pullback begins to add: a loop
 * writes them where it has its carry, so that they need no place of their own.
 */
import { type Aval, type Control, controlOf, type Instruction, opOf, type Program } from '../program/index.js'
import { move } from './hand-over.js'
import type { Call } from './unit.js'

/** Where among the inputs of an instruction a loop has its first carry. */
function initialInputs(control: Control | undefined): readonly [number, number] {
  switch (control?.kind) {
    case 'scan':
      return [control.constants, control.constants + control.carries]
    case 'revolve': {
      const { forward, constants, carries } = control
      const first = forward.inputs.length + constants
      return [first, first + carries]
    }
    default:
      return [0, 0]
  }
}

/** Instructions that need not run, and those that read numbers instead of what they would have made. */
export interface InitialNumbers {
  readonly unmade: ReadonlySet<Instruction>
  /** Inputs of instructions that read something else. */
  readonly inputs: ReadonlyMap<Instruction, readonly number[]>
}

/**
 * Finds the first carries of a program that are one number everywhere.
 *
 * @example
 * const { program } = record(x => forLoop(3, (_, y) => y.add(1), broadcastTo(x, [4])), tensor(1))
 * initialNumbers(program).unmade.size // → 1
 */
export function initialNumbers({ avals, instructions, outputs }: Program): InitialNumbers {
  const unmade = new Set<Instruction>()
  const inputs = new Map<Instruction, readonly number[]>()
  const loops = instructions.filter(one => initialInputs(controlOf(one))[1] > 0)
  if (loops.length === 0) return { unmade, inputs }
  const filled = new Map<number, Instruction>()
  for (const one of instructions) {
    if (one.op === 'broadcastTo' && avals[one.inputs[0] as number]?.shape.length === 0) {
      filled.set(one.outputs[0] as number, one)
    }
  }
  const isInitial = (one: Instruction, k: number) => {
    const [from, to] = initialInputs(controlOf(one))
    return k >= from && k < to
  }
  for (const one of instructions) {
    one.inputs.forEach((value, k) => {
      if (filled.has(value) && !isInitial(one, k)) filled.delete(value)
    })
  }
  for (const value of outputs) filled.delete(value)
  for (const one of loops) {
    const numbers = one.inputs.map(value => filled.get(value)?.inputs[0] ?? value)
    if (numbers.some((value, k) => value !== one.inputs[k])) inputs.set(one, numbers)
  }
  for (const one of filled.values()) unmade.add(one)
  return { unmade, inputs }
}

/** The calls that bring a first carry to its place. */
export const begin = (
  carry: readonly Aval[],
  given: readonly Aval[],
  from: readonly number[],
  to: readonly number[],
): Call[] =>
  carry.map((aval, k) => {
    const [number, source, target] = [given[k] as Aval, from[k] as number, to[k] as number]
    if (number.shape.length === aval.shape.length) return move(aval, source, target)
    const kernel = opOf('broadcastTo').lower?.([number], [aval], { shape: aval.shape })
    if (kernel === undefined || kernel === 'alias')
      throw new Error('There is no kernel to fill with a number.')
    return { kernel, inputs: [source], outputs: [target], scratch: 0 }
  })
