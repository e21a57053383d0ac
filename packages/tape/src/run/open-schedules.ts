/** Where loops of unknown length keep states in a store. */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import type { Program } from '../program/index.js'
import {
  hasReversals,
  placeRecords,
  recordOf,
  type Schedules,
  spilledBlocks,
  withUnwinding,
} from '../rewrite/index.js'
import { instructionCosts } from './lower.js'
import type { Regions } from './region.js'
import { movingCost, spillingCost } from './rows.js'
import { LONG_LOOP, openReversalOf, thinned } from './thinned.js'
import { cheapestTwoLevel } from './two-level.js'

/** Most records of a loop; a longer one has its records farther apart. */
const MOST_RECORDS = 65_536

/** Blocks of a store have numbers of 31 bits. */
const MOST_BLOCKS = 2 ** 31 - 1

/**
 * Chooses the records of each loop of unknown length that a program goes back over. The stretches that cost least for a long
 * loop with a store of any size do so for loops of any length, nearly, and are where the records of a small store begin. All
 * loops that use the store have as many records, since larger states mostly come with dearer steps, and if there are also loops
 * of known length, half of the store. Undefined if no loop would use one of this size.
 *
 * @param snapshots most states in memory between two records.
 */
export function openSchedules(
  program: Program,
  snapshots: number,
  spillBytes: number,
  regions: Regions,
): Schedules | undefined {
  const withRecords =
    (count: number): Schedules =>
    (forward, state) => {
      if (recordOf(state).blocks === 0) return undefined
      const steps = instructionCosts(forward, 'ample', regions)
      const step = steps.reduce((sum, cost) => sum + cost, movingCost(state))
      const spilling = spillingCost(state)
      const costs = { step, write: spilling, read: spilling }
      const { every } = cheapestTwoLevel(LONG_LOOP, snapshots, costs)
      if (every >= LONG_LOOP) return undefined
      const open = { steps: LONG_LOOP, every, count }
      const { distance, doubled } = thinned(open)
      const longest = doubled > 0 ? 2 * distance : distance
      const ways = (snapshots > 0 ? [true, false] : [false]).map(held => {
        const slots = Math.min(snapshots, held ? longest : longest - 1)
        const { advanced, begun } = openReversalOf(open, slots, held)
        return {
          schedule: { every, count, held, snapshots: slots },
          cost: advanced * step + begun * spilling,
        }
      })
      return ways.reduce((best, way) => (way.cost < best.cost ? way : best)).schedule
    }
  const blocks = Math.min(MOST_BLOCKS, spillBytes / SPILL_BLOCK_BYTES) / (hasReversals(program) ? 2 : 1)
  const ofOne = spilledBlocks(placeRecords(withUnwinding(program, snapshots, withRecords(1))))
  const count = Math.min(MOST_RECORDS, Math.floor(blocks / ofOne))
  return ofOne > 0 && count > 0 ? withRecords(count) : undefined
}
