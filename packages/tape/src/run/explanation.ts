import type { Aval } from '../program/index.js'

/**
 * How a program runs within its bytes: what is kept, what is dropped and run again, and what that costs. Plain data.
 *
 * Costs are in FLOP equivalents: FLOP, those of slow functions by what they take, and one for each byte that is read or written,
 * as {@link costOf} counts them. They compare plans of one program and are no time: as many take scalars up to a hundred times as
 * long as products of matrices.
 */
export interface Explanation {
  /** The budget in bytes; left out where there is none. */
  readonly budgetBytes?: number
  /** Bytes of arena it needs, call records included. */
  readonly peakBytes: number
  /** Bytes of the call records among them. */
  readonly recordBytes: number
  /** Running everything once, in FLOP equivalents, not in time. */
  readonly cost: number
  /** What is run again or moved, in FLOP equivalents: the sum over all values, and {@link Totals.moveCost}. */
  readonly extraCost: number
  /**
   * FLOP equivalents without a budget, where another program may be planned: its loops keep other states, and its kernels are fused
   * in other ways. What loops and calls compute again inside is in {@link Explanation.cost} alone, so the price of the budget is
   * `(cost + extraCost) / ampleCost`, also where nothing is run again.
   */
  readonly ampleCost: number
  /** Every value that has bytes of its own; those that are other shapes of one another share them. */
  readonly values: readonly ExplainedValue[]
  /** The loops, also those inside of instructions. */
  readonly loops: readonly ExplainedLoop[]
  /** The derivatives of checkpointed functions that compute some of their insides again, also those inside of instructions. */
  readonly checkpoints: readonly ExplainedCheckpoint[]
  /** What happens, one action after the other. */
  readonly timeline: readonly Moment[]
  readonly totals: Totals
}

/** A value, and what becomes of it. */
export interface ExplainedValue {
  /** Its number in the program that is run. */
  readonly value: number
  /** The op that computes it; `'input'` or `'constant'`. */
  readonly op: string
  readonly aval: Aval
  /** The name that `named` gave. */
  readonly name?: string
  /** The line of the user's code that it comes from, or that what it is the derivative of comes from. */
  readonly at?: string
  /** Bytes of its place in the arena. */
  readonly bytes: number
  /** Bytes that computing it needs beside. Where an instruction has several results, the first has these and the costs. */
  readonly scratchBytes: number
  /** FLOP equivalents of computing it once. */
  readonly cost: number
  readonly fate: Fate
  /** How often it is computed again. */
  readonly reruns: number
  /** FLOP equivalents of that. */
  readonly extraCost: number
}

/**
 * What becomes of a value: it is kept from its first run to its last use; dropped and run again; or brief, because nothing
 * reads it after its first use.
 */
export type Fate = 'kept' | 'rerun' | 'brief'

/** A loop, and how its states are kept for its pullback. */
export interface ExplainedLoop {
  /** A loop of known length, one that its condition ends, or one that goes back over the states of another. */
  readonly op: 'scan' | 'revolve' | 'while' | 'unwind' | 'rewind'
  readonly at?: string
  /** Inside of how many instructions it is. */
  readonly depth: number
  /** Steps; left out where only the condition knows. */
  readonly length?: number
  /** Bytes of one state. */
  readonly stateBytes: number
  /**
   * Number of states that are kept at once; of a `revolve`, those beside the ones it was given; of a `rewind`, and at most of
   * the `while` before it, those beside the first state and records.
   */
  readonly keptStates: number
  /** States of every so many steps are kept; 1 for all, left out for none. */
  readonly every?: number
  /** Whether the states of every so many steps are in a store and not in memory. */
  readonly spilled?: true
  /**
   * Bytes of what its steps leave beside states, one row for each: what the function returns of them, and residuals, which its
   * pullback reads. They are among {@link Explanation.values}; left out where there are none.
   */
  readonly rowBytes?: number
}

/** A derivative of a checkpointed function. What it computes again is in {@link Explanation.cost}, since it is so whatever the budget. */
export interface ExplainedCheckpoint {
  /** Where the function was called. */
  readonly at?: string
  /** Inside of how many instructions it is. */
  readonly depth: number
  /** Instructions of the function that it computes again. */
  readonly repeated: number
  /** FLOP equivalents of all that it computes. */
  readonly cost: number
}

/** An action. */
export interface Moment {
  readonly action: number
  readonly kind: 'run' | 'rerun' | 'drop' | 'move'
  /** The value that is computed, the first one of several, or dropped or moved: its place among the values. */
  readonly value: number
  /** Bytes of all values that are there after it. */
  readonly liveBytes: number
  /** End of the highest byte that is in use during it, scratch included. */
  readonly arenaBytes: number
}

/** Bytes of values by their fate, and numbers of actions. */
export interface Totals {
  readonly keptBytes: number
  readonly rerunBytes: number
  readonly briefBytes: number
  readonly runs: number
  readonly reruns: number
  readonly drops: number
  readonly moves: number
  /** Bytes that are moved to where they leave room, and what that costs in FLOP equivalents. */
  readonly movedBytes: number
  readonly moveCost: number
}
