/**
 * How many states of loops of unknown length are kept for their pullbacks: without a budget a fixed number, and else what
 * costs least within it, from none beside the first to many.
 */
import { BudgetError } from '../errors.js'
import type { Program } from '../program/index.js'
import { hasUnwinding, withUnwinding } from '../rewrite/index.js'
import { type Planned, planWithin } from './choose.js'
import { DEFAULT_SNAPSHOTS } from './rewind.js'

/** Most states that are kept beside the first; loops of C(1026, 2) steps need no second run of a step from them. */
const MOST_SNAPSHOTS = 1023

/** Numbers of snapshots that are tried, about a fifth apart. */
const LEVELS: readonly number[] = (() => {
  const levels = [0]
  while ((levels.at(-1) as number) < MOST_SNAPSHOTS) {
    levels.push(Math.min(MOST_SNAPSHOTS, Math.ceil((levels.at(-1) as number) * 1.2 + 0.5)))
  }
  return levels
})()

/**
 * As `planWithin`, with states of loops of unknown length kept for their pullbacks, as many for each of them.
 *
 * @throws {@link BudgetError} if no plan fits, with the fewest bytes that would do.
 */
export function planKeeping(program: Program, pinned: readonly boolean[], budgetBytes: number): Planned {
  if (!hasUnwinding(program)) return planWithin(program, pinned, budgetBytes)
  const at = (snapshots: number) => planWithin(withUnwinding(program, snapshots), pinned, budgetBytes)
  if (budgetBytes === Number.POSITIVE_INFINITY) return at(DEFAULT_SNAPSHOTS)
  const most = orRefused(() => at(MOST_SNAPSHOTS))
  if (most && most.chosen.extraCost === 0) return most
  let best = at(0)
  let [fits, fails] = [0, LEVELS.length - 1]
  while (fails - fits > 1) {
    const level = Math.floor((fits + fails) / 2)
    const way = orRefused(() => at(LEVELS[level] as number))
    if (way && costOf(way) <= costOf(best)) {
      fits = level
      best = way
    } else {
      fails = level
    }
  }
  return most && costOf(most) <= costOf(best) ? most : best
}

function orRefused(attempt: () => Planned): Planned | undefined {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof BudgetError) return undefined
    throw error
  }
}

const costOf = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost
