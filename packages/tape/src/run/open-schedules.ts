/** Where loops of unknown length keep states in a store. */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import type { Program } from '../program/index.js'
import { hasReversals, recordOf, type Schedules, unwindingCount } from '../rewrite/index.js'
import { instructionCosts } from './lower.js'
import type { Regions } from './region.js'
import { LONG_LOOP } from './rewind.js'
import { movingCost, spillingCost } from './rows.js'
import { cheapestTwoLevel } from './two-level.js'

/** Most records of a loop; a longer one has its records farther apart. */
const MOST_RECORDS = 65_536

/** Blocks of a store have numbers of 31 bits. */
const MOST_BLOCKS = 2 ** 31 - 1

/**
 * Chooses the records of each loop of unknown length that a program goes back over. The stretches that cost least for a long
 * loop do so for loops of any length, nearly; the loops share the store, half of it if there are also loops of known length.
 *
 * @param snapshots states in memory.
 */
export function openSchedules(
  program: Program,
  snapshots: number,
  spillBytes: number,
  regions: Regions,
): Schedules {
  const parts = unwindingCount(program) * (hasReversals(program) ? 2 : 1)
  const share = Math.min(MOST_BLOCKS, spillBytes / SPILL_BLOCK_BYTES) / parts
  return (forward, state) => {
    const count = Math.min(MOST_RECORDS, 2 * Math.floor(share / (2 * Math.max(1, recordOf(state).blocks))))
    if (count < 2) return undefined
    const costs = instructionCosts(forward, 'ample', regions)
    const step = costs.reduce((sum, cost) => sum + cost, movingCost(state))
    const spilling = spillingCost(state)
    const { every, held } = cheapestTwoLevel(LONG_LOOP, snapshots, { step, write: spilling, read: spilling })
    return every < LONG_LOOP ? { every, count, held } : undefined
  }
}
