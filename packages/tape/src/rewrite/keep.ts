/** Loops and their pullbacks with what is kept of the loops: residuals, or states from which steps run again. */
import { type Aval, type Control, type Instruction, type Program, paramsOf } from '../program/index.js'
import { type Scan, scanOf } from './inner.js'
import { type Origin, pulledFrom } from './residuals.js'
import type { Kept, Places, Reversal, Snapshots } from './reversal.js'
import { abreast, type Steps, statesOf, stepsForStates, stepsOf } from './steps.js'
import { groupPrograms, withResiduals } from './with-residuals.js'

/** A program whose reversals are rewritten one after the other. */
export class Rewriting {
  readonly #program: Program
  readonly #avals: Aval[]
  readonly #instructions: Instruction[]
  /** The instruction that defines a value; −1 for inputs and constants. */
  readonly #definition: readonly number[]

  constructor(program: Program) {
    this.#program = program
    this.#avals = [...program.avals]
    this.#instructions = [...program.instructions]
    const definition = new Array<number>(program.avals.length).fill(-1)
    program.instructions.forEach(({ outputs }, k) => {
      for (const value of outputs) definition[value] = k
    })
    this.#definition = definition
  }

  get program(): Program {
    return { ...this.#program, avals: this.#avals, instructions: this.#instructions }
  }

  reversal({ forwards, reverses }: Places): Reversal {
    const loops = forwards.map(k => this.#instructions[k] as Instruction)
    const before = Math.min(...forwards)
    const all = loops.map(stepsOf)
    const backs = reverses.map(k => stepsOf(this.#instructions[k] as Instruction))
    const states = loops.flatMap(statesOf)
    const origin = (value: number): Origin =>
      states.includes(value) ? 'state' : (this.#definition[value] as number) < before ? 'given' : 'late'
    return {
      length: (scanOf(loops[0] as Instruction) as Scan).length,
      backs,
      forwards: backs.map(({ arrays }) =>
        abreast(
          loops
            .filter(loop => statesOf(loop).some(value => arrays.includes(value)))
            .map(loop => stepsForStates(loop, value => arrays.includes(value))),
        ),
      ),
      origins: backs.map(({ outside, init, arrays }) => [
        ...outside.map(origin),
        ...init.map((): Origin => 'late'),
        ...arrays.map(origin),
      ]),
      loop: all.length === 1 ? all[0] : undefined,
      avals: this.#avals,
    }
  }

  keep(places: Places, reversal: Reversal, kept: Kept): void {
    if (kept.kind === 'residuals') this.#keepResiduals(places, reversal, kept.residuals)
    else this.#revolve(places, reversal, kept)
  }

  /** The loop gives residuals of each step, and what goes back reads those. */
  #keepResiduals(
    { forwards, reverses }: Places,
    { backs, origins }: Reversal,
    residuals: readonly number[],
  ): void {
    const [forward, reverse] = [forwards[0] as number, reverses[0] as number]
    const all = this.#instructions[forward] as Instruction
    const loop = scanOf(all) as Scan
    const back = backs[0] as Steps
    const steps = withResiduals(stepsOf(all), back, origins[0] as readonly Origin[], residuals)
    const results = all.outputs.length - statesOf(all).length
    const made = steps.body.outputs
    // A residual that is a result of the loop anyway is there already.
    const arrays = residuals.map((value, k) => {
      const same = made.slice(loop.carries, results).indexOf(made[results + k] as number)
      return same < 0
        ? this.#define(back.body.avals[value] as Aval, loop.length)
        : (all.outputs[loop.carries + same] as number)
    })
    const fresh = (_: number, k: number) => !all.outputs.includes(arrays[k] as number)
    this.#instructions[forward] = {
      ...all,
      inputs: [...steps.outside, ...steps.init, ...steps.arrays],
      outputs: [...all.outputs.slice(0, results), ...arrays.filter(fresh), ...statesOf(all)],
      params: paramsOf({
        ...loop,
        constants: steps.outside.length,
        body: { ...steps.body, outputs: [...made.slice(0, results), ...made.slice(results).filter(fresh)] },
      }),
    }
    const pulling = this.#instructions[reverse] as Instruction
    this.#instructions[reverse] = {
      ...pulling,
      inputs: [...pulling.inputs, ...arrays],
      params: paramsOf({ ...(scanOf(pulling) as Scan), body: pulledFrom(back.body, residuals) }),
    }
  }

  /** The loop gives some of its states, and residuals of its last steps, and what goes back computes the others again. */
  #revolve(
    places: Places,
    { length, forwards, backs, origins }: Reversal,
    kept: Exclude<Kept, { kind: 'residuals' }>,
  ): void {
    const residuals = kept.kind === 'groups' && kept.kept > 0 ? kept.residuals : []
    const tail = kept.kind === 'groups' ? kept.kept : 0
    const samples = this.#samples(
      forwards,
      kept.every < length - tail ? Math.ceil((length - tail) / kept.every) : 0,
      kept.spill ?? false,
    )
    const tails = residuals.map(value => this.#define(backs[0]?.body.avals[value] as Aval, tail))
    let fromLast = false
    for (const forward of places.forwards) {
      const all = this.#instructions[forward] as Instruction
      const loop = scanOf(all) as Scan
      fromLast = loop.reverse
      const steps =
        tail > 0
          ? withResiduals(stepsOf(all), backs[0] as Steps, origins[0] as readonly Origin[], residuals)
          : stepsOf(all)
      const sampled = steps.last.flatMap((value, carry) => {
        const found = samples.get(value)
        return found === undefined ? [] : [{ carry, value: found }]
      })
      this.#instructions[forward] = {
        ...all,
        inputs: [...steps.outside, ...steps.init, ...steps.arrays],
        outputs: [
          ...all.outputs.slice(0, all.outputs.length - loop.history.length),
          ...tails,
          ...sampled.map(({ value }) => value),
        ],
        params: paramsOf({
          ...loop,
          body: steps.body,
          constants: steps.outside.length,
          history: sampled.map(({ carry }) => carry),
          every: kept.every,
          ...(tail > 0 && { tail: { results: tails.length, steps: tail } }),
          ...(kept.spill && { spill: sampled.map(() => NOWHERE) }),
        }),
      }
    }
    places.reverses.forEach((reverse, k) => {
      const steps = forwards[k] as Steps
      const found = steps.last.map(value => samples.get(value))
      const begins = found.map((value, carry) => value ?? (steps.init[carry] as number))
      const spill = kept.spill && samples.size > 0 ? found.map(() => NOWHERE) : undefined
      const back = backs[k] as Steps
      const pulling = this.#instructions[reverse] as Instruction
      this.#instructions[reverse] =
        kept.kind === 'groups'
          ? inGroups(
              pulling,
              { steps, back, begins, spill, tails, length, fromLast },
              kept,
              origins[k] as readonly Origin[],
            )
          : fromStates(pulling, { steps, back, begins, spill, length, fromLast }, kept)
    })
  }

  /** So many rows or records of states that are computed again, by the last of each; none without rows. */
  #samples(forwards: readonly Steps[], rows: number, spill: boolean): ReadonlyMap<number, number> {
    const samples = new Map<number, number>()
    if (rows === 0) return samples
    for (const { body, outside, last } of forwards) {
      last.forEach((value, carry) => {
        if (samples.has(value)) return
        const aval = body.avals[body.inputs[outside.length + carry] as number] as Aval
        samples.set(value, spill ? this.#avals.push(TOKEN) - 1 : this.#define(aval, rows))
      })
    }
    return samples
  }

  #define({ dtype, shape }: Aval, rows: number): number {
    return this.#avals.push({ dtype, shape: [rows, ...shape] }) - 1
  }
}

/** Stands for records of a store. */
const TOKEN: Aval = { dtype: 'i32', shape: [] }

/** The slot of records that have no place yet; see `placeRecords`. */
const NOWHERE = 0

/** What goes back over states that are computed again. */
interface Again {
  readonly steps: Steps
  readonly back: Steps
  /** States at the beginnings of stretches, and where their records are if they are spilled. */
  readonly begins: readonly number[]
  readonly spill: readonly number[] | undefined
  readonly length: number
  readonly fromLast: boolean
}

function fromStates(
  reverse: Instruction,
  { steps, back, begins, spill, length, fromLast }: Again,
  { every, snapshots, held }: Snapshots,
): Instruction {
  let next = 0
  const rows = back.arrays.map(value => {
    const state = steps.states.indexOf(value)
    return state < 0 ? next++ : -1 - state
  })
  const control: Control = {
    kind: 'revolve',
    forward: steps.body,
    forwardConstants: steps.outside.length,
    states: steps.init.length,
    reverse: back.body,
    constants: back.outside.length,
    carries: back.init.length,
    rows,
    length,
    fromLast,
    every: Math.min(every, length),
    snapshots,
    ...(spill && { spill }),
    ...(held && { held }),
  }
  const inputs = [
    ...steps.outside,
    ...begins,
    ...steps.arrays,
    ...back.outside,
    ...back.init,
    ...back.arrays.filter((_, k) => (rows[k] as number) >= 0),
  ]
  return { ...reverse, op: 'revolve', inputs, params: paramsOf(control) }
}

function inGroups(
  reverse: Instruction,
  { steps, back, begins, spill, tails, length, fromLast }: Again & { readonly tails: readonly number[] },
  { residuals, every, snapshots, size, kept, held }: Extract<Kept, { kind: 'groups' }>,
  origins: readonly Origin[],
): Instruction {
  const { keep, advance, pull } = groupPrograms(steps, back, origins, residuals)
  const control: Control = {
    kind: 'revolve',
    forward: advance,
    forwardConstants: keep.outside.length,
    states: keep.init.length,
    reverse: pull.body,
    constants: pull.outside.length,
    carries: pull.init.length,
    rows: pull.arrays.map((_, k) => k),
    length,
    fromLast,
    every: Math.min(every, length - kept),
    snapshots,
    ...(spill && { spill }),
    ...(held && { held }),
    groups: { keep: keep.body, residuals: residuals.length, size, kept },
  }
  const inputs = [
    ...keep.outside,
    ...begins,
    ...keep.arrays,
    ...pull.outside,
    ...pull.init,
    ...pull.arrays,
    ...tails,
  ]
  return { ...reverse, op: 'revolve', inputs, params: paramsOf(control) }
}
