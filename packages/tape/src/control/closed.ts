import { type Aval, avalsIn, type Constant, formatAval, type Program } from '../program/index.js'
import { fromData, type Recording, record, type Tensor, type Tree } from '../record/index.js'

/** A recorded function without constants: what it reads from outside are inputs, the first ones. */
export interface Closed {
  readonly program: Program
  /** What the first inputs stand for: constants, then tensors of outer recordings. */
  readonly outside: readonly Tensor[]
}

/** Records a function of lists of tensors and closes it. */
export function recordClosed(
  fn: (...inputs: readonly Tensor[]) => readonly Tensor[],
  avals: readonly Aval[],
): Closed {
  return close(record(fn as (...inputs: readonly Tensor[]) => Tree<Tensor>, ...avals))
}

function close({ program, captures }: Recording): Closed {
  const own = program.inputs.length - captures.length
  const outside = [...program.constants.map(constant => concrete(program, constant)), ...captures]
  const inputs = [
    ...program.constants.map(({ value }) => value),
    ...program.inputs.slice(own),
    ...program.inputs.slice(0, own),
  ]
  return { program: { ...program, inputs, constants: [] }, outside }
}

const concrete = ({ avals }: Program, { value, data }: Constant): Tensor =>
  fromData(avals[value] as Aval, data)

/**
 * Several closed programs as functions of the same inputs: the outside of all, then their own, which are alike.
 *
 * @returns the outside of all of them, and the programs.
 */
export function together(closed: readonly Closed[]): {
  readonly programs: readonly Program[]
  readonly outside: readonly Tensor[]
} {
  const outside = closed.flatMap(one => one.outside)
  let before = 0
  const programs = closed.map(({ program, outside: own }) => {
    const avals = [...program.avals]
    const unread = (x: Tensor) => avals.push(x.aval) - 1
    const inputs = [
      ...outside.slice(0, before).map(unread),
      ...program.inputs.slice(0, own.length),
      ...outside.slice(before + own.length).map(unread),
      ...program.inputs.slice(own.length),
    ]
    before += own.length
    return { ...program, avals, inputs }
  })
  return { programs, outside }
}

/** The avals of the outputs of a program. */
export const outputAvals = (program: Program): readonly Aval[] => avalsIn(program, program.outputs)

/** Position of the first aval in which two lists differ; −1 if they are alike. */
export const firstDifference = (a: readonly Aval[], b: readonly Aval[]): number =>
  a.findIndex((aval, k) => !b[k] || formatAval(aval) !== formatAval(b[k]))
