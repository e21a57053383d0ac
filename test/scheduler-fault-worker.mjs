// A lane's worker in which a fault happens at a chosen shard. control: [shards until the fault, kind, how often].
import { parentPort, workerData } from 'node:worker_threads'

const control = new Int32Array(workerData)

const faults = {
  1: () => process.exit(3),
  2: () => {
    throw new RangeError('thrown in a worker')
  },
  3: () => {
    const hoard = []
    for (;;) hoard.push(new Array(1e5).fill(hoard.length))
  },
  4: () => {
    for (;;);
  },
  // The worker loads another executable than it was sent, and so throws at its next run.
  5: message => {
    message.argumentList[0].value = 'unknown'
  },
}

function intrude(message) {
  if (!['run', 'compute'].includes(message.path?.at(-1))) return
  if (Atomics.load(control, 2) <= 0 || Atomics.sub(control, 0, 1) > 1) return
  Atomics.sub(control, 2, 1)
  faults[Atomics.load(control, 1)](message)
}

// Messages wait for the first listener, so the fault comes before the service without a listener of its own.
const on = parentPort.on.bind(parentPort)
parentPort.on = (type, listener) => {
  const first = message => {
    intrude(message)
    listener(message)
  }
  return on(type, type === 'message' ? first : listener)
}

await import(new URL('./worker.node.js', import.meta.resolve('@wengert/scheduler')))
