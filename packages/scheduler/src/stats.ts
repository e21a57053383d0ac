import type { Executable } from '@wengert/tape'
import type { Engine } from './engine.js'
import type { Shard } from './shard.js'

/** How far a call is. */
export interface Progress {
  readonly shardsDone: number
  readonly shards: number
  /** Rows that are done. */
  readonly rows: number
}

/** Called after each shard. */
export type ProgressListener = (progress: Progress) => void

/** What a call took. */
export interface Stats {
  readonly rows: number
  readonly shards: number
  /** Rows of every shard but perhaps the last. */
  readonly rowsPerShard: number
  /** Worker threads; 0 if this thread computed. */
  readonly workers: number
  /** How often a shard ran again because a worker died. */
  readonly retries: number
  readonly durationMs: number
  /** Most bytes of arenas and parcels during the call, as measured. */
  readonly peakBytes: number
  /** Share of all FLOP that computed again what had been dropped to save memory, steps of loops included, from 0 to 1. */
  readonly recomputedShare: number
  /** Most bytes of states that a lane may have had in its store; 0 if everything was kept in memory or computed again. */
  readonly spilledBytes: number
}

/** Counts what a call takes while it runs. */
export class Tally {
  readonly #engine: Engine
  readonly #rows: number
  readonly #listener: ProgressListener | undefined
  readonly #startMs = performance.now()
  #shards: readonly Shard[] = []
  #recomputedShare = 0
  #spilledBytes = 0
  #shardsDone = 0
  #rowsDone = 0
  #peakBytes = 0

  constructor(engine: Engine, rows: number, listener: ProgressListener | undefined) {
    this.#engine = engine
    this.#rows = rows
    this.#listener = listener
  }

  /**
   * Notes what is going to run.
   *
   * @param ampleCostOf FLOP of so many rows where memory is ample.
   */
  begin(
    shards: readonly Shard[],
    executables: ReadonlyMap<number, Executable>,
    ampleCostOf: (rows: number) => number,
  ): void {
    this.#shards = shards
    let flop = 0
    let ampleFlop = 0
    for (const { rows } of shards) {
      const { cost, extraCost, spilledBytes } = executables.get(rows) as Executable
      flop += cost + extraCost
      ampleFlop += Math.min(cost + extraCost, ampleCostOf(rows))
      this.#spilledBytes = Math.max(this.#spilledBytes, spilledBytes)
    }
    this.#recomputedShare = flop === 0 ? 0 : 1 - ampleFlop / flop
  }

  /** Notes a shard that is done. */
  count({ rows }: Shard): void {
    this.#shardsDone++
    this.#rowsDone += rows
    this.#peakBytes = Math.max(this.#peakBytes, this.#engine.measure())
    this.#listener?.({ shardsDone: this.#shardsDone, shards: this.#shards.length, rows: this.#rowsDone })
  }

  /** What the call took until now. */
  stats(retries: number): Stats {
    return {
      rows: this.#rows,
      shards: this.#shards.length,
      rowsPerShard: (this.#shards[0] as Shard).rows,
      workers: this.#engine.workers,
      retries,
      durationMs: performance.now() - this.#startMs,
      peakBytes: this.#peakBytes,
      recomputedShare: this.#recomputedShare,
      spilledBytes: this.#spilledBytes,
    }
  }
}
