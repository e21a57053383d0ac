import type { DType } from '@wengert/tape'
import type { Settings } from './task.js'

/** An array on its way to an engine: its numbers lie in a file, in the byte order of the host. */
export interface SentArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly path: string
}

/** A task on its way to an engine. */
export interface SentTask {
  readonly kind: string
  readonly settings: Settings
  readonly arrays: Readonly<Record<string, SentArray>>
  readonly by: readonly string[]
  readonly rows: readonly string[]
}

/** What is asked of an engine: a line of JSON on its standard input. */
export type Request =
  | { readonly ask: 'prepare'; readonly task: SentTask; readonly options: unknown }
  | { readonly ask: 'round'; readonly repeats: number }
  | { readonly ask: 'close' }

/** What is known of an engine besides times, where it has such. */
export interface EngineFacts {
  /** Most bytes of the arenas. */
  readonly arenaBytes?: number
  /** The cap on them, or null for none. */
  readonly budgetBytes?: number | null
  /** Share of FLOP that computed again what had been dropped. */
  readonly recomputedShare?: number
}

/** What an engine says of a task it has prepared. */
export interface PreparedFacts extends EngineFacts {
  /** From recording to the first result. */
  readonly firstMs: number
  /** The value of a loss, and Euclidean norms of all else: the result of a value, a gradient by each name. */
  readonly outputs: Readonly<Record<string, number>>
}

/** What an engine measured in a round. */
export interface RoundFacts {
  /** Of one of the repetitions. */
  readonly ms: number
  /** GFLOP/s, or GB/s, of a yardstick that ran before and after. */
  readonly yardstick?: number
}

/** What an engine used in all. */
export interface ClosedFacts extends EngineFacts {
  /** Most bytes of the process that were resident at a time. */
  readonly peakResidentBytes: number
}

/** What an engine answers: a line of JSON on its standard output. */
export type Answer<T> = { readonly ok: T } | { readonly failed: string }
