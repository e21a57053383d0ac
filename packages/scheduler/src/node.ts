/**
 * Gradients and maps over the rows of batches, on worker threads, within a byte budget.
 *
 * @module @wengert/scheduler
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Tensor } from '@wengert/tape'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { SchedulerOptions } from './options.js'
import type { Platform, Thread, WorkerPlace } from './platform.js'
import { openScheduler, type Scheduler } from './scheduler.js'

export * from './index.js'

/** Options of {@link createScheduler} in Node. */
export interface NodeSchedulerOptions extends SchedulerOptions {
  /** @internal Starts a worker that serves a lane. */
  readonly spawn?: (() => Worker) | undefined
}

/**
 * Starts a scheduler: it shards the rows of a batch over worker threads and adds the partial gradients in a fixed
 * order, so that neither the number of workers nor the budget nor a worker that died changes a bit of the result.
 *
 * A call has a price of its own, whatever it computes: 0.05 to 0.15 ms with workers, for messages to them, and 0.02 ms with
 * `workers: 0`. A function of `valueAndGrad` has one of 0.002 ms, and is faster where a whole step takes less than a few milliseconds.
 *
 * An idle scheduler does not keep the process alive; `close` ends its workers.
 *
 * @param loss one number a row: f32[rows] or f64[rows]. It is recorded once for each set of shapes, so it must be
 * pure.
 * @throws OptionError for options outside what is allowed; {@link LaneError} if no worker can be started.
 * @example
 * const loss = (w, batch) => square(sub(mul(batch.x, w), batch.y))
 * const scheduler = await createScheduler(loss, { workers: 0, memory: '1 MiB' })
 * const batch = { x: tensor([1, 2]), y: tensor([2, 6]) }
 * const { value, gradient } = await scheduler.valueAndGrad(tensor(1), batch)
 * value.item() // → 8.5
 * gradient.item() // → -9
 * const { shards, explanation } = scheduler.explain(tensor(1), batch).programs[0]
 * shards // → 1
 * explanation.extraCost // → 0
 * const predict = (w, x) => mul(x, w)
 * const y = await scheduler.map(predict, tensor(3), batch.x)
 * y.toArray() // → [3, 6]
 * await scheduler.close()
 */
export async function createScheduler<P, B>(
  loss: (params: P, batch: B) => Tensor,
  options: NodeSchedulerOptions = {},
): Promise<Scheduler<P, B>> {
  return openScheduler(loss, options, {
    ...platform,
    spawn: worker => threadOf(options.spawn ? options.spawn() : startWorker(worker)),
  })
}

const platform: Omit<Platform, 'spawn'> = {
  optionNames: ['spawn'],
  cores: availableParallelism(),
  sharesMemory: true,
  pause: () => new Promise(resolve => setImmediate(resolve)),
}

/** Workers inherit the options of the process, but refuse those about a program that is not in a file. */
const startWorker = (worker: WorkerPlace | undefined): Worker =>
  new Worker(
    worker ?? new URL('./worker.node.js', import.meta.url),
    process.execArgv.some(option => option.startsWith('--input-type')) ? { execArgv: [] } : {},
  )

function threadOf(worker: Worker): Thread {
  return {
    endpoint: nodeEndpoint(worker),
    onDeath: listener => {
      worker.on('error', error => listener(`A worker threw: ${String(error)}.`, error))
      worker.on('messageerror', error => listener('A message of a worker could not be read.', error))
      worker.on('exit', code => listener(`A worker ended with exit code ${code}.`))
    },
    terminate: () => worker.terminate().then(() => true),
    keepAlive: alive => (alive ? worker.ref() : worker.unref()),
  }
}
