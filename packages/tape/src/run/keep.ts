/**
 * How many states of loops of unknown length are kept for their pullbacks: without a budget a fixed number, if an arena
 * can hold them, and else what costs least within it, from none beside the first to many, in memory alone or beside a store.
 */
import type { Program } from '../program/index.js'
import { hasUnwinding, keptBytes, withUnwinding } from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { type Budget, costOfPlanned, type Planned, planWithin } from './choose.js'
import { openSchedules } from './open-schedules.js'
import { isRefusal, leastOf, type Refusal } from './plan-or-refuse.js'
import { Regions } from './region.js'
import { DEFAULT_SNAPSHOTS } from './rewind.js'

/** Most states that are kept beside the first: a loop of half a million steps then runs none of them again twice. */
const MOST_SNAPSHOTS = 1023

/** States that are kept in memory of a stretch between records of a store; more of them gain little. */
const BESIDE_STORE: readonly number[] = [0, 2, 6, 20, 60]

/** Numbers of snapshots that are tried, each half as many again as the one before. */
const LEVELS: readonly number[] = (() => {
  const levels = [0, 1]
  for (let last = 1; last < MOST_SNAPSHOTS; levels.push(last)) {
    last = Math.min(MOST_SNAPSHOTS, Math.ceil(1.5 * last))
  }
  return levels
})()

/**
 * As `planWithin`, with states of loops of unknown length kept for their pullbacks, as many for each of them.
 *
 * @param regions what was planned already for other budgets, with the same inputs pinned.
 * @throws {@link BudgetError} if no plan fits, with the fewest bytes that would do.
 */
export function planKeeping(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions = new Regions(),
): Planned {
  const outcome = planOrRefusal(program, pinned, budget, regions)
  if (isRefusal(outcome)) throw outcome.error()
  return outcome
}

/**
 * As {@link planKeeping}, for an arena: without a budget, or with one beyond what an arena may have, that is the budget of what
 * would take more.
 *
 * @throws {@link BudgetError} if no plan fits, with the fewest bytes that would do.
 */
export function planForArena(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions = new Regions(),
): Planned {
  const planned = planKeeping(program, pinned, budget, regions)
  const { peakBytes, recordBytes } = planned.chosen
  if (peakBytes + recordBytes <= ARENA_LIMIT_BYTES) return planned
  return planKeeping(program, pinned, { ...budget, memoryBytes: ARENA_LIMIT_BYTES }, regions)
}

/** As {@link planKeeping}; undefined if no plan fits, without finding out how many bytes would do. */
export const planIfAnyKeeping = (...args: Parameters<typeof planOrRefusal>): Planned | undefined =>
  plannedOf(planOrRefusal(...args))

const plannedOf = (outcome: Planned | Refusal): Planned | undefined =>
  isRefusal(outcome) ? undefined : outcome

function planOrRefusal(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions: Regions,
): Planned | Refusal {
  const { memoryBytes: budgetBytes, spillBytes } = budget
  if (!hasUnwinding(program)) return planWithin(program, pinned, budget, regions)
  const inMemory = (snapshots: number, memoryBytes: number) =>
    planWithin(withUnwinding(program, snapshots), pinned, { memoryBytes, spillBytes }, regions)
  if (budgetBytes === Number.POSITIVE_INFINITY) {
    const plain = plannedOf(inMemory(DEFAULT_SNAPSHOTS, budgetBytes))
    if (plain && plain.chosen.peakBytes + plain.chosen.recordBytes <= ARENA_LIMIT_BYTES) return plain
  }
  const bytes = Math.min(budgetBytes, ARENA_LIMIT_BYTES)
  const attempt = (snapshots: number) =>
    keptBytes(withUnwinding(program, snapshots)) > bytes ? undefined : plannedOf(inMemory(snapshots, bytes))
  const most = attempt(MOST_SNAPSHOTS)
  if (most && most.chosen.extraCost === 0 && spillBytes === 0) return most
  const none = inMemory(0, bytes)
  // All that fit are tried, so that what serves a budget serves every larger one; with more snapshots none fits in fewer bytes.
  const kept = isRefusal(none) ? [] : LEVELS.slice(1).map(attempt)
  const besideStore = (spillBytes > 0 ? BESIDE_STORE : []).map(snapshots => {
    const schedules = openSchedules(program, snapshots, spillBytes, regions)
    const spilling = schedules && withUnwinding(program, snapshots, schedules)
    return spilling && planWithin(spilling, pinned, { memoryBytes: bytes, spillBytes }, regions)
  })
  return cheapestOf([none, most, ...kept, ...besideStore].filter(one => one !== undefined))
}

/** The cheapest of what was tried, the last of several; if nothing was found, the refusal of the fewest bytes. */
function cheapestOf(outcomes: readonly (Planned | Refusal)[]): Planned | Refusal {
  const found = outcomes.map(plannedOf).filter(one => one !== undefined)
  if (found.length === 0) return leastOf(outcomes.filter(isRefusal))
  return found.reduce((best, one) => (costOfPlanned(one) <= costOfPlanned(best) ? one : best))
}
