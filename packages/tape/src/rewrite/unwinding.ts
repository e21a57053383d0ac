import { snapshotTableBytes, THINNING } from '@wengert/kernels'
import {
  type Aval,
  bytesOf,
  type Control,
  controlOf,
  type Instruction,
  type OpenRecords,
  type Program,
  paramsOf,
} from '../program/index.js'
import { mapPrograms, programsOf } from './inner.js'
import { closure, count, needed, withInputs, withOutputs } from './prune.js'
import { simplify } from './simplify.js'

type While = Control & { readonly kind: 'while' }
type Unwind = Control & { readonly kind: 'unwind' }

/**
 * Where kept states lie: their table, then an array of so many of each part. They are one value, so that table and arrays
 * are always of the same moment.
 */
export function layOutSnapshots(snapshots: number, parts: readonly Aval[]) {
  let bytes = snapshotTableBytes(snapshots)
  const offsets = parts.map(aval => {
    const offset = bytes
    bytes += Math.ceil((snapshots * bytesOf(aval)) / 16) * 16
    return offset
  })
  return { bytes, offsets }
}

/** Whether a program, or one inside of its instructions, goes back over loops of unknown length. */
export const hasUnwinding = ({ instructions }: Program): boolean =>
  instructions.some(
    instruction => controlOf(instruction)?.kind === 'unwind' || programsOf(instruction).some(hasUnwinding),
  )

/** How states of a loop of unknown length are kept in a store. */
type OpenSchedule = OpenRecords & {
  readonly held: boolean
  /** States in memory of a stretch between two records. */
  readonly snapshots: number
}

/** Chooses that from what a step forward is and what a state is made of; undefined: in memory alone. */
export type Schedules = (forward: Program, parts: readonly Aval[]) => OpenSchedule | undefined

/** Bytes of the most states that a loop of a program, or of one inside of its instructions, keeps: so many it needs. */
export const keptBytes = ({ avals, instructions }: Program): number =>
  instructions.reduce((most, instruction) => {
    const control = controlOf(instruction)
    const kept = control?.kind === 'while' && control.keep ? instruction.outputs.slice(-1) : []
    const own = kept.map(value => bytesOf(avals[value] as Aval))
    return Math.max(most, ...own, ...programsOf(instruction).map(keptBytes))
  }, 0)

/** A loop of unknown length and those that go back over it. */
interface Unwinding {
  readonly loop: Instruction
  readonly control: While
  readonly backs: { readonly instruction: Instruction; readonly control: Unwind }[]
}

/**
 * The program with states of its loops of unknown length kept for those that go back over them, also in the programs
 * inside of instructions. One that goes back over a loop that the program has not run before gets a loop of its own.
 *
 * @param snapshots most states of each loop that are kept beside the first, where none are in a store.
 * @param schedules where states are kept in a store too. Default: nowhere.
 */
export function withUnwinding(
  program: Program,
  snapshots: number,
  schedules: Schedules = () => undefined,
): Program {
  if (!hasUnwinding(program)) return program
  const avals = [...program.avals]
  const define = (aval: Aval) => avals.push(aval) - 1
  const order: (Instruction | Unwinding)[] = []
  const loops = new Map<string, Unwinding>()
  const found = (key: string, loop: Instruction) => {
    const control = controlOf(loop) as While
    const unwinding: Unwinding = { loop, control, backs: [] }
    loops.set(key, unwinding)
    order.push(unwinding)
    return unwinding
  }
  for (const outer of program.instructions) {
    const instruction = mapPrograms(outer, inner => withUnwinding(inner, snapshots, schedules))
    const control = controlOf(instruction)
    if (control?.kind === 'while' && !control.keep) {
      found(keyOf(instruction, control), instruction)
    } else if (control?.kind === 'unwind') {
      const key = keyOf(instruction, control)
      const unwinding = loops.get(key) ?? found(key, loopAlone(instruction, control, define, avals))
      unwinding.backs.push({ instruction, control })
      order.push(instruction)
    } else {
      order.push(instruction)
    }
  }
  const ways = new Map<Instruction, Instruction>()
  const instructions = order.map(one => {
    if (!('backs' in one)) return ways.get(one) ?? one
    if (one.backs.length === 0) return one.loop
    const { loop, backs } = keeping(one, snapshots, schedules, define, avals)
    one.backs.forEach(({ instruction }, k) => void ways.set(instruction, backs[k] as Instruction))
    return loop
  })
  return simplify({ ...program, avals, instructions })
}

/** Number of inputs of a loop. */
const inputsOf = ({ conditionConstants, bodyConstants, body }: While | Unwind): number =>
  conditionConstants + bodyConstants + body.outputs.length

/** What a loop computes from what. */
function keyOf({ inputs }: Instruction, control: While | Unwind): string {
  const { condition, body, conditionConstants, bodyConstants } = control
  return JSON.stringify([
    inputs.slice(0, inputsOf(control)),
    conditionConstants,
    bodyConstants,
    condition,
    body,
  ])
}

/** The loop that is gone back over, for this alone. */
function loopAlone(
  instruction: Instruction,
  control: Unwind,
  define: (aval: Aval) => number,
  avals: readonly Aval[],
): Instruction {
  const { condition, body, conditionConstants, bodyConstants } = control
  const own = instruction.inputs.slice(0, inputsOf(control))
  const outputs = own.slice(conditionConstants + bodyConstants).map(value => define(avals[value] as Aval))
  const loop: While = { kind: 'while', condition, body, conditionConstants, bodyConstants }
  return { ...instruction, op: 'while', inputs: own, outputs, params: paramsOf(loop) }
}

/** A loop that keeps states, and what goes back over them. */
function keeping(
  { loop, control, backs }: Unwinding,
  snapshots: number,
  schedules: Schedules,
  define: (aval: Aval) => number,
  avals: readonly Aval[],
): { readonly loop: Instruction; readonly backs: readonly Instruction[] } {
  const { body, bodyConstants, conditionConstants } = control
  const parts = body.outputs.length
  const reads = backs.map(({ control: { reverse } }) => needed(reverse).slice(-parts))
  // Parts that only the condition depends on are not computed again.
  const kept = closure(
    body.outputs.map((_, k) => reads.some(read => read[k])),
    flags => needed(simplify(withOutputs(body, flags))).slice(bodyConstants),
  )
  const forward = simplify(withOutputs(body, kept))
  const outside = needed(forward).slice(0, bodyConstants)
  const init = loop.inputs.slice(conditionConstants + bodyConstants)
  const places = kept.flatMap((so, k) => (so ? [k] : []))
  const kinds = places.map(k => avals[init[k] as number] as Aval)
  const schedule = schedules(forward, kinds)
  const records = schedule && { every: schedule.every, count: schedule.count }
  const bytes = schedule ? THINNING.bytes : layOutSnapshots(snapshots, kinds).bytes
  const states = define({ dtype: 'i32', shape: [bytes / 4] })
  const ofForward = [
    ...loop.inputs.slice(conditionConstants, conditionConstants + bodyConstants).filter((_, k) => outside[k]),
    ...(schedule ? [] : places.map(k => init[k] as number)),
    states,
  ]
  const rewound = backs.map(({ instruction, control: { reverse, constants } }, k): Instruction => {
    const read = reads[k] as readonly boolean[]
    const carries = reverse.outputs
    const rest = instruction.inputs.slice(-(constants + carries.length))
    const rewind: Control = {
      kind: 'rewind',
      forward: withInputs(forward, [...outside, ...kept]),
      forwardConstants: count(outside),
      reverse: withInputs(reverse, [...rest.map(() => true), ...read]),
      constants,
      reads: read.flatMap((so, part) => (so ? [places.indexOf(part)] : [])),
      snapshots: schedule?.snapshots ?? snapshots,
      ...(schedule && records && { spill: { ...records, held: schedule.held } }),
    }
    return {
      ...instruction,
      op: 'rewind',
      inputs: [...ofForward, ...rest],
      params: paramsOf(rewind),
    }
  })
  const keep = records
    ? { snapshots: 0, parts: places, spill: { ...records, base: 0 } }
    : { snapshots, parts: places }
  return {
    loop: {
      ...loop,
      outputs: [...loop.outputs, states],
      params: paramsOf({ ...control, keep }),
    },
    backs: rewound,
  }
}
