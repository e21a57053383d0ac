import { type Control, controlOf, type Instruction, type Program } from '../program/index.js'

/** What is to be found out about values. There are few facts, and what `either` and `both` make of two settles. */
export interface Facts<F> {
  /** Of what is not followed. */
  readonly unknown: F
  /** Of the results of an instruction that runs no programs. */
  after(program: Program, instruction: Instruction, inputs: readonly F[]): F
  /** Of a value that is one of two, or always the same one. */
  either(a: F, b: F): F
  /** Of a value that has parts like each of two. */
  both(a: F, b: F): F
  /** Of a value that is the first of two where a condition holds. */
  chosen(by: F, a: F, b: F): F
}

/**
 * Follows facts from the inputs of a program to its outputs, also through the programs inside of instructions, each result for
 * itself. What goes back over loops of unknown length is not followed.
 */
export function follow<F>(program: Program, inputs: readonly F[], facts: Facts<F>): readonly F[] {
  const known = new Array<F>(program.avals.length).fill(facts.unknown)
  program.inputs.forEach((value, k) => {
    known[value] = inputs[k] as F
  })
  for (const instruction of program.instructions) {
    const of = instruction.inputs.map(value => known[value] as F)
    const control = controlOf(instruction)
    const inside = control && throughControl(control, of, facts)
    const outside = control ? facts.unknown : facts.after(program, instruction, of)
    instruction.outputs.forEach((value, k) => {
      known[value] = inside?.[k] ?? outside
    })
  }
  return program.outputs.map(value => known[value] as F)
}

function throughControl<F>(control: Control, inputs: readonly F[], facts: Facts<F>): readonly F[] {
  switch (control.kind) {
    case 'call':
      return follow(control.body, inputs, facts)
    case 'cond': {
      const [by, ...own] = inputs as readonly [F, ...F[]]
      const whenFalse = follow(control.whenFalse, own, facts)
      return follow(control.whenTrue, own, facts).map((one, k) => facts.chosen(by, one, whenFalse[k] as F))
    }
    case 'while':
      return throughWhile(control, inputs, facts)
    case 'scan':
      return throughScan(control, inputs, facts)
    default:
      return []
  }
}

/** What holds of a state before any step, from what holds before the first one. */
function settled<F>(first: readonly F[], step: (state: readonly F[]) => readonly F[], { either }: Facts<F>) {
  let state = first
  for (;;) {
    const turned = step(state)
    const next = state.map((one, k) => either(one, turned[k] as F))
    if (next.every((one, k) => one === state[k])) return state
    state = next
  }
}

function throughWhile<F>(
  { condition, body, conditionConstants, bodyConstants }: Control & { readonly kind: 'while' },
  inputs: readonly F[],
  facts: Facts<F>,
): readonly F[] {
  const first = conditionConstants + bodyConstants
  const [ofCondition, ofBody] = [inputs.slice(0, conditionConstants), inputs.slice(conditionConstants, first)]
  const step = (state: readonly F[]) => {
    const [by] = follow(condition, [...ofCondition, ...state], facts)
    const turned = follow(body, [...ofBody, ...state], facts)
    return turned.map((one, k) => facts.chosen(by as F, one, state[k] as F))
  }
  return settled(inputs.slice(first), step, facts)
}

/** The first step is certain to be taken; what holds after it, whichever step is the last, is what settles from there on. */
function throughScan<F>(
  { body, length, constants, carries, history }: Control & { readonly kind: 'scan' },
  inputs: readonly F[],
  facts: Facts<F>,
): readonly F[] {
  const [outside, init] = [inputs.slice(0, constants), inputs.slice(constants, constants + carries)]
  const step = (state: readonly F[]) =>
    follow(body, [...outside, ...state, ...inputs.slice(constants + carries)], facts)
  if (length === 0) return init
  const first = step(init)
  const once = first.slice(0, carries)
  const state = length === 1 ? once : settled(once, step, facts)
  const last = length === 1 ? first : step(state)
  const before = length === 1 ? init : init.map((one, k) => facts.both(one, state[k] as F))
  return [
    ...state,
    ...first.slice(carries).map((one, k) => facts.both(one, last[carries + k] as F)),
    ...history.map(carry => before[carry] as F),
  ]
}
