import { availableParallelism } from 'node:os'
import { type Engine, type GivenArray, type GivenTask, serve } from '../engine/index.js'
import { WebWorker } from './web-worker.js'

// What the library finds of these when it is loaded decides whether it uses threads.
const threads = process.argv.includes('--threads')
if (threads) {
  Object.assign(globalThis, { Worker: WebWorker })
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: availableParallelism() } })
}
const { init, jit, numpy: np, valueAndGrad } = await import('@jax-js/jax')
const { tasks } = await import('./jax-js-tasks.js')

const DTYPES = { f32: np.float32, f64: np.float64, i32: np.int32, bool: np.bool } as const

/** Images lie channels first here, and filters with their outputs first. */
function layout(kind: string, name: string, { shape, data }: GivenArray) {
  const numbers = np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] })
  if (shape.length !== 4 || !['cnn', 'convolution'].includes(kind)) return numbers
  return numbers.transpose(name.startsWith('w') ? [3, 2, 0, 1] : [0, 3, 1, 2])
}

/** jax-js, compiled; in one thread, or with `--threads` in one for each core. */
const engine: Engine = {
  async prepare({ kind, settings, arrays, by }: GivenTask) {
    await init('wasm')
    const task = tasks[kind]
    if (!task) throw new Error(`jax-js has no task ${kind}`)
    const placed = await Promise.all(
      Object.entries(arrays).map(async ([name, given]) => {
        const array = layout(kind, name, given).astype(DTYPES[given.dtype])
        await array.blockUntilReady()
        return [name, array] as const
      }),
    )
    type Arrays = Record<string, (typeof placed)[0][1]>
    const part = (wanted: boolean): Arrays =>
      Object.fromEntries(placed.filter(([name]) => by.includes(name) === wanted))
    const [chosen, rest] = [part(true), part(false)]
    const f = (one: Arrays, other: Arrays) => task({ ...one, ...other }, settings)
    const value = jit(f)
    const gradient = jit(valueAndGrad(f))
    const shared = (tree: Arrays) =>
      Object.fromEntries(Object.entries(tree).map(([name, x]) => [name, x.ref]))
    const results = () => {
      if (by.length === 0) return [value(shared(chosen), shared(rest))]
      const [loss, gradients] = gradient(shared(chosen), shared(rest))
      return [loss, ...by.map(name => gradients[name] as typeof loss)]
    }
    const run = async () => {
      const all = results()
      return threads ? Promise.all(all.map(one => one.data())) : all.map(one => one.dataSync())
    }
    return { results: (await run()) as Float32Array[], step: run }
  },
}

await serve(engine)
