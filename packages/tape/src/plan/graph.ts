/**
 * What the planner sees of a program: storages with byte sizes and steps with costs. It knows no op, no dtype
 * and no kernel, so any graph can be planned, simulated and fuzzed.
 */
export interface Graph {
  /** Bytes of each storage, indexed by storage id; each a multiple of 16. */
  readonly bytes: readonly number[]
  /** Storages that hold a value before the first action. */
  readonly inputs: readonly GraphInput[]
  /** Steps in an order in which they can run; each storage is produced by one step or is an input. */
  readonly steps: readonly Step[]
  /** Storages that must hold their values after the last action (they may be inputs, and may repeat). */
  readonly outputs: readonly number[]
  /** What it takes to move a resident storage to another offset. Default: storages stay where they were written. */
  readonly move?: Moving | undefined
}

/** What a move takes. */
export interface Moving {
  /** FLOP equivalents for each byte that is moved. */
  readonly costPerByte: number
  /** Bytes that the list of runs grows by with each move. */
  readonly recordBytes: number
}

/** A storage that is filled by the caller. */
export interface GraphInput {
  readonly storage: number
  /** Pinned inputs (parameters, constants) stay for every execution; others may be dropped after their last use. */
  readonly pinned: boolean
}

/** One kernel call. */
export interface Step {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Bytes the step needs for itself while it runs. */
  readonly scratchBytes: number
  /** Cost of running the step once, in FLOP equivalents. */
  readonly cost: number
  /** Bytes that the list of runs grows by with each run of the step. Default 0. */
  readonly recordBytes?: number
}

/** Every offset and every size in a plan is a multiple of this many bytes. */
export const ALIGNMENT = 16

/** What a machine with an arena does next. */
export type Action =
  | {
      readonly kind: 'run'
      readonly step: number
      readonly offsets: readonly number[]
      readonly scratchOffset: number
    }
  | { readonly kind: 'drop'; readonly storage: number }
  /** Brings a resident storage to another offset; both ranges may overlap. */
  | { readonly kind: 'move'; readonly storage: number; readonly offset: number }

/** A way to run a graph within a number of bytes. Offsets count from the start of the planned region. */
export interface Plan {
  /** Offset of each of {@link Graph.inputs}, in their order. */
  readonly inputOffsets: readonly number[]
  /** `offsets[k]` of a run is where the step's k-th output goes; `scratchOffset` is −1 when it needs none. */
  readonly actions: readonly Action[]
  /** Highest byte in use at any moment, fragmentation included: the size of arena the plan needs. */
  readonly peakBytes: number
  /** Bytes of the list of runs and moves, which is needed beside the arena's planned region and counts in the budget. */
  readonly recordBytes: number
  /** Σ cost over the steps, each once. */
  readonly cost: number
  /** Σ cost of what is run again or moved. */
  readonly extraCost: number
  /** Σ bytes of what is moved, so that fragments do not keep a plan from its live bytes. */
  readonly movedBytes: number
  /**
   * No plan within the same budget has a lower extra cost; of graphs of more than 800 steps, none that first runs them in the graph's
   * order. 0 if nothing is known.
   */
  readonly leastExtraCost: number
}
