import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import {
  type Aval,
  bytesOf,
  type Control,
  controlOf,
  type Instruction,
  type Program,
  paramsOf,
} from '../program/index.js'
import { prune } from './prune.js'
import { simplify } from './simplify.js'

type Scan = Control & { readonly kind: 'scan' }

/** Scans whose states are kept for another that goes the other way: loops and their pullback. */
interface Reversal {
  /** The scans that give the states, and the one that reads them, by their place among the instructions. */
  readonly forwards: readonly number[]
  readonly reverse: number
  readonly length: number
}

/** Which states of a reversal are in memory at most. */
export interface Snapshots {
  /** The loop keeps its states at every so many steps; of all steps if they are as many: its first one alone. */
  readonly every: number
  /** Further states that are kept while the steps between those are reversed. */
  readonly snapshots: number
  /** Whether those at every so many steps go to a store; then they are not in memory. */
  readonly spill?: boolean
  /** Whether the state at the beginning of such a stretch is one of `snapshots`. */
  readonly held?: boolean
}

/** A loop that is to be reversed. */
export interface Loop {
  readonly length: number
  /** What it runs at each step, one program for each of the loops that are reversed together. */
  readonly steps: readonly Program[]
  /** Its state, part by part. */
  readonly state: readonly Aval[]
}

/** A number of blocks of a store, from the first on, that are not taken yet. */
interface Blocks {
  next: number
}

/**
 * The reversals of a program, without those of the programs inside of instructions. A gradient has one for each loop; a
 * tangent of a gradient goes back over the states of the loop and those of its tangents together, and the states of a loop
 * may be read by several.
 */
function reversals(program: Program): readonly Reversal[] {
  const readers = readersOf(program)
  const found = new Map<number, { readonly forwards: number[]; readonly length: number }>()
  program.instructions.forEach((instruction, forward) => {
    const scan = scanOf(instruction)
    if (!scan || (scan.every ?? 1) > 1 || scan.spill) return
    const states = statesOf(instruction, scan)
    const reading = [...new Set(states.flatMap(value => readers[value] ?? []))]
    if (!reading.every(reader => goesBackOver(program.instructions[reader], scan, states))) return
    for (const reverse of reading) {
      const known = found.get(reverse)
      if (known) known.forwards.push(forward)
      else found.set(reverse, { forwards: [forward], length: scan.length })
    }
  })
  return [...found].map(([reverse, { forwards, length }]) => ({ forwards, reverse, length }))
}

/** Whether what reads the states of a scan is a scan the other way that takes them row by row and keeps none itself. */
function goesBackOver(
  reader: Instruction | undefined,
  { length, reverse }: Scan,
  states: readonly number[],
): boolean {
  const back = reader && scanOf(reader)
  return (
    back !== undefined &&
    back.history.length === 0 &&
    back.length === length &&
    back.reverse !== reverse &&
    !reader?.inputs.slice(0, back.constants + back.carries).some(value => states.includes(value))
  )
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

/** A program with reversals from snapshots. */
export interface WithSnapshots {
  readonly program: Program
  /** Bytes of a store that its loops keep states in. */
  readonly spilledBytes: number
}

/**
 * The program with its reversals from snapshots, also in the programs inside of instructions: the loop gives only few of
 * its states, or none, and its pullback computes the others again.
 *
 * @param choose which states are kept of a loop; undefined for all.
 */
export function withSnapshots(
  program: Program,
  choose: (loop: Loop) => Snapshots | undefined,
): WithSnapshots {
  const blocks: Blocks = { next: 0 }
  return { program: rewritten(program, choose, blocks), spilledBytes: SPILL_BLOCK_BYTES * blocks.next }
}

function rewritten(program: Program, choose: (loop: Loop) => Snapshots | undefined, blocks: Blocks): Program {
  const avals = [...program.avals]
  const instructions = program.instructions.map(instruction =>
    mapPrograms(instruction, inner => rewritten(inner, choose, blocks)),
  )
  const define = (aval: Aval) => avals.push(aval) - 1
  const sampled = new Map<number, Sampled>()
  // Reversals that share a loop are as long as it, and must find the same states.
  const choices = new Map<number, Snapshots | undefined>()
  for (const { forwards, reverse, length } of reversals(program)) {
    const all = forwards.map(forward => sampled.get(forward)?.all ?? (instructions[forward] as Instruction))
    if (!choices.has(length)) choices.set(length, choose(loopOf(all, avals)))
    const choice = choices.get(length)
    if (!choice) continue
    const loops = forwards.map((forward, k) => {
      const known = sampled.get(forward) ?? sample(all[k] as Instruction, choice, avals, define, blocks)
      sampled.set(forward, known)
      return known
    })
    instructions[reverse] = again(instructions[reverse] as Instruction, loops, choice)
  }
  for (const [forward, { few }] of sampled) instructions[forward] = few
  return simplify({ ...program, avals, instructions })
}

function loopOf(forwards: readonly Instruction[], avals: readonly Aval[]): Loop {
  const parts = forwards.map(forward =>
    statesFor(forward, value => statesOf(forward, scanOf(forward) as Scan).includes(value)),
  )
  return {
    length: parts[0]?.scan.length as number,
    steps: parts.map(({ scan }) => scan.body),
    state: parts.flatMap(({ carried }) => carried.map(value => avals[value] as Aval)),
  }
}

/** A loop that gives few of its states. */
interface Sampled {
  /** As it was, with all of them. */
  readonly all: Instruction
  readonly few: Instruction
  /** The samples of each state, by the value of the last; without any the loop runs again from its first state. */
  readonly samples: ReadonlyMap<number, Samples>
}

/** Rows of an array, or records of a store from a slot on, for which an i32 stands that only says when they are there. */
interface Samples {
  readonly value: number
  readonly slot: number
}

const TOKEN: Aval = { dtype: 'i32', shape: [] }

function sample(
  all: Instruction,
  { every, spill }: Snapshots,
  avals: readonly Aval[],
  define: (aval: Aval) => number,
  blocks: Blocks,
): Sampled {
  const loop = scanOf(all) as Scan
  const states = statesOf(all, loop)
  const whole = every >= loop.length
  const carried = whole ? [] : statesFor(all, value => states.includes(value)).carried
  const count = Math.ceil(loop.length / every)
  const samples = new Map(
    carried.map(carry => {
      const aval = avals[carry] as Aval
      const slot = blocks.next
      if (spill) blocks.next += count * spillBlocks(bytesOf(aval))
      const value = define(spill ? TOKEN : { dtype: aval.dtype, shape: [count, ...aval.shape] })
      return [carry, { value, slot }] as const
    }),
  )
  const kept = [...samples.values()]
  const few: Instruction = {
    op: 'scan',
    inputs: all.inputs,
    outputs: [...all.outputs.slice(0, all.outputs.length - states.length), ...kept.map(({ value }) => value)],
    params: paramsOf({
      ...loop,
      history: carried.map(value => all.outputs.indexOf(value)),
      every,
      ...(spill && !whole && { spill: kept.map(({ slot }) => slot) }),
    }),
  }
  return { all, few, samples }
}

/** What it takes to compute the states of a loop that are read, and no more. */
function statesFor(forward: Instruction, read: (value: number) => boolean) {
  const steps = prune(forward, read, simplify)
  const scan = scanOf(steps) as Scan
  return { steps, scan, carried: steps.outputs.slice(0, scan.carries) }
}

/** The scan that goes back over states, with these computed again. */
function again(
  reverse: Instruction,
  loops: readonly Sampled[],
  { every, snapshots, spill = false, held = false }: Snapshots,
): Instruction {
  const back = scanOf(reverse) as Scan
  const read = reverse.inputs.slice(back.constants + back.carries)
  const parts = loops.map(({ all, samples }) => {
    const states = statesOf(all, scanOf(all) as Scan)
    const { steps, scan, carried } = statesFor(all, value => states.includes(value) && read.includes(value))
    const [outside, init, arrays] = [
      steps.inputs.slice(0, scan.constants),
      steps.inputs.slice(scan.constants, scan.constants + scan.carries),
      steps.inputs.slice(scan.constants + scan.carries),
    ]
    const kept = every >= scan.length ? [] : carried.map(value => samples.get(value) as Samples)
    const begins = every >= scan.length ? init : kept.map(({ value }) => value)
    const slots = kept.map(({ slot }) => slot)
    return { scan, outside, begins, slots, arrays, history: steps.outputs.slice(scan.carries) }
  })
  let before = 0
  const stateOf = new Map<number, number>()
  for (const { scan, history } of parts) {
    history.forEach((value, k) => void stateOf.set(value, before + (scan.history[k] as number)))
    before += scan.carries
  }
  let next = 0
  const rows = read.map(value => {
    const state = stateOf.get(value)
    return state === undefined ? next++ : -1 - state
  })
  const loop = parts[0]?.scan as Scan
  const control: Control = {
    kind: 'revolve',
    forward: abreast(parts.map(({ scan }) => scan)),
    forwardConstants: parts.reduce((sum, { scan }) => sum + scan.constants, 0),
    states: before,
    reverse: back.body,
    constants: back.constants,
    carries: back.carries,
    rows,
    length: loop.length,
    fromLast: loop.reverse,
    every: Math.min(every, loop.length),
    snapshots,
    ...(spill && every < loop.length && { spill: parts.flatMap(({ slots }) => slots) }),
    ...(held && { held }),
  }
  const inputs = [
    ...parts.flatMap(({ outside }) => outside),
    ...parts.flatMap(({ begins }) => begins),
    ...parts.flatMap(({ arrays }) => arrays),
    ...reverse.inputs.slice(0, back.constants + back.carries),
    ...read.filter(value => !stateOf.has(value)),
  ]
  return { op: 'revolve', inputs, outputs: reverse.outputs, params: paramsOf(control) }
}

/** A step of several scans together: what all read from outside, then the carries of all, then their rows. */
function abreast(scans: readonly Scan[]): Program {
  const avals: Aval[] = []
  const bodies = scans.map(({ body, constants, carries }) => {
    const first = avals.length
    avals.push(...body.avals)
    const here = (values: readonly number[]) => values.map(value => value + first)
    const inputs = here(body.inputs)
    return {
      outside: inputs.slice(0, constants),
      carry: inputs.slice(constants, constants + carries),
      rows: inputs.slice(constants + carries),
      instructions: body.instructions.map(one => ({
        ...one,
        inputs: here(one.inputs),
        outputs: here(one.outputs),
      })),
      outputs: here(body.outputs),
    }
  })
  return {
    avals,
    inputs: [
      ...bodies.flatMap(({ outside }) => outside),
      ...bodies.flatMap(({ carry }) => carry),
      ...bodies.flatMap(({ rows }) => rows),
    ],
    constants: [],
    instructions: bodies.flatMap(({ instructions }) => instructions),
    outputs: bodies.flatMap(({ outputs }) => outputs),
  }
}
