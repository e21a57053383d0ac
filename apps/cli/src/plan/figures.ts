import { type Graph, lowerBoundBytes, type Plan } from '@wengert/tape'
import type { SubjectPlan } from './subject.js'

/** Bytes that a plan needs: its arena with the list of its runs. */
export const needsBytes = ({ peakBytes, recordBytes }: Plan): number => peakBytes + recordBytes

/** Cost of all runs of a plan. */
export const costOf = ({ cost, extraCost }: Plan): number => cost + extraCost

/** What a plan needs and costs. */
export interface Figures {
  /** Bytes it needs, the list of its runs included. */
  readonly peakBytes: number
  /** Cost of everything once, in FLOP equivalents. */
  readonly cost: number
  /** Cost of what is run again or moved, in the same unit. */
  readonly extraCost: number
  /** {@link Figures.extraCost} in percent of {@link Figures.cost}. */
  readonly extraCostPercent: number
  /** Share of the whole cost that computes again what had been dropped, from 0 to 1. */
  readonly recomputedShare: number
  /** Steps that run, those that run again included. */
  readonly runs: number
  readonly reruns: number
  /** Bytes of values that are moved so that fragments do not count; their cost is part of the extra cost. */
  readonly movedBytes: number
  /** Bytes of states that loops keep in a store, beside the others; writing and reading them is part of the extra cost. */
  readonly spilledBytes: number
}

/**
 * The figures of a plan beside that which keeps everything: a loop that is rewritten to go back from snapshots costs more
 * without any step of the graph running again.
 */
export function figuresOf({ graph, plan, spilledBytes = 0 }: SubjectPlan, keptCost: number): Figures {
  const total = costOf(plan)
  const extraCost = total - keptCost
  const runs = plan.actions.reduce((count, { kind }) => count + (kind === 'run' ? 1 : 0), 0)
  return {
    peakBytes: needsBytes(plan),
    cost: keptCost,
    extraCost,
    extraCostPercent: keptCost === 0 ? 0 : (100 * extraCost) / keptCost,
    recomputedShare: total === 0 ? 0 : extraCost / total,
    runs,
    reruns: runs - graph.steps.length,
    movedBytes: plan.movedBytes,
    spilledBytes,
  }
}

/** What no plan can do better; of long graphs, none in their order. */
export interface Bounds {
  /** Bytes that every plan needs; absent where loops could be rewritten, since each rewriting has a bound of its own. */
  readonly lowerBoundBytes?: number
  /** Extra cost in percent below which no plan within the same budget is; absent where loops could be rewritten. */
  readonly leastExtraCostPercent?: number
  /** By how much the whole cost is above that bound, in percent. */
  readonly gapPercent?: number
}

/**
 * The bounds of a plan: the one place for what is known about all plans of its graph, and of others of the same subject,
 * which run each step once at best.
 *
 * @param keptCost cost of the plan that keeps everything
 */
export function boundsOf({ graph, plan, others }: SubjectPlan, keptCost: number): Bounds {
  if (!others) return {}
  const least = Math.min(plan.cost + plan.leastExtraCost, ...others.map(onceOf))
  return {
    lowerBoundBytes: Math.min(...[graph, ...others].map(one => lowerBoundBytes(one) + recordBytesOf(one))),
    leastExtraCostPercent: keptCost === 0 ? 0 : (100 * (least - keptCost)) / keptCost,
    gapPercent: least === 0 ? 0 : 100 * (costOf(plan) / least - 1),
  }
}

/** Cost of running each step once. */
const onceOf = ({ steps }: Graph): number => steps.reduce((sum, { cost }) => sum + cost, 0)

/** Bytes of the list of runs where every step runs once, in whole slots of 16. */
const recordBytesOf = ({ steps }: Graph): number =>
  Math.ceil(steps.reduce((sum, { recordBytes = 0 }) => sum + recordBytes, 0) / 16) * 16
