import { dataOf, fromData, jit, type Tensor, valueAndGrad } from '@wengert/tape'
import type { GivenTask, Prepared } from '../engine/index.js'
import { lossOf, type Objective, split, type Tensors } from './objective.js'

/** The arrays of a task as tensors. */
export const tensorsOf = ({ arrays }: GivenTask): Tensors =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape, data }]) => [name, fromData({ dtype, shape }, data)]),
  )

/** Does a task by calls of the compiled function, as a user would. */
export function called(objective: Objective, task: GivenTask): Prepared {
  const { by, settings } = task
  const tensors = tensorsOf(task)
  if (by.length === 0) {
    const f = jit((arrays: Tensors) => objective(arrays, settings))
    return { results: [dataOf(f(tensors))], step: () => f(tensors) }
  }
  const f = valueAndGrad(lossOf(objective, settings))
  const args = split(tensors, by)
  const { value, gradient } = f(...args)
  const results = [value, ...by.map(name => gradient[name] as Tensor)]
  return { results: results.map(result => dataOf(result)), step: () => f(...args) }
}
