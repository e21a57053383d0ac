import { createScheduler } from '@wengert/scheduler'
import { opfsStore, type SpillError } from '@wengert/tape'
import { batch, bitsOf, LANE_BYTES, loss, params } from '../spill-model.js'
import type { Stress } from './stress.js'

/** Computes in lanes that spill. */
async function run(bytes?: number) {
  const scheduler = await createScheduler(loss, {
    workers: 2,
    memory: 2 * LANE_BYTES + 2 * 2 ** 17,
    spill: { opfs: true, ...(bytes && { bytes }) },
  })
  const result = await scheduler.valueAndGrad(params, batch)
  const files = (await stored()).length
  await scheduler.close()
  return { bits: bitsOf(result), stats: result.stats, files }
}

/** Names of what is in the stores of this origin. */
async function stored(): Promise<string[]> {
  const root = await navigator.storage.getDirectory()
  const folder = await root.getDirectoryHandle('wengert-spill', { create: true })
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  return names
}

/** Takes a gradient in a worker of its own, which closes its store or is ended with it open, or is refused one. */
async function alone(close: boolean | 'refuse'): Promise<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const answer = new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
  })
  worker.postMessage(close)
  const bits = await answer
  worker.terminate()
  return bits
}

/** Pages of WebAssembly that a worker fills with records. */
const STRESS_PAGES = 64

/** Records that so many workers got back, each of its own stores, at the same time; what went wrong in place of a number. */
async function stress(workers: number, stores: number): Promise<(number | string)[]> {
  const pages = workers * STRESS_PAGES
  const memory = crossOriginIsolated
    ? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    : undefined
  const work = (worker: number) => {
    const one = new Worker(new URL('./stress.ts', import.meta.url), { type: 'module' })
    const answer = new Promise<number | string>(resolve => {
      one.onmessage = ({ data }) => resolve(data)
      one.onerror = ({ message }) => resolve(message)
    })
    one.postMessage({
      memory,
      page: worker * STRESS_PAGES,
      pages: STRESS_PAGES,
      seed: 2 * worker + 1,
      stores,
    } satisfies Stress)
    return answer.finally(() => one.terminate())
  }
  return await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
}

/** What this thread, which is none of a worker, is told. */
const refused = (): Promise<string> =>
  opfsStore().then(
    () => 'opened',
    (error: SpillError) => `${error.name} ${error.code}: ${error.message}`,
  )

Object.assign(globalThis, { run, stored, alone, stress, refused })
