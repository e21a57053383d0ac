import {
  crossEntropy,
  type Labelled,
  type MlpParams,
  mlp as model,
  randomWords,
  uniformWeights,
} from '@wengert/nn'
import { createScheduler, type Scheduler } from '@wengert/scheduler'
import { BudgetError, fromData } from '@wengert/tape'
import { alternately, column, median } from './measure.js'
import type { BenchRow, SuiteOptions } from './row.js'

/** A gradient of a multilayer perceptron. */
export interface MlpRow extends BenchRow {
  readonly batch: number
  readonly rowsPerSecond: number
  /** Median over rounds of the time with one worker by this time, in the same round; without a budget. */
  readonly speedup: number
  /** Share of FLOP that computed again what had been dropped. */
  readonly recomputedShare: number
}

const RUNS = 15
const SIZES = [784, 256, 256, 10]
const BATCHES = [128, 1024, 8192]
const WARM_UP = 3

/** One gradient of the 784-256-256-10 perceptron: with 1 and 2 workers, and with 2 in the least memory. */
export async function mlp({ runs = RUNS, signal, onCase }: SuiteOptions = {}): Promise<readonly MlpRow[]> {
  const rows: MlpRow[] = []
  for (const batch of BATCHES) {
    onCase?.(`batch ${batch}`)
    const data = dataOf(batch)
    const least = await leastBytes(2, data)
    const cases = [
      { name: 'ample', workers: 1, budgetBytes: null },
      { name: 'ample', workers: 2, budgetBytes: null },
      { name: 'least', workers: 2, budgetBytes: least },
    ]
    const schedulers = await Promise.all(cases.map(one => open(one.workers, one.budgetBytes)))
    try {
      const shares: number[] = []
      const works = schedulers.map((scheduler, k) => async () => {
        const { stats } = await scheduler.valueAndGrad(params, data)
        shares[k] = stats.recomputedShare
      })
      await alternately(works, WARM_UP, signal)
      const rounds = await alternately(works, runs, signal)
      const one = column(rounds, 0)
      for (const [k, { name, workers, budgetBytes }] of cases.entries()) {
        const times = column(rounds, k)
        const medianMs = median(times)
        rows.push({
          case: `batch ${batch} ${name}`,
          engine: 'wengert',
          workers,
          budgetBytes,
          peakBytes: schedulers[k]?.memory.peakBytes ?? 0,
          medianMs,
          runs,
          batch,
          rowsPerSecond: (1000 * batch) / medianMs,
          speedup: median(times.map((time, round) => (one[round] as number) / time)),
          recomputedShare: shares[k] ?? 0,
        })
      }
    } finally {
      await Promise.all(schedulers.map(scheduler => scheduler.close()))
    }
  }
  return rows
}

const { init, apply } = model({ sizes: SIZES })
const params = init(7)
const loss = (p: MlpParams, { x, y }: Labelled) => crossEntropy(apply(p, x), y)

const open = (workers: number, budgetBytes: number | null): Promise<Scheduler<MlpParams, Labelled>> =>
  createScheduler(loss, { workers, ...(budgetBytes === null ? {} : { memory: budgetBytes }) })

/** Rows of random numbers with random labels. */
function dataOf(rows: number): Labelled {
  const labels = Int32Array.from(randomWords(rows, { seed: 1 }), word => word % 10)
  return {
    x: uniformWeights([rows, 784], 1, { seed: 2 }),
    y: fromData({ dtype: 'i32', shape: [rows] }, labels),
  }
}

/** The fewest bytes in which the gradient is possible, from the error about having none. */
async function leastBytes(workers: number, data: Labelled): Promise<number> {
  const scheduler = await open(workers, 1)
  try {
    await scheduler.valueAndGrad(params, data)
    return 1
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  } finally {
    await scheduler.close()
  }
}
