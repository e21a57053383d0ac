import { grad, opfsStore, type SpillError } from '@wengert/tape'
import { batch, LANE_BYTES, loss, params } from '../spill-model.js'

/** Opens a store, takes a gradient with it, and keeps it open, or closes it. */
async function work(close: boolean): Promise<void> {
  const spill = await opfsStore({ bytes: '1 GiB' })
  const gradient = grad((rate: typeof params) => loss(rate, batch).sum(), { memory: 8 * LANE_BYTES, spill })
  const bits = JSON.stringify([gradient(params).item(), gradient(params).item()])
  if (close) await spill.close()
  postMessage(bits)
}

/** What it is told where the browser refuses storage, as private windows do. */
async function refused(): Promise<void> {
  navigator.storage.getDirectory = async () => {
    throw new DOMException('denied', 'SecurityError')
  }
  const told = ({ name, message, cause }: SpillError) => `${name}: ${message}\n${cause}`
  postMessage(await opfsStore().then(() => 'opened', told))
}

addEventListener('message', ({ data }) => void (data === 'refuse' ? refused() : work(data as boolean)))
