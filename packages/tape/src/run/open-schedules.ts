/** Where loops of unknown length keep states in a store. */
import type { Program } from '../program/index.js'
import { placeRecords, recordOf, type Schedules, spilledBlocks, withUnwinding } from '../rewrite/index.js'
import { instructionCosts } from './lower.js'
import type { Regions } from './region.js'
import { movingCost, spillingCost } from './rows.js'
import { LONG_LOOP, openReversalOf, thinned } from './thinned.js'
import { cheapestTwoLevel } from './two-level.js'

/** Most records of a loop; a longer one has its records farther apart. */
const MOST_RECORDS = 65_536

/**
 * Chooses the records of each loop of unknown length that a program goes back over. The stretches that cost least for a long
 * loop with a store of any size do so for loops of any length, nearly, and are where the records of a small store begin. All
 * loops that use the store have as many records, since larger states mostly come with dearer steps. Of rooms that hold as many
 * records one is taken, and none that would not be used.
 *
 * @param snapshots most states in memory between two records.
 * @param rooms blocks of a store that these loops may take.
 */
export function openSchedules(
  program: Program,
  snapshots: number,
  rooms: readonly number[],
  regions: Regions,
): readonly Schedules[] {
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
  const ofOne = spilledBlocks(placeRecords(withUnwinding(program, snapshots, withRecords(1))))
  if (ofOne === 0) return []
  const counts = new Set(rooms.map(blocks => Math.min(MOST_RECORDS, Math.floor(blocks / ofOne))))
  return [...counts].filter(count => count > 0).map(withRecords)
}
