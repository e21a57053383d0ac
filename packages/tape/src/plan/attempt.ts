/** Schedules with and without their placement, and which is better. */
import type { GraphIndex } from './graph-index.js'
import type { MovingPlacement } from './move.js'
import type { Placement } from './place.js'
import type { Residency } from './residency.js'

/** A schedule with its placement. */
export interface Attempt {
  readonly residency: Residency
  readonly placement: Placement & Partial<MovingPlacement>
  readonly extraCost: number
  /** Bytes of the list of its runs and moves. */
  readonly recordBytes: number
  /** The fewest bytes for which this attempt counts: its peak and the list of its runs, or more. */
  readonly needsBytes: number
}

/** A schedule made shorter. */
export interface Shorter {
  readonly residency: Residency
  readonly extraCost: number
}

/** The best of an attempt and of those others that fit a budget. */
export function bestOf(
  known: Attempt | undefined,
  attempts: readonly Attempt[],
  budgetBytes: number,
): Attempt | undefined {
  let best = known
  for (const attempt of attempts) {
    if (attempt.needsBytes <= budgetBytes && (!best || isBetter(attempt, best))) best = attempt
  }
  return best
}

/** Whether attempts at a schedule can be better than one that is known. */
export function mayBeat({ extraCost, residency }: Shorter, best: Attempt): boolean {
  if (extraCost !== best.extraCost) return extraCost < best.extraCost
  return residency.peakLiveBytes < best.placement.peakBytes
}

/** Cheaper, or as cheap with a lower peak. */
function isBetter(a: Attempt, b: Attempt): boolean {
  if (a.extraCost !== b.extraCost) return a.extraCost < b.extraCost
  return a.placement.peakBytes < b.placement.peakBytes
}

/** Bytes of the records of some runs. */
export function recordBytesOf({ graph }: GraphIndex, runs: Int32Array): number {
  return runs.reduce((bytes, step) => bytes + (graph.steps[step]?.recordBytes ?? 0), 0)
}
