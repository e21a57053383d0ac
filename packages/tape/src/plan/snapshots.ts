/**
 * Which primals are worth keeping as snapshots, decided before anything is dropped.
 *
 * Up to its fullest moment a program mostly writes residuals. Cuts between its steps that few bytes cross are the
 * places from which it restarts cheaply. The k-th such cut has level ctz(k), the height of the k-th mark on a ruler,
 * and a storage has the level of the highest cut it crosses. Dropping low levels first leaves snapshots evenly spaced
 * whatever the budget, and so do replays inside a gap: binary checkpointing, within a factor log n of the binomial
 * optimum (Griewank & Walther 2000), and one extra forward where the budget holds about 2√n snapshots.
 *
 * Limits: one program order, one fullest moment; steps after that moment have no levels.
 */
import type { GraphIndex } from './graph-index.js'

/** Estimated cost of bringing back each storage once everything of its level and below has been dropped. */
export function snapshotCosts(index: GraphIndex, fullestStep: number): Float64Array {
  const { stepCount, storageCount, producer, readers, bytes, cost } = index
  const top = Math.min(fullestStep, stepCount - 1)
  const lastNearRead = new Int32Array(storageCount).fill(-1)
  const crossing = new Float64Array(stepCount + 2)
  for (let s = 0; s < storageCount; s++) {
    const from = producer[s]!
    if (from < 0 || from > top) continue
    for (let e = readers.starts[s]!; e < readers.starts[s + 1]! && readers.items[e]! <= top; e++) {
      lastNearRead[s] = readers.items[e]!
    }
    if (lastNearRead[s]! < 0) continue
    crossing[from] = crossing[from]! + bytes[s]!
    crossing[lastNearRead[s]!] = crossing[lastNearRead[s]!]! - bytes[s]!
  }
  for (let c = 1; c <= top; c++) crossing[c] = crossing[c]! + crossing[c - 1]!

  // rank[c] counts the narrow cuts before cut c; cut c lies between steps c and c + 1
  const rank = new Int32Array(stepCount + 1)
  let pathCost = 0
  for (let c = 0; c < stepCount; c++) {
    const narrow =
      c < top && (c === 0 || crossing[c]! <= crossing[c - 1]!) && crossing[c]! <= crossing[c + 1]!
    rank[c + 1] = rank[c]! + (narrow ? 1 : 0)
    if (c <= top) pathCost += cost[c]!
  }
  const gapCost = pathCost / Math.max(1, rank[stepCount]!)

  const costs = new Float64Array(storageCount)
  for (let s = 0; s < storageCount; s++) {
    const from = producer[s]!
    if (from < 0) continue
    costs[s] = cost[from]!
    if (lastNearRead[s]! < 0) continue
    // the highest level among the cuts with ranks in (a, b] is ⌊log₂(a xor b)⌋
    const differing = rank[from]! ^ rank[lastNearRead[s]!]!
    if (differing > 0) costs[s] = cost[from]! + (2 ** (31 - Math.clz32(differing)) - 1) * gapCost
  }
  return costs
}
