import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import {
  accuracy,
  cnn,
  crossEntropy,
  digits,
  hits,
  inPieces,
  type Labelled,
  type Model,
  mlp,
  PIECES_BYTES,
  parameterBytes,
  sgd,
  splitDigits,
  train,
} from '@wengert/nn'
import { createScheduler } from '@wengert/scheduler'
import { BudgetError, formatByteSize, type Tensor, type Tree } from '@wengert/tape'
import type { Facts, Options } from './view.js'

type Params = Tree<Tensor>

/** Trains as `wengert train` does with the same options, and reports on the way. */
export async function trainDigits(
  images: readonly Float32Array[],
  { model: name, workers, memory, epochs, batch, seed }: Options,
  signal: AbortSignal,
  report: (facts: Facts) => void,
): Promise<void> {
  const data = digits(images)
  const rows = splitDigits(data)
  const model = (name === 'mlp' ? mlp({ sizes: [784, 256, 256, 10] }) : cnn()) as Model<Params>
  const loss = (params: Params, { x, y }: Labelled) => crossEntropy(model.apply(params, x), y)
  const right = (params: Params, { x, y }: Labelled) => hits(model.apply(params, x), y)
  await using scheduler = await createScheduler(loss, {
    workers,
    // The optimiser has its share of the budget, as in the command line; lanes and reduction have the rest.
    memory: Math.max(1, memory - PIECES_BYTES),
  })
  const optimiser = inPieces(sgd({ momentum: 0.95 }), { memory: PIECES_BYTES })
  let retries = 0
  const facts = (): Facts => {
    const peakBytes = scheduler.memory.peakBytes + optimiser.peakBytes
    const way = globalThis.crossOriginIsolated ? '' : ', transferring'
    const again = retries === 0 ? '' : `, ${retries} ${retries === 1 ? 'shard' : 'shards'} run again`
    return {
      workers: `${scheduler.workers}${way}${again}`,
      memory: {
        budget: formatByteSize(memory),
        peak: formatByteSize(peakBytes),
        share: peakBytes / memory,
      },
    }
  }
  const stepsPerEpoch = Math.ceil(rows.train.length / batch)
  const allSteps = epochs * stepsPerEpoch
  report({ ...facts(), steps: [0, allSteps] })

  const gradient = async (params: Params, chosen: Int32Array) => {
    const { value, gradient, stats } = await scheduler.valueAndGrad(params, data, { rows: chosen, signal })
    retries += stats.retries
    return { value, gradient: gradient as Params }
  }
  let [done, seconds, resumed] = [0, 0, performance.now()]
  const events = train<Params>({
    params: model.init(seed),
    ...{ rows: rows.train, batch, epochs, seed, optimiser },
    gradient: (params, chosen) => gradient(params, chosen).catch(error => refuse(error, memory)),
    async evaluate(params) {
      seconds += (performance.now() - resumed) / 1000
      const found = await scheduler.map(right, params, data, { rows: rows.test, signal })
      resumed = performance.now()
      return accuracy(found)
    },
  })
  for await (const event of events) {
    signal.throwIfAborted()
    if (event.kind === 'step') {
      done += event.rows
      const rowsPerSecond = done / (seconds + (performance.now() - resumed) / 1000)
      const step = (event.epoch - 1) * stepsPerEpoch + event.step
      report({ ...facts(), steps: [step, allSteps], loss: event.loss, rowsPerSecond })
    } else {
      const { loss, score = 0, params } = event
      report({
        ...facts(),
        loss,
        accuracy: score,
        fingerprint: fingerprint(params),
      })
    }
  }
}

/** Says of the whole budget what the scheduler says of its share. */
function refuse(error: unknown, budgetBytes: number): never {
  if (!(error instanceof BudgetError)) throw error
  const leastBytes = error.leastBytes + PIECES_BYTES
  throw new BudgetError({
    summary: `A budget of ${formatByteSize(budgetBytes)} is too small for this training.`,
    expected: `at least ${leastBytes / 2 ** 20} MiB`,
    // The line would be one of this program.
    at: error.parts.at?.replace(/, recorded at .*/, ''),
    fix: 'raise the budget, or lower the number of workers: each has an arena of its own',
    budgetBytes,
    leastBytes,
  })
}

/** SHA-256 of all parameters; the browser's own is missing from pages that came by plain http. */
const fingerprint = (params: Params): string => bytesToHex(sha256(parameterBytes(params)))
