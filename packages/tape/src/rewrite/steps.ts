/** Steps of loops as programs of their own, with the values outside that they take. */
import type { Aval, Instruction, Program } from '../program/index.js'
import { type Scan, scanOf } from './inner.js'
import { prune } from './prune.js'
import { simplify } from './simplify.js'

/** What a scan runs. Its body takes what it reads from outside, the carry, and rows, in this order. */
export interface Steps {
  readonly body: Program
  /** Values of the program of the scan. */
  readonly outside: readonly number[]
  readonly init: readonly number[]
  readonly arrays: readonly number[]
  /** The carry after the last step. */
  readonly last: readonly number[]
  /** Each carry before all steps, where the scan gives it. */
  readonly states: readonly (number | undefined)[]
}

/** The steps of a scan. */
export function stepsOf(instruction: Instruction): Steps {
  const { body, constants, carries, history } = scanOf(instruction) as Scan
  const { inputs, outputs } = instruction
  const given = statesOf(instruction)
  const states = new Array<number | undefined>(carries).fill(undefined)
  history.forEach((carry, k) => {
    states[carry] = given[k]
  })
  return {
    body,
    outside: inputs.slice(0, constants),
    init: inputs.slice(constants, constants + carries),
    arrays: inputs.slice(constants + carries),
    last: outputs.slice(0, carries),
    states,
  }
}

/** The outputs of a scan that are its states before each step. */
export const statesOf = ({ outputs, params }: Instruction): readonly number[] =>
  outputs.slice(outputs.length - (params as unknown as Scan).history.length)

/** What it takes of a loop to compute the states of it that are read, and no more. */
export function stepsForStates(forward: Instruction, read: (value: number) => boolean): Steps {
  const states = statesOf(forward)
  return stepsOf(prune(forward, value => states.includes(value) && read(value), simplify))
}

/** A step of several scans together. */
export function abreast(several: readonly Steps[]): Steps {
  if (several.length === 1) return several[0] as Steps
  const avals: Aval[] = []
  const bodies = several.map(({ body, outside, init }) => {
    const first = avals.length
    avals.push(...body.avals)
    const here = (values: readonly number[]) => values.map(value => value + first)
    const inputs = here(body.inputs)
    return {
      outside: inputs.slice(0, outside.length),
      carry: inputs.slice(outside.length, outside.length + init.length),
      rows: inputs.slice(outside.length + init.length),
      instructions: body.instructions.map(one => ({
        ...one,
        inputs: here(one.inputs),
        outputs: here(one.outputs),
      })),
      outputs: here(body.outputs),
    }
  })
  return {
    body: {
      avals,
      inputs: [
        ...bodies.flatMap(({ outside }) => outside),
        ...bodies.flatMap(({ carry }) => carry),
        ...bodies.flatMap(({ rows }) => rows),
      ],
      constants: [],
      instructions: bodies.flatMap(({ instructions }) => instructions),
      outputs: bodies.flatMap(({ outputs }) => outputs),
    },
    outside: several.flatMap(({ outside }) => outside),
    init: several.flatMap(({ init }) => init),
    arrays: several.flatMap(({ arrays }) => arrays),
    last: several.flatMap(({ last }) => last),
    states: several.flatMap(({ states }) => states),
  }
}
