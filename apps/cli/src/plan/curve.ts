import { BudgetError, simulate } from '@wengert/tape'
import { costOf, type Figures, figuresOf, needsBytes } from './figures.js'
import type { Subject, SubjectPlan } from './subject.js'

/** A plan of the trade of cost for bytes. */
export interface CurvePoint extends Figures {
  /** The budget it was found for; it serves every budget from its peak on. */
  readonly budgetBytes: number
}

/** Plans of a subject from the fewest bytes to everything kept. */
export interface Curve {
  /** The smallest budget for which a plan was found; the plan itself may need less. */
  readonly leastBytes: number
  /** Ascending in bytes, descending in cost, and none needs more of both than another. */
  readonly points: readonly CurvePoint[]
}

/** How finely a curve is followed, in parts of its range of bytes. */
export interface Fineness {
  /** Most budgets are so far from each other. */
  readonly parts: number
  /** And none are closer, at the lower end, where the curve is steep. */
  readonly finest: number
}

/**
 * The trade of cost for bytes: from the plan that keeps everything down to the fewest bytes, each plan found for a budget
 * below the peak of the last one, by less the closer to the end. Every plan is accepted by the simulator.
 *
 * @param kept the plan that keeps everything
 * @param known other plans that are known, each with the budget it was found for
 */
export function curveOf(
  subject: Subject,
  kept: SubjectPlan,
  known: readonly (readonly [number, SubjectPlan])[],
  { parts, finest }: Fineness,
): Curve {
  const keptBytes = needsBytes(kept.plan)
  const leastBytes = leastOf(subject)
  const range = keptBytes - leastBytes
  const found = [...known]
  for (let budgetBytes = keptBytes, next = kept; ; next = subject.within(budgetBytes)) {
    found.push([budgetBytes, next])
    const peakBytes = needsBytes(next.plan)
    if (peakBytes <= leastBytes) break
    const stride = Math.max(range / finest, Math.min((peakBytes - leastBytes) / 3, range / parts))
    budgetBytes = Math.max(leastBytes, peakBytes - Math.max(1, Math.floor(stride)))
  }
  const points = found.map(([budgetBytes, each]) => {
    simulate(each.graph, each.plan, { budgetBytes: needsBytes(each.plan) })
    return { budgetBytes, ...figuresOf(each, costOf(kept.plan)) }
  })
  return { leastBytes, points: undominated(points) }
}

/** Those that cost less than all with fewer bytes, in ascending bytes. */
function undominated(points: readonly CurvePoint[]): readonly CurvePoint[] {
  const best: CurvePoint[] = []
  for (const point of points.toSorted((a, b) => a.peakBytes - b.peakBytes || a.extraCost - b.extraCost)) {
    const last = best.at(-1)
    if (last === undefined || point.extraCost < last.extraCost) best.push(point)
  }
  return best
}

function leastOf(subject: Subject): number {
  try {
    return needsBytes(subject.within(0).plan)
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
}
