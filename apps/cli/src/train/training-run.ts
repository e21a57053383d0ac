import {
  accuracy,
  crossEntropy,
  hits,
  type Labelled,
  type Model,
  PIECES_BYTES,
  type PiecewiseOptimiser,
} from '@wengert/nn'
import { createScheduler, type Scheduler } from '@wengert/scheduler'
import type { Tensor } from '@wengert/tape'
import type { Dataset } from '../dataset/index.js'
import type { Params } from './model.js'
import { optimiserOf } from './optimiser.js'
import type { TrainSettings } from './settings.js'

/** A model and a dataset on lanes, under one budget. */
export class TrainingRun {
  readonly optimiser: PiecewiseOptimiser
  readonly #scheduler: Scheduler<Params, Labelled>
  readonly #batch: Labelled
  readonly #hits: (params: Params, batch: Labelled) => Tensor

  private constructor(
    scheduler: Scheduler<Params, Labelled>,
    optimiser: PiecewiseOptimiser,
    model: Model<Params>,
    { x, y }: Dataset,
  ) {
    this.#scheduler = scheduler
    this.optimiser = optimiser
    this.#batch = { x, y }
    this.#hits = (params, batch) => hits(model.apply(params, batch.x), batch.y)
  }

  /** Starts the workers. */
  static async open(
    settings: TrainSettings,
    memoryBytes: number,
    model: Model<Params>,
    data: Dataset,
  ): Promise<TrainingRun> {
    const { workers, arithmetic } = settings
    const scheduler = await createScheduler(
      (params: Params, batch: Labelled) => crossEntropy(model.apply(params, batch.x), batch.y),
      // The optimiser has its share of the budget; lanes and reduction have the rest. A budget below it is refused by the first call, which knows how much it takes.
      { workers, arithmetic, memory: Math.max(1, memoryBytes - PIECES_BYTES) },
    )
    return new TrainingRun(scheduler, optimiserOf(settings), model, data)
  }

  /** Bytes of all arenas, as measured: the most the scheduler took at a time and the optimiser's. */
  get peakBytes(): number {
    return this.#scheduler.memory.peakBytes + this.optimiser.peakBytes
  }

  /** Mean loss over rows of the dataset, and its gradient. */
  async gradient(params: Params, rows: Int32Array, signal: AbortSignal) {
    const { value, gradient } = await this.#scheduler.valueAndGrad(params, this.#batch, { rows, signal })
    return { value, gradient: gradient as Params }
  }

  /** Share of rows that the model labels rightly. */
  async accuracy(params: Params, rows: Int32Array, signal: AbortSignal): Promise<number> {
    return accuracy(await this.#scheduler.map(this.#hits, params, this.#batch, { rows, signal }))
  }

  /** Ends the workers. */
  close(): Promise<void> {
    return this.#scheduler.close()
  }
}
