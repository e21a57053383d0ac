import type { Aval } from './aval.js'
import { type Control, controlOf } from './control.js'
import type { Data } from './data.js'
import type { Instruction, Program } from './program.js'

/** An instruction, with what is known of its operands. */
export interface FactSite<F> {
  readonly program: Program
  readonly instruction: Instruction
  readonly inputs: readonly F[]
}

/**
 * What is to be found out about values, as an abstract interpretation (Cousot & Cousot 1977): the facts that there may be, and
 * what they come to. There are few facts, compared by identity, and what joins two settles.
 */
export interface Facts<F> {
  /** Of values without elements. */
  readonly empty: F
  constant(aval: Aval, data: Data): F
  /** Of the results of an instruction that runs no programs, or goes back over a loop. */
  after(site: FactSite<F>): F
  /** Of a value that is one of two, or always the same one. */
  either(a: F, b: F): F
  /** Of a value that has parts like each of two. */
  both(a: F, b: F): F
  /** Of the result of a branch, which is the first of two if the condition holds. */
  branched(by: F, a: F, b: F): F
  /** Of a state of a loop of unknown length that is one of two, the second a step after the first. */
  turned(a: F, b: F): F
  /** Of the last state of a loop of unknown length, from what holds of all states and of the first one. */
  repeated(by: F, state: F, first: F): F
  /** How facts go into the steps of a loop over arrays, and out of them. */
  steps(site: FactSite<F>, control: ScanControl): Steps<F>
}

/** A loop over arrays, of so many steps. */
export type ScanControl = Control & { readonly kind: 'scan' }

/** What holds inside of a loop over arrays, of what holds outside, and the other way round. */
export interface Steps<F> {
  /** The facts of its body. */
  readonly facts: Facts<F>
  /** Of a carry before the first step. */
  first(carry: F): F
  /** Of what a step takes of an array. */
  part(array: F): F
  /** Of a carry before the next step; `stays` if a step gives what it takes. */
  next(carry: F, stays: boolean): F
  /** Of a carry after the last step. */
  last(carry: F): F
  /** Of an array of what steps give. */
  stacked(row: F): F
}

const same = <F>(fact: F): F => fact

/** Steps of which each knows what is known outside, and the other way round, but for what a step takes of an array. */
export const plainSteps = <F>(facts: Facts<F>, part: (array: F) => F = same): Steps<F> => ({
  facts,
  first: same,
  part,
  next: same,
  last: same,
  stacked: same,
})

/**
 * Follows facts from the inputs of a program to its outputs, also through the programs inside of instructions, each result for
 * itself. What goes back over loops is an instruction like others.
 *
 * @param inputs what is known of the inputs.
 * @param facts the domain.
 * @returns what is known of the outputs.
 */
export function follow<F>(program: Program, inputs: readonly F[], facts: Facts<F>): readonly F[] {
  const known = new Array<F>(program.avals.length)
  const learn = (value: number, fact: F) => {
    known[value] = program.avals[value]?.shape.includes(0) ? facts.empty : fact
  }
  for (const { value, data } of program.constants) {
    learn(value, facts.constant(program.avals[value] as Aval, data))
  }
  program.inputs.forEach((value, k) => {
    learn(value, inputs[k] as F)
  })
  for (const instruction of program.instructions) {
    const of = instruction.inputs.map(value => known[value] as F)
    const site = { program, instruction, inputs: of }
    const inside = throughControl(controlOf(instruction), site, facts)
    const otherwise = inside && inside.length >= instruction.outputs.length ? undefined : facts.after(site)
    instruction.outputs.forEach((value, k) => {
      learn(value, (inside?.[k] ?? otherwise) as F)
    })
  }
  return program.outputs.map(value => known[value] as F)
}

/** Undefined for what runs no programs, and for pullbacks of loops. */
function throughControl<F>(
  control: Control | undefined,
  site: FactSite<F>,
  facts: Facts<F>,
): readonly F[] | undefined {
  switch (control?.kind) {
    case 'call':
      return follow(control.body, site.inputs, facts)
    case 'cond': {
      const [by, ...own] = site.inputs as readonly [F, ...F[]]
      const whenFalse = follow(control.whenFalse, own, facts)
      return follow(control.whenTrue, own, facts).map((one, k) => facts.branched(by, one, whenFalse[k] as F))
    }
    case 'while':
      return throughWhile(control, site.inputs, facts)
    case 'scan':
      return throughScan(control, site, facts)
    default:
      return undefined
  }
}

/** What holds of a state before any step, from what holds before the first one. */
function settled<F>(
  first: readonly F[],
  step: (state: readonly F[]) => readonly F[],
  join: (a: F, b: F) => F,
): readonly F[] {
  let state = first
  for (;;) {
    const turned = step(state)
    const next = state.map((one, k) => join(one, turned[k] as F))
    if (next.every((one, k) => one === state[k])) return state
    state = next
  }
}

function throughWhile<F>(
  { condition, body, conditionConstants, bodyConstants }: Control & { readonly kind: 'while' },
  inputs: readonly F[],
  facts: Facts<F>,
): readonly F[] {
  const from = conditionConstants + bodyConstants
  const [ofCondition, ofBody] = [inputs.slice(0, conditionConstants), inputs.slice(conditionConstants, from)]
  const first = inputs.slice(from)
  const state = settled(first, one => follow(body, [...ofBody, ...one], facts), facts.turned)
  const [by] = follow(condition, [...ofCondition, ...state], facts)
  return state.map((one, k) => facts.repeated(by as F, one, first[k] as F))
}

/** The first step is certain to be taken; what holds after it, whichever step is the last, is what settles from there on. */
function throughScan<F>(control: ScanControl, site: FactSite<F>, facts: Facts<F>): readonly F[] {
  const { body, length, constants, carries, history } = control
  const steps = facts.steps(site, control)
  const outside = site.inputs.slice(0, constants)
  const init = site.inputs.slice(constants, constants + carries)
  const parts = site.inputs.slice(constants + carries).map(steps.part)
  const step = (state: readonly F[]) => follow(body, [...outside, ...state, ...parts], steps.facts)
  const next = (turned: readonly F[]) =>
    turned.slice(0, carries).map((one, k) => steps.next(one, body.outputs[k] === body.inputs[constants + k]))
  const begun = init.map(steps.first)
  const first = step(begun)
  const once = next(first)
  const state = length > 1 ? settled(once, one => next(step(one)), facts.either) : once
  const last = length > 1 ? step(state) : first
  const before = length > 1 ? begun.map((one, k) => facts.both(one, state[k] as F)) : begun
  return [
    ...(length > 0 ? state.map(steps.last) : init),
    ...first.slice(carries).map((one, k) => steps.stacked(facts.both(one, last[carries + k] as F))),
    ...history.map(carry => steps.stacked(before[carry] as F)),
  ]
}
