import { simulate } from '@wengert/tape'
import { type CurvePoint, curveOf, type Fineness } from './curve.js'
import { type Bounds, boundsOf, costOf, type Figures, figuresOf, needsBytes } from './figures.js'
import type { Loop, Search, Subject } from './subject.js'
import { type Timeline, timelineOf } from './timeline.js'

/** All that is said about a plan, on the terminal, in JSON and in the page. */
export interface PlanReport {
  /** What is planned, such as `One gradient of mlp over 1024 rows, 59 recorded instructions`. */
  readonly title: string
  readonly named: Readonly<Record<string, unknown>>
  /** Bytes it had to fit; absent where everything is kept. */
  readonly budgetBytes?: number
  readonly plan: Figures &
    Bounds & {
      /** Bytes of the plan that keeps everything. */
      readonly keptBytes: number
      /** The smallest budget for which a plan was found. */
      readonly leastBytes: number
    }
  readonly loops: readonly Loop[]
  readonly curve: readonly CurvePoint[]
  readonly timeline: Timeline
}

const MOST_VALUES = 12

/** Coarser curves the longer plans take; of the largest graphs, only the ends. */
function finenessFor(stepCount: number): Fineness {
  if (stepCount <= 200) return { parts: 32, finest: 1024 }
  if (stepCount <= 2000) return { parts: 20, finest: 128 }
  if (stepCount <= 20_000) return { parts: 12, finest: 256 }
  return { parts: 1, finest: 1 }
}

/**
 * Plans a subject within a budget, or with everything kept where there is none, and beside it the whole trade of cost for
 * bytes.
 *
 * @param search how long to look for a better plan within the budget
 * @throws BudgetError if no plan was found that fits.
 */
export function reportOf(subject: Subject, budgetBytes: number | undefined, search: Search = {}): PlanReport {
  const chosen = subject.within(budgetBytes ?? Number.POSITIVE_INFINITY, search)
  const kept = budgetBytes === undefined ? chosen : subject.within(Number.POSITIVE_INFINITY)
  if (budgetBytes !== undefined) simulate(chosen.graph, chosen.plan, { budgetBytes })
  const known = budgetBytes === undefined ? [] : ([[budgetBytes, chosen]] as const)
  const { points, leastBytes } = curveOf(subject, kept, known, finenessFor(subject.stepCount))
  return {
    title: subject.title,
    named: subject.named,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    plan: {
      ...figuresOf(chosen, costOf(kept.plan)),
      keptBytes: needsBytes(kept.plan),
      leastBytes: Math.min(leastBytes, needsBytes(chosen.plan)),
      ...boundsOf(chosen, costOf(kept.plan)),
    },
    loops: chosen.loops,
    curve: points,
    timeline: timelineOf(chosen, MOST_VALUES),
  }
}

/** A report as JSON has it: the timeline in columns, an entry for each run. */
export function plain({ named, budgetBytes, plan, loops, curve, timeline }: PlanReport): object {
  const { runs, values } = timeline
  return {
    ...named,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    plan,
    loops,
    curve,
    timeline: {
      endCost: runs.map(({ endCost }) => endCost),
      bytes: runs.map(({ bytes }) => bytes),
      again: runs.map(({ again }) => again),
    },
    values: values.map(({ storage: _, stays: __, ...value }) => value),
  }
}
