/** What was measured of one engine in one case. */
export interface BenchRow {
  readonly suite: string
  readonly case: string
  /** `wengert`, or the name of a peer. */
  readonly engine: string
  /** How the engine was used: workers, threads, a budget. */
  readonly variant: string
  /** Median over the rounds, of one step; null if it failed. */
  readonly ms: number | null
  /** First and third quartile of the rounds. */
  readonly quartilesMs?: readonly [number, number]
  /** Whether each round is a new process, and its time that to the first result. */
  readonly cold?: true
  /** Rounds that were measured: fewer than asked for where a step is long. */
  readonly runs: number
  /** Median over rounds of this time by that of the case's first row, in the same round. */
  readonly ratio: number | null
  /** From recording to the first result. */
  readonly firstMs?: number
  readonly nsPerElement?: number
  readonly nsPerOperation?: number
  readonly gflops?: number
  /** Median over rounds of the rate by that of a loop on registers alone, in the same round. */
  readonly ratioToPeak?: number
  /** Median over rounds of the rate by that of a matrix product of 512, in the same round. */
  readonly ratioToMatmul?: number
  /** Median over rounds of the bytes a ms, each read or written once, by those that a copy moves, in the same round. */
  readonly ratioToCopy?: number
  /** Most bytes of the arenas. */
  readonly arenaBytes?: number
  /** The cap on them; null for none. */
  readonly budgetBytes?: number | null
  /** Share of FLOP that computed again what had been dropped. */
  readonly recomputedShare?: number
  /** Most bytes of the process that were resident at a time. */
  readonly peakResidentBytes?: number
  /** Why there is no figure, or none to trust. */
  readonly failed?: string
}

/** How far a case is. */
export interface BenchProgress {
  /** What engines do: start and compute their first results, warm up, or are measured. */
  readonly phase: 'start' | 'warm up' | 'measure'
  /** The one whose turn it is, as {@link BenchRow} has it. */
  readonly engine: string
  readonly variant: string
  /** What is done of this phase: engines, or rounds of all engines together. */
  readonly done: number
  readonly of: number
}

/** How a suite is run. */
export interface SuiteOptions {
  /** Rounds of each case. Default 9. */
  readonly runs?: number
  /** Whether other engines take part. Default false. */
  readonly peers?: boolean
  /** Only cases whose name has this in it, as whole words or numbers. */
  readonly only?: string
  readonly signal?: AbortSignal
  /** Called before each case. */
  onCase?(name: string): void
  /** Called before each engine starts or warms up, and before each round. */
  onProgress?(progress: BenchProgress): void
  /** Called with the rows of each case that is finished. */
  onRows?(rows: readonly BenchRow[]): void
  /** Called with what the reader should know, such as peers that are not there. */
  onNote?(text: string): void
}
