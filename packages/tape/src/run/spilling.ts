/** Loops that keep states in a store: how many there, how many in memory, and what that costs. */
import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import { bytesOf, type Program } from '../program/index.js'
import { type Loop, type Snapshots, type WithSnapshots, withSnapshots } from '../rewrite/index.js'
import { cheapestTwoLevel } from './two-level.js'

/**
 * Cost of a record of so many bytes that goes to a store or comes back, in FLOP equivalents: 10 µs, and 2 ns a byte with its
 * checksum, at 4 FLOP a ns. It is the same wherever the store is, so that plans are.
 *
 * @example
 * spillCost(1000) // → 48000
 */
export const spillCost = (bytes: number): number => 40_000 + 8 * bytes

/**
 * The program with loops that keep states in a store of so many bytes, at the steps where that costs least.
 *
 * @param share how many states are kept in memory as well, from none, at 0, to one for each step, at 1.
 * @param costOf cost of a step, in FLOP equivalents.
 */
export function spilling(
  program: Program,
  share: number,
  storeBytes: number,
  costOf: (step: Program) => number,
): WithSnapshots {
  const within = (loopBytes: number) =>
    withSnapshots(program, loop => spilled(loop, share, loopBytes, costOf))
  let loopBytes = storeBytes
  let found = within(loopBytes)
  // Several loops share the store.
  while (found.spilledBytes > storeBytes) {
    loopBytes = Number.isFinite(loopBytes) ? loopBytes / 2 : storeBytes
    found = within(loopBytes)
  }
  return found
}

function spilled(
  { length, steps, state }: Loop,
  share: number,
  storeBytes: number,
  costOf: (step: Program) => number,
): Snapshots | undefined {
  if (length <= 1) return undefined
  const bytes = state.map(bytesOf)
  const sum = (of: (bytes: number) => number) => bytes.reduce((total, one) => total + of(one), 0)
  const snapshots = Math.round((length + 1) ** share) - 1
  const most = Math.floor(storeBytes / sum(one => SPILL_BLOCK_BYTES * spillBlocks(one)))
  if (most < 2) return { every: length, snapshots }
  const spill = sum(spillCost)
  const step = steps.reduce((total, one) => total + costOf(one), 0) + sum(one => 2 * one)
  const { every, held } = cheapestTwoLevel(length, snapshots, { step, write: spill, read: spill }, most)
  return { every, snapshots: Math.min(snapshots, every), spill: true, held }
}
