/** What was measured of one case. Suites add figures of their own. */
export interface BenchRow {
  readonly case: string
  readonly engine: 'wengert'
  /** Worker threads; 0 if the main thread computed. */
  readonly workers: number
  /** The cap on memory, or null for none. */
  readonly budgetBytes: number | null
  /** Bytes of all arenas, as measured. */
  readonly peakBytes: number
  readonly medianMs: number
  readonly runs: number
}

/** How a suite is run. */
export interface SuiteOptions {
  /** Measurements of each case. */
  readonly runs?: number
  readonly signal?: AbortSignal
  /** Called before each case. */
  onCase?(name: string): void
}
