/**
 * All attempts at one graph, made when first asked for. Their limits depend on the graph alone, never on a budget,
 * so the plans that fit a budget are a subset of those that fit a larger one: feasibility and extra cost are
 * monotone in the budget by construction.
 *
 * Limits lie between the largest working set and the peak of storing everything: evenly, for ordinary budgets, and
 * in geometric steps towards the lower end, where costs rise steeply. Going down stops once the lower bound of the
 * extra cost reaches the best plan found, since no lower limit can be cheaper.
 */
import { extraCostBound, type WorkingSets, workingSets } from './bound.js'
import { ALIGNMENT, type Graph } from './graph.js'
import { type GraphIndex, indexGraph } from './graph-index.js'
import { type Placement, place } from './place.js'
import { type Residency, residency } from './residency.js'
import { type Policy, schedule } from './schedule.js'
import { snapshotCosts } from './snapshots.js'
import { trim } from './trim.js'

/** A schedule with its placement. */
export interface Attempt {
  readonly residency: Residency
  readonly placement: Placement
  readonly extraCost: number
  /** The fewest bytes for which this attempt counts: its limit on live bytes, or its peak if fragments raise it. */
  readonly needsBytes: number
}

interface Rung {
  readonly limitBytes: number
  attempts: readonly Attempt[] | undefined
  stuckAt: number
}

const POLICIES: readonly Policy[] = [
  { cost: 'neighbourhood', byDistance: true },
  { cost: 'snapshot', byDistance: true },
  { cost: 'snapshot', byDistance: false },
]

export class Portfolio {
  readonly index: GraphIndex
  readonly sets: WorkingSets
  /** Every step once, nothing dropped before its last use. */
  readonly full: Attempt
  /** Limits in descending order. */
  readonly #rungs: readonly Rung[]
  readonly #bound: (limitBytes: number) => number
  readonly #snapshotCost: Float64Array
  #leastBytes: number | undefined

  constructor(graph: Graph) {
    this.index = indexGraph(graph)
    this.sets = workingSets(this.index)
    const once = residency(
      this.index,
      Int32Array.from({ length: this.index.stepCount }, (_, step) => step),
    )
    this.full = this.#attempt(once, 0)
    this.#bound = extraCostBound(this.index, once)
    this.#snapshotCost = snapshotCosts(this.index, Math.max(0, once.peakMoment - 1))
    const limits = ladder(this.index, this.sets.keptBytes, once.peakLiveBytes)
    this.#rungs = limits.map(limitBytes => ({ limitBytes, attempts: undefined, stuckAt: -1 }))
  }

  /** The cheapest attempt that fits, the lower peak among equals. */
  best(budgetBytes: number): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    let best: Attempt | undefined
    for (const rung of this.#rungs) {
      if (rung.limitBytes > budgetBytes) continue
      if (best !== undefined && this.#bound(rung.limitBytes) >= best.extraCost) break
      for (const attempt of this.#climb(rung)) {
        if (attempt.needsBytes <= budgetBytes && (best === undefined || isBetter(attempt, best)))
          best = attempt
      }
    }
    return best
  }

  /** The smallest budget for which {@link best} finds a plan. */
  get leastBytes(): number {
    if (this.#leastBytes !== undefined) return this.#leastBytes
    let least = this.full.needsBytes
    for (let r = this.#rungs.length - 1; r >= 0 && this.#rungs[r]!.limitBytes < least; r--) {
      for (const attempt of this.#climb(this.#rungs[r]!)) least = Math.min(least, attempt.needsBytes)
    }
    this.#leastBytes = least
    return least
  }

  /** The step that the attempt with the highest limit within the budget could not reach. */
  stuckAt(budgetBytes: number): number {
    const rung = this.#rungs.find(each => each.limitBytes <= budgetBytes)
    if (rung === undefined) return this.sets.step
    this.#climb(rung)
    return rung.stuckAt
  }

  #climb(rung: Rung): readonly Attempt[] {
    if (rung.attempts !== undefined) return rung.attempts
    const attempts: Attempt[] = []
    for (const policy of POLICIES) {
      const found = schedule(this.index, rung.limitBytes, policy, this.#snapshotCost)
      if ('stuckAt' in found) {
        rung.stuckAt = Math.max(rung.stuckAt, found.stuckAt)
        continue
      }
      const trimmed = trim(this.index, residency(this.index, found.runs), rung.limitBytes)
      attempts.push(this.#attempt(trimmed, rung.limitBytes))
    }
    rung.attempts = attempts
    return attempts
  }

  #attempt(of: Residency, limitBytes: number): Attempt {
    const placement = place(of, limitBytes > 0 && of.periods.count > 256 ? 0.002 : 0)
    return {
      residency: of,
      placement,
      extraCost: extraCostOf(this.index, of.runs),
      needsBytes: Math.max(limitBytes, placement.peakBytes),
    }
  }
}

function isBetter(a: Attempt, b: Attempt): boolean {
  if (a.extraCost !== b.extraCost) return a.extraCost < b.extraCost
  return a.placement.peakBytes < b.placement.peakBytes
}

function extraCostOf(index: GraphIndex, runs: Int32Array): number {
  const again = new Int32Array(index.stepCount).fill(-1)
  for (const step of runs) again[step] = again[step]! + 1
  return again.reduce((sum, times, step) => sum + times * index.cost[step]!, 0)
}

/** Limits from just under `highest` down to `lowest`, fewer the more steps an attempt has to run. */
function ladder(index: GraphIndex, lowest: number, highest: number): number[] {
  const { stepCount } = index
  const even = stepCount <= 100 ? 48 : stepCount <= 1500 ? 32 : 16
  const ratio = stepCount <= 1500 ? 1.2 : 1.5
  const grain = Math.max(ALIGNMENT, commonDivisor(index))
  const limits = new Set<number>()
  const add = (bytes: number) => {
    const limit = Math.floor(bytes / grain) * grain
    if (limit >= lowest && limit < highest) limits.add(limit)
  }
  add(highest - grain)
  for (let k = 1; k < even; k++) add(lowest + ((highest - lowest) * k) / even)
  for (let step = (highest - lowest) / 256; step < (highest - lowest) / even; step *= ratio)
    add(lowest + step)
  add(lowest + grain)
  add(lowest)
  return [...limits].sort((a, b) => b - a)
}

/** Live bytes are always a multiple of it. */
function commonDivisor({ bytes, scratchBytes }: GraphIndex): number {
  let common = 0
  for (const sizes of [bytes, scratchBytes]) {
    for (let size of sizes) while (size > 0) [common, size] = [size, common % size]
  }
  return common
}
