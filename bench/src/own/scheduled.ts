import { createScheduler, type Stats } from '@wengert/scheduler'
import { dataOf, type Tensor } from '@wengert/tape'
import type { GivenTask, Prepared } from '../engine/index.js'
import { tensorsOf } from './called.js'
import { type Objective, split, type Tensors } from './objective.js'
import type { OwnOptions } from './options.js'
import { outputsOf } from './outputs.js'

/** Does a task over worker threads, by its rows. */
export async function scheduled(
  objective: Objective,
  task: GivenTask,
  options: OwnOptions,
): Promise<Prepared> {
  const { workers = 1, memoryBytes } = options
  const { by, rows, settings } = task
  const [params, rest] = split(tensorsOf(task), by)
  const [batch, shared] = split(rest, rows)
  const scheduler = await createScheduler(
    (own: { by: Tensors; shared: Tensors }, one: Tensors) =>
      objective({ ...own.by, ...own.shared, ...one }, settings),
    { workers, ...(memoryBytes !== undefined && { memory: memoryBytes }) },
  )
  const own = { by: params, shared }
  let stats: Stats | undefined
  const step = async () => {
    const result = await scheduler.valueAndGrad(own, batch)
    stats = result.stats
    return result
  }
  const { value, gradient } = await step()
  const results = [value, ...by.map(name => gradient.by[name] as Tensor)]
  return {
    outputs: outputsOf(
      task,
      results.map(result => dataOf(result)),
    ),
    step,
    facts: () => ({
      arenaBytes: scheduler.memory.peakBytes,
      budgetBytes: scheduler.memory.budgetBytes,
      recomputedShare: stats?.recomputedShare ?? 0,
    }),
    close: () => scheduler.close(),
  }
}
