import {
  type Aval,
  type Control,
  controlOf,
  type Instruction,
  type Program,
  paramsOf,
} from '../program/index.js'
import { prune } from './prune.js'
import { simplify } from './simplify.js'

type Scan = Control & { readonly kind: 'scan' }

/** A scan whose states are kept for another that goes the other way: a loop and its pullback. */
export interface Reversal {
  /** The scan that gives its states, and the one that reads them, by their place among the instructions. */
  readonly forward: number
  readonly reverse: number
  readonly length: number
}

/** Which states of a reversal are in memory at most. */
export interface Snapshots {
  /** The loop keeps its states at every so many steps; of all steps if they are as many: its first one alone. */
  readonly every: number
  /** Further states that are kept while the steps between those are reversed. */
  readonly snapshots: number
}

/** The reversals of a program whose states nobody else reads, without those of the programs inside of instructions. */
export function reversals(program: Program): readonly Reversal[] {
  const readers = readersOf(program)
  return program.instructions.flatMap((instruction, forward) => {
    const scan = scanOf(instruction)
    if (!scan || scan.history.length === 0 || (scan.every ?? 1) > 1) return []
    const states = statesOf(instruction, scan)
    const [reverse, ...others] = new Set(states.flatMap(value => readers[value] ?? []))
    if (reverse === undefined || reverse < 0 || others.length > 0) return []
    const reader = program.instructions[reverse] as Instruction
    const back = scanOf(reader)
    const fits =
      back !== undefined &&
      back.history.length === 0 &&
      back.length === scan.length &&
      back.reverse !== scan.reverse &&
      !reader.inputs.slice(0, back.constants + back.carries).some(value => states.includes(value))
    return fits ? [{ forward, reverse, length: scan.length }] : []
  })
}

/** Whether a program, or one inside of its instructions, has reversals. */
export const hasReversals = (program: Program): boolean =>
  reversals(program).length > 0 ||
  program.instructions.some(instruction => programsOf(instruction).some(hasReversals))

/** The programs inside of an instruction. */
function programsOf(instruction: Instruction): readonly Program[] {
  const found: Program[] = []
  mapPrograms(instruction, program => {
    found.push(program)
    return program
  })
  return found
}

/** The instruction with other programs inside. */
function mapPrograms(instruction: Instruction, map: (program: Program) => Program): Instruction {
  const control = controlOf(instruction)
  switch (control?.kind) {
    case undefined:
      return instruction
    case 'call':
    case 'scan':
      return { ...instruction, params: paramsOf({ ...control, body: map(control.body) }) }
    case 'cond': {
      const [whenTrue, whenFalse] = [map(control.whenTrue), map(control.whenFalse)]
      return { ...instruction, params: paramsOf({ ...control, whenTrue, whenFalse }) }
    }
    case 'while': {
      const [condition, body] = [map(control.condition), map(control.body)]
      return { ...instruction, params: paramsOf({ ...control, condition, body }) }
    }
    case 'revolve': {
      const [forward, reverse] = [map(control.forward), map(control.reverse)]
      return { ...instruction, params: paramsOf({ ...control, forward, reverse }) }
    }
  }
}

const scanOf = (instruction: Instruction): Scan | undefined => {
  const control = controlOf(instruction)
  return control?.kind === 'scan' ? control : undefined
}

/** The outputs of a scan that are its states before each step. */
const statesOf = ({ outputs }: Instruction, { history }: Scan): readonly number[] =>
  outputs.slice(outputs.length - history.length)

/** For each value the instructions that read it; −1 stands for the outputs of the program. */
function readersOf({ avals, instructions, outputs }: Program): number[][] {
  const readers = avals.map((): number[] => [])
  instructions.forEach(({ inputs }, k) => {
    for (const value of inputs) readers[value]?.push(k)
  })
  for (const value of outputs) readers[value]?.push(-1)
  return readers
}

/**
 * The program with its reversals from snapshots, also in the programs inside of instructions: the loop gives only few of
 * its states, or none, and its pullback computes the others again.
 *
 * @param choose which states are in memory for so many steps; undefined for all.
 */
export function withSnapshots(program: Program, choose: (length: number) => Snapshots | undefined): Program {
  const avals = [...program.avals]
  const instructions = program.instructions.map(instruction =>
    mapPrograms(instruction, inner => withSnapshots(inner, choose)),
  )
  for (const { forward, reverse, length } of reversals(program)) {
    const choice = choose(length)
    if (!choice) continue
    const [few, again] = rewritten(
      instructions[forward] as Instruction,
      instructions[reverse] as Instruction,
      choice,
      aval => avals.push(aval) - 1,
      avals,
    )
    instructions[forward] = few
    instructions[reverse] = again
  }
  return simplify({ ...program, avals, instructions })
}

function rewritten(
  forward: Instruction,
  reverse: Instruction,
  { every, snapshots }: Snapshots,
  define: (aval: Aval) => number,
  avals: readonly Aval[],
): readonly [Instruction, Instruction] {
  const [loop, back] = [scanOf(forward) as Scan, scanOf(reverse) as Scan]
  const states = statesOf(forward, loop)
  // What it takes to compute the states that are read, and no more.
  const again = prune(forward, value => states.includes(value), simplify)
  const steps = scanOf(again) as Scan
  const carried = again.outputs.slice(0, steps.carries)
  const split = again.inputs.slice(steps.constants)
  const [init, arrays] = [split.slice(0, steps.carries), split.slice(steps.carries)]
  const whole = every >= loop.length
  const stretches = Math.ceil(loop.length / every)
  const kept = whole
    ? []
    : carried.map(value => {
        const { dtype, shape } = avals[value] as Aval
        return define({ dtype, shape: [stretches, ...shape] })
      })
  const few: Instruction = {
    op: 'scan',
    inputs: forward.inputs,
    outputs: [...forward.outputs.slice(0, forward.outputs.length - states.length), ...kept],
    params: paramsOf({
      ...loop,
      history: whole ? [] : carried.map(value => forward.outputs.indexOf(value)),
      every,
    }),
  }
  const read = reverse.inputs.slice(back.constants + back.carries)
  const others = read.filter(value => !states.includes(value))
  const stateOf = new Map(
    again.outputs.slice(steps.carries).map((value, k) => [value, steps.history[k] as number]),
  )
  let next = 0
  const rows = read.map(value => {
    const state = stateOf.get(value)
    return state === undefined ? next++ : -1 - state
  })
  const control: Control = {
    kind: 'revolve',
    forward: steps.body,
    forwardConstants: steps.constants,
    states: steps.carries,
    reverse: back.body,
    constants: back.constants,
    carries: back.carries,
    rows,
    length: loop.length,
    fromLast: loop.reverse,
    every: Math.min(every, loop.length),
    snapshots,
  }
  const inputs = [
    ...again.inputs.slice(0, steps.constants),
    ...(whole ? init : kept),
    ...arrays,
    ...reverse.inputs.slice(0, back.constants + back.carries),
    ...others,
  ]
  return [few, { op: 'revolve', inputs, outputs: reverse.outputs, params: paramsOf(control) }]
}
