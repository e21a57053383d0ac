import type { Tensor } from '@wengert/tape'
import type { SchedulerOptions } from './options.js'
import type { Platform, Thread, WorkerPlace } from './platform.js'
import { openScheduler, type Scheduler } from './scheduler.js'

export * from './index.js'

/**
 * Starts a scheduler in a browser. In a cross-origin isolated page lanes share memory with it; elsewhere rows and
 * gradients are handed over in buffers, with the same bits.
 *
 * A call has a price of its own, whatever it computes, for messages to workers: where a whole step takes little, a function of
 * `valueAndGrad` is faster.
 *
 * @param loss one number a row: f32[rows] or f64[rows]. It is recorded once for each set of shapes, so it must be
 * pure.
 * @throws OptionError for options outside what is allowed; {@link LaneError} if no worker can be started.
 * @example
 * const loss = (w, batch) => square(sub(mul(batch.x, w), batch.y))
 * const scheduler = await createScheduler(loss, { workers: 0, reduction: 'sum' })
 * const batch = { x: tensor([1, 2]), y: tensor([2, 6]) }
 * const { gradient } = await scheduler.valueAndGrad(tensor(1), batch)
 * gradient.item() // → -18
 * await scheduler.close()
 */
export function createScheduler<P, B>(
  loss: (params: P, batch: B) => Tensor,
  options: SchedulerOptions = {},
): Promise<Scheduler<P, B>> {
  const platform: Platform = {
    cores: navigator.hardwareConcurrency || 1,
    sharesMemory: globalThis.crossOriginIsolated === true,
    spawn: worker => threadOf(startWorker(worker)),
    pause,
  }
  return openScheduler(loss, options, platform)
}

// Bundlers look for the package's own as it is written here.
const startWorker = (worker: WorkerPlace | undefined): Worker =>
  worker === undefined
    ? new Worker(new URL('./worker.browser.js', import.meta.url), { type: 'module' })
    : new Worker(worker, { type: 'module' })

function threadOf(worker: Worker): Thread {
  return {
    endpoint: worker,
    fix: "if Vite's dev server refuses the worker (403), as it does where packages are linked: let it serve their folder (`server.fs.allow`)",
    onDeath: listener => {
      worker.addEventListener('error', event => {
        event.preventDefault()
        listener(`A worker threw: ${event.message ?? 'it could not be loaded'}.`, event.error)
      })
      worker.addEventListener('messageerror', () => listener('A message of a worker could not be read.'))
    },
    // A browser does not tell when a worker has stopped.
    terminate: async () => {
      worker.terminate()
      return false
    },
    keepAlive: () => {},
  }
}

/** A message to oneself comes after other events, without the delay of a timer. */
function pause(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
