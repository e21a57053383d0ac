import type { Aval } from '../program/index.js'

/** A value at its place in an arena. */
export interface Slot {
  readonly aval: Aval
  /** Byte address in the arena. */
  readonly offset: number
}

/** Bytes that are written into the arena before the first run. */
export interface Static {
  readonly offset: number
  readonly data: Uint8Array<ArrayBuffer>
}

/**
 * A program, planned and compiled: one WebAssembly module of exactly its kernels, and the calls to run. It is
 * plain data and survives structured cloning, so a lane receives it as it is.
 */
export interface Executable {
  /** Equal for equal programs with equal plans. */
  readonly hash: string
  readonly module: WebAssembly.Module
  /** Whether the module's memory is shared. */
  readonly shared: boolean
  /** Call records and constants. */
  readonly statics: readonly Static[]
  /** Addresses of the first call record and of the end of the last. */
  readonly calls: { readonly begin: number; readonly end: number }
  readonly inputs: readonly (Slot & {
    /** Pinned inputs keep their bytes from run to run; others are overwritten and must be written before each run. */
    readonly pinned: boolean
  })[]
  readonly outputs: readonly Slot[]
  /** Bytes of arena it needs, statics included: its peak. */
  readonly peakBytes: number
  /** Bytes of a store in which its loops keep states; 0 if they keep none there. */
  readonly spilledBytes: number
  /** What a run costs where everything runs once, in FLOP equivalents, not in time. */
  readonly cost: number
  /** What it costs besides to compute again what was dropped, or to move it, in FLOP equivalents. */
  readonly extraCost: number
}
