import {
  type Aval,
  type Program,
  record,
  simplify,
  type Tensor,
  type Tree,
  valueAndGrad,
} from '@wengert/tape'
import type { Settings } from '../engine/index.js'

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>

/** A task's value, or its loss: a scalar, or a number a row. */
export type Objective = (arrays: Tensors, settings: Settings) => Tensor

/** What a task is, without its numbers. */
export interface Shaped {
  readonly arrays: Readonly<Record<string, Aval>>
  readonly by: readonly string[]
  readonly settings: Settings
}

/** Takes arrays apart by the names of those by which is differentiated. */
export function split<T>(
  arrays: Readonly<Record<string, T>>,
  by: readonly string[],
): readonly [by: Record<string, T>, rest: Record<string, T>] {
  const part = (wanted: boolean) =>
    Object.fromEntries(Object.entries(arrays).filter(([name]) => by.includes(name) === wanted))
  return [part(true), part(false)]
}

/** The objective as a function of what it is differentiated by, and the rest. */
export const lossOf =
  (objective: Objective, settings: Settings) =>
  (by: Tensors, rest: Tensors): Tensor =>
    objective({ ...by, ...rest }, settings)

/** The program of a task: inputs in the order of its arrays; outputs its value, or loss and gradients in order. */
export function programOf(objective: Objective, { arrays, by, settings }: Shaped): Program {
  const names = Object.keys(arrays)
  const recording = record(
    (...inputs: readonly Tensor[]): Tree<Tensor> => {
      const given = Object.fromEntries(names.map((name, k) => [name, inputs[k] as Tensor]))
      if (by.length === 0) return objective(given, settings)
      const { value, gradient } = valueAndGrad(lossOf(objective, settings))(...split(given, by))
      return [value, ...by.map(name => gradient[name] as Tensor)]
    },
    ...Object.values(arrays).map(({ dtype, shape }) => ({ dtype, shape })),
  )
  return simplify(recording.program)
}
