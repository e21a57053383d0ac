import { createScheduler } from '@wengert/scheduler'
import { opfsStore, type SpillError } from '@wengert/tape'
import { batch, bitsOf, LANE_BYTES, loss, params } from '../spill-model.js'

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

/** Takes a gradient in a worker of its own, which closes its store or is ended with it open. */
async function alone(close: boolean): Promise<string> {
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

/** What this thread, which is none of a worker, is told. */
const refused = (): Promise<string> =>
  opfsStore().then(
    () => 'opened',
    (error: SpillError) => `${error.name} ${error.code}: ${error.message}`,
  )

Object.assign(globalThis, { run, stored, alone, refused })
