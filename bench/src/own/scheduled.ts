import { createScheduler, type Scheduler } from '@wengert/scheduler'
import { dataOf, type Tensor } from '@wengert/tape'
import type { GivenTask, Prepared } from '../engine/index.js'
import { tensorsOf } from './called.js'
import { type Objective, split, type Tensors } from './objective.js'
import type { OwnOptions } from './options.js'

/** What all rows share: what is differentiated by, and the rest. */
interface Shared {
  readonly by: Tensors
  readonly rest: Tensors
}

/** Results of a step, and the share of them that was computed again. */
interface Step {
  readonly results: readonly Tensor[]
  readonly recomputedShare: number
}

/** Does a task over worker threads, by its rows: the mean of losses and its gradients, or the value of each row. */
export async function scheduled(
  objective: Objective,
  task: GivenTask,
  options: OwnOptions,
): Promise<Prepared> {
  const { workers = 1, memoryBytes } = options
  const { by, rows, settings } = task
  const [params, others] = split(tensorsOf(task), by)
  const [batch, rest] = split(others, rows)
  const shared = { by: params, rest }
  const values = (all: Shared, one: Tensors) => objective({ ...all.by, ...all.rest, ...one }, settings)
  const scheduler = await createScheduler(values, {
    workers,
    ...(memoryBytes !== undefined && { memory: memoryBytes }),
  })
  const once =
    by.length === 0 ? mapped(scheduler, values, shared, batch) : differentiated(scheduler, shared, batch)
  let { results, recomputedShare } = await once()
  return {
    results: results.map(result => dataOf(result)),
    step: async () => {
      ;({ results, recomputedShare } = await once())
      return results
    },
    facts: () => ({
      arenaBytes: scheduler.memory.peakBytes,
      budgetBytes: scheduler.memory.budgetBytes,
      recomputedShare,
    }),
    close: () => scheduler.close(),
  }
}

const differentiated =
  (scheduler: Scheduler<Shared, Tensors>, shared: Shared, batch: Tensors) => async (): Promise<Step> => {
    const { value, gradient, stats } = await scheduler.valueAndGrad(shared, batch)
    const gradients = Object.keys(shared.by).map(name => gradient.by[name] as Tensor)
    return { results: [value, ...gradients], recomputedShare: stats.recomputedShare }
  }

const mapped =
  (
    scheduler: Scheduler<Shared, Tensors>,
    values: (shared: Shared, batch: Tensors) => Tensor,
    shared: Shared,
    batch: Tensors,
  ) =>
  async (): Promise<Step> => ({ results: [await scheduler.map(values, shared, batch)], recomputedShare: 0 })
