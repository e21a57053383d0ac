import { createScheduler } from '@wengert/scheduler'
import { batch, bitsOf, loss, params } from '../scheduler-model.js'

const workers: WeakRef<Worker>[] = []

globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options)
    workers.push(new WeakRef(this))
  }
}

/** Computes on workers of this page; `kill` ends one of them during the call. */
async function run(kill: boolean): Promise<{ bits: string; retries: number; peakBytes: number }> {
  const scheduler = await createScheduler(loss, { workers: 2, deadlineMs: kill ? 1000 : 60_000 })
  const result = await scheduler.valueAndGrad(params, batch, {
    onProgress: ({ shardsDone }) => {
      if (kill && shardsDone === 2) workers.at(-1)?.deref()?.terminate()
    },
  })
  await scheduler.close()
  return { bits: bitsOf(result), retries: result.stats.retries, peakBytes: result.stats.peakBytes }
}

/** What is said where the module of workers cannot be had. */
const refusal = (workerUrl: string): Promise<string> =>
  createScheduler(loss, { workers: 1, workerUrl }).then(
    () => 'started',
    error => error.message,
  )

/** Workers that are not garbage. */
const alive = (): number => workers.filter(worker => worker.deref()).length

Object.assign(globalThis, { run, refusal, alive })
