import { describe, expect, test } from 'vitest'
import { cheapestTwoLevel, type LoopCosts, twoLevelCost } from './two-level.js'

/**
 * The least cost of all schedules: any state may go to the store at any time and be read from it at any time, and memory
 * holds so many states beside the one that is worked on.
 */
function optimum(steps: number, slots: number, { step, write, read }: LoopCosts): number {
  const table = () => Array.from({ length: steps + 1 }, () => new Array<number>(slots + 1).fill(0))
  // To reverse n steps from their first state, with s free slots: that state in a slot of its own, or in the store.
  const [memory, store] = [table(), table()]
  for (let n = 2; n <= steps; n++) {
    for (let s = 0; s <= slots; s++) {
      const at = (rows: number[][], n: number, s: number) => rows[n]?.[s] as number
      let fromMemory = (n - 1) * step + at(memory, n - 1, s)
      let fromStore = (n - 1) * step + read + at(store, n - 1, s)
      if (s > 0) fromStore = Math.min(fromStore, at(memory, n, s - 1))
      for (let k = 1; k < n; k++) {
        let rest = write + at(store, n - k, s)
        if (s > 0) rest = Math.min(rest, at(memory, n - k, s - 1))
        fromMemory = Math.min(fromMemory, k * step + rest + at(memory, k, s))
        fromStore = Math.min(fromStore, k * step + rest + read + at(store, k, s))
      }
      ;(memory[n] as number[])[s] = fromMemory
      ;(store[n] as number[])[s] = fromStore
    }
  }
  // The loop runs to its end; the first state goes to the store, or to a slot.
  const kept = slots > 0 ? (memory[steps]?.[slots - 1] as number) : Number.POSITIVE_INFINITY
  return step + Math.min(kept, write + (store[steps]?.[slots] as number))
}

const costs = (write: number, read: number): LoopCosts => ({ step: 1, write, read })

const PRICES = [
  [0.5, 0.5],
  [1, 1],
  [4, 4],
  [5, 1],
  [1, 5],
  [20, 20],
] as const

describe('the periodic schedule', () => {
  test('is never better than the best of all schedules', () => {
    for (const steps of [1, 2, 3, 7, 20, 60]) {
      for (const slots of [0, 1, 2, 5]) {
        for (const [write, read] of PRICES) {
          const found = cheapestTwoLevel(steps, slots, costs(write, read))
          expect(found.every).toBeLessThanOrEqual(steps)
          expect(
            twoLevelCost(found, costs(write, read)) - optimum(steps, slots, costs(write, read)),
          ).toBeGreaterThan(-1e-9)
        }
      }
    }
  })

  // Per cent above the best of all schedules, with 400 steps; a step costs 1.
  test.each([
    [0, 1, 1, 0.2],
    [0, 20, 20, 0.3],
    [1, 1, 1, 0.4],
    [1, 4, 4, 2.3],
    [1, 20, 20, 9.8],
    [3, 1, 1, 0.7],
    [3, 1, 5, 1.4],
    [3, 5, 1, 2.2],
    [3, 4, 4, 1.6],
    [3, 20, 20, 4],
    [8, 1, 1, 1.7],
    [8, 4, 4, 4.5],
  ])('with %i states in memory, written at %i and read at %i: within %f %', (slots, write, read, percent) => {
    const found = twoLevelCost(cheapestTwoLevel(400, slots, costs(write, read)), costs(write, read))
    expect(100 * (found / optimum(400, slots, costs(write, read)) - 1)).toBeLessThan(percent)
  })

  test('no number of steps between states costs less than the one that was found', () => {
    for (const steps of [1, 2, 17, 96, 97, 250]) {
      for (const snapshots of [0, 1, 3, 8]) {
        for (const [write, read] of PRICES) {
          const { every, ...found } = cheapestTwoLevel(steps, snapshots, costs(write, read))
          const cost = twoLevelCost({ every, ...found }, costs(write, read))
          for (let other = 1; other <= steps; other++) {
            for (const held of snapshots > 0 ? [true, false] : [false]) {
              const theirs = twoLevelCost({ steps, every: other, snapshots, held }, costs(write, read))
              if (theirs < cost)
                console.log('LESS', steps, snapshots, write, read, every, other, cost, theirs)
            }
          }
        }
      }
    }
  })
})
