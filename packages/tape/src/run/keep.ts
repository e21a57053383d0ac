/**
 * How many states of loops of unknown length are kept for their pullbacks: without a budget a fixed number, if an arena
 * can hold them, and else what costs least within it, from none beside the first to many, in memory alone or beside a store.
 */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import type { Program } from '../program/index.js'
import { hasReversals, hasUnwinding, keptBytes, withUnwinding } from '../rewrite/index.js'
import { advisingSpill } from './advise-spill.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { type Budget, cheaperWithin, costOfPlanned, type Planned, planWithin } from './choose.js'
import { openSchedules } from './open-schedules.js'
import { isRefusal, leastOf, type Refusal } from './plan-or-refuse.js'
import { Regions } from './region.js'
import { DEFAULT_SNAPSHOTS } from './rewind.js'

/** Most states that are kept beside the first: a loop of half a million steps then runs none of them again twice. */
const MOST_SNAPSHOTS = 1023

/** States that are kept in memory of a stretch between records of a store; more of them gain little. */
const BESIDE_STORE: readonly number[] = [60, 20, 6, 2, 0]

/** Blocks of a store have numbers of 31 bits. */
const MOST_BLOCKS = 2 ** 31 - 1

/**
 * Blocks of a store for loops of unknown length: all, and half where loops of known length may use what is left. These have
 * at least half of the numbers.
 */
function roomsOf(program: Program, spillBytes: number): readonly number[] {
  const blocks = Math.min(MOST_BLOCKS, spillBytes / SPILL_BLOCK_BYTES)
  return hasReversals(program) ? [Math.min(MOST_BLOCKS / 2, blocks), blocks / 2] : [blocks]
}

/** Numbers of snapshots that are tried beside the most, each half as many again as the next. */
const LEVELS: readonly number[] = (() => {
  const levels = [1, 0]
  for (let next = 2; next < MOST_SNAPSHOTS; next = Math.ceil(1.5 * next)) levels.unshift(next)
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
  if (!isRefusal(outcome)) return outcome
  throw advisingSpill(outcome.error(), program, budget, () => {
    const beside = planOrRefusal(
      program,
      pinned,
      { ...budget, spillBytes: Number.POSITIVE_INFINITY },
      regions,
    )
    return isRefusal(beside) ? beside.error().leastBytes : budget.memoryBytes
  })
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
  if (budgetBytes === Number.POSITIVE_INFINITY) {
    const usual = planWithin(withUnwinding(program, DEFAULT_SNAPSHOTS), pinned, budget, regions)
    if (!isRefusal(usual) && usual.chosen.peakBytes + usual.chosen.recordBytes <= ARENA_LIMIT_BYTES)
      return usual
  }
  const memoryBytes = Math.min(budgetBytes, ARENA_LIMIT_BYTES)
  const within = { memoryBytes, spillBytes }
  const inMemory = (snapshots: number) => {
    const keeping = withUnwinding(program, snapshots)
    return snapshots > 0 && keptBytes(keeping) > memoryBytes ? [] : [keeping]
  }
  const [most] = inMemory(MOST_SNAPSHOTS)
  const first = most && plannedOf(planWithin(most, pinned, within, regions))
  if (first && first.chosen.extraCost === 0 && spillBytes === 0) return first
  let best = first
  const refusals: Refusal[] = []
  const tryOne = (keeping: Program) => {
    if (best) {
      best = cheaperWithin(keeping, pinned, within, regions, costOfPlanned(best)) ?? best
      return
    }
    const outcome = planWithin(keeping, pinned, within, regions)
    if (isRefusal(outcome)) refusals.push(outcome)
    else best = outcome
  }
  // All that may be cheaper are tried, the likeliest first, so that what serves a budget serves every larger one. What does not
  // fit without snapshots does not with them.
  const tryAll = (levels: readonly number[], keeping: (snapshots: number) => readonly Program[]) => {
    const isOpen = best === undefined
    if (isOpen) keeping(0).forEach(tryOne)
    if (!best) return
    for (const snapshots of levels) if (snapshots > 0 || !isOpen) keeping(snapshots).forEach(tryOne)
  }
  tryAll(LEVELS, inMemory)
  if (spillBytes > 0) {
    const rooms = roomsOf(program, spillBytes)
    tryAll(BESIDE_STORE, snapshots =>
      openSchedules(program, snapshots, rooms, regions).map(schedules =>
        withUnwinding(program, snapshots, schedules),
      ),
    )
  }
  return best ?? leastOf(refusals)
}
