import {
  type ClosedFacts,
  type Command,
  EngineError,
  type EngineFacts,
  EngineProcess,
  type PreparedFacts,
  type RoundFacts,
  type SentTask,
} from '../engine/index.js'

/** Who takes part in a contest, and how. */
export interface Entry {
  readonly engine: string
  readonly variant: string
  readonly command: Command
  readonly task: SentTask
  readonly tolerance: number
  readonly options: unknown
}

/** How long things may take. */
interface Limits {
  /** Until the first result, with recording and compiling. */
  readonly firstMs: number
  /** One round. */
  readonly roundMs: number
  /** All rounds of a contestant together; it has at least one. */
  readonly allMs: number
}

/** Limits that let a run end, and the slowest peers take part. */
const LIMITS: Limits = { firstMs: 120_000, roundMs: 120_000, allMs: 30_000 }

const WARM_UP_ROUNDS = 3
const WARM_UP_MS = 100
/** A longer step needs no more warming up. */
const LONG_MS = 3000
/** A step is repeated until a round takes about so long. */
const ROUND_MS = 20
const MOST_REPEATS = 1_000_000

/** An engine that takes part. Once it has failed it does nothing more. */
export class Contestant {
  readonly entry: Entry
  readonly #signal: AbortSignal | undefined
  #process: EngineProcess | undefined
  #repeats = 1
  firstMs: number | undefined
  outputs: PreparedFacts['outputs'] = {}
  facts: EngineFacts & Partial<ClosedFacts> = {}
  failed: string | undefined
  rounds = 0

  constructor(entry: Entry, signal?: AbortSignal) {
    this.entry = entry
    this.#signal = signal
  }

  /** Starts a process and lets it do the task for the first time. */
  async prepare(): Promise<number | undefined> {
    return this.#unless(async () => {
      this.#process = new EngineProcess(this.entry.command, this.#signal)
      const { task, options } = this.entry
      const request = { ask: 'prepare', task, options } as const
      const { firstMs, outputs, ...facts } = await this.#process.ask<PreparedFacts>(request, LIMITS.firstMs)
      this.firstMs = firstMs
      this.outputs = outputs
      this.facts = facts
      return firstMs
    })
  }

  /** Runs until the optimised code is there, and finds out how often a step is repeated and how many rounds there are. */
  async warmUp(runs: number): Promise<void> {
    let spentMs = 0
    for (let k = 0; k < WARM_UP_ROUNDS || spentMs < WARM_UP_MS; k++) {
      const ms = (await this.round())?.ms
      if (ms === undefined) return
      spentMs += ms * this.#repeats
      this.#repeats = Math.min(MOST_REPEATS, Math.max(1, Math.round(ROUND_MS / ms)))
      this.rounds = Math.max(1, Math.min(runs, Math.floor(LIMITS.allMs / (ms * this.#repeats))))
      if (ms > LONG_MS) return
    }
  }

  /** One round. */
  round(): Promise<RoundFacts | undefined> {
    const request = { ask: 'round', repeats: this.#repeats } as const
    return this.#unless(() => (this.#process as EngineProcess).ask<RoundFacts>(request, LIMITS.roundMs))
  }

  /** Ends the process, with what it used in all. */
  async close(): Promise<void> {
    await this.#unless(async () => {
      const facts = await this.#process?.ask<ClosedFacts>({ ask: 'close' }, LIMITS.roundMs)
      this.facts = { ...this.facts, ...facts }
    })
    await this.kill()
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#process = undefined
  }

  /** Does something, unless this failed before or fails now. */
  async #unless<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.failed !== undefined) return undefined
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      this.failed = error.parts.summary
      return undefined
    }
  }
}
