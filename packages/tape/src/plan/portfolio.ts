/**
 * All attempts at one graph, made when first asked for. Their limits depend on the graph alone, never on a budget,
 * so the plans that fit a budget are a subset of those that fit a larger one: feasibility and extra cost are
 * monotone in the budget by construction.
 *
 * Limits lie between the largest working set and the peak of storing everything: evenly, for ordinary budgets, and
 * in geometric steps towards the lower end, where costs rise steeply. Going down stops once the lower bound of the
 * extra cost reaches the best plan found, since no lower limit can be cheaper.
 *
 * Limits: a budget between two limits is used up to the lower one. Chains have optimal schedules (Griewank & Walther
 * 2000; with uneven layers Beaumont et al., Rotor) which these heuristics approach but do not contain.
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
  /** Bytes of the list of its runs. */
  readonly recordBytes: number
  /**
   * The fewest bytes for which this attempt counts: its limit on live bytes, or its peak if fragments raise it, and
   * the list of its runs.
   */
  readonly needsBytes: number
}

interface Rung {
  readonly limitBytes: number
  attempts: readonly Attempt[] | undefined
  stuckAt: number
}

const POLICIES: readonly Policy[] = [
  { cost: 'neighbourhood', byDistance: true, outputsLeave: false, inputsLast: false },
  { cost: 'snapshot', byDistance: true, outputsLeave: false, inputsLast: false },
  { cost: 'snapshot', byDistance: false, outputsLeave: false, inputsLast: false },
]

/** For limits at which those fail. */
const LAST_POLICIES: readonly Policy[] = [
  { cost: 'neighbourhood', byDistance: true, outputsLeave: true, inputsLast: false },
  { cost: 'snapshot', byDistance: false, outputsLeave: true, inputsLast: true },
]

/** What is known about one graph, found out as it is asked for. */
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
    const limits = ladder(this.index, this.sets, once.peakLiveBytes)
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
    const { limitBytes } = rung
    const attempts: Attempt[] = []
    const attempt = (policy: Policy) => {
      const found = schedule(this.index, limitBytes, policy, this.#snapshotCost)
      if ('stuckAt' in found) rung.stuckAt = Math.max(rung.stuckAt, found.stuckAt)
      else
        attempts.push(
          this.#attempt(trim(this.index, residency(this.index, found.runs), limitBytes), limitBytes),
        )
    }
    if (limitBytes >= this.sets.keptBytes) POLICIES.forEach(attempt)
    if (attempts.length === 0) LAST_POLICIES.forEach(attempt)
    rung.attempts = attempts
    return attempts
  }

  #attempt(of: Residency, limitBytes: number): Attempt {
    const placement = place(of, limitBytes === 0)
    const recordBytes = recordBytesOf(this.index, of.runs)
    return {
      residency: of,
      placement,
      extraCost: extraCostOf(this.index, of.runs),
      recordBytes,
      needsBytes: Math.max(limitBytes, placement.peakBytes) + recordBytes,
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

/** Bytes of the records of some runs, so that something else can follow them. */
function recordBytesOf({ graph }: GraphIndex, runs: Int32Array): number {
  let bytes = 0
  for (const step of runs) bytes += graph.steps[step]?.recordBytes ?? 0
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

/** Limits from just under `highest` down to the largest working set, fewer the more steps an attempt has to run. */
function ladder(index: GraphIndex, { largestBytes, keptBytes }: WorkingSets, highest: number): number[] {
  const { stepCount } = index
  const even = stepCount <= 100 ? 48 : stepCount <= 1500 ? 32 : 16
  const ratio = stepCount <= 1500 ? 1.2 : 1.5
  const grain = Math.max(ALIGNMENT, commonDivisor(index))
  const limits = new Set<number>()
  const add = (bytes: number) => {
    const limit = Math.floor(bytes / grain) * grain
    if (limit >= largestBytes && limit < highest) limits.add(limit)
  }
  add(highest - grain)
  const range = highest - keptBytes
  for (let k = 1; k < even; k++) add(keptBytes + (range * k) / even)
  for (let step = range / (stepCount <= 1500 ? 1024 : 256); step < range / even; step *= ratio)
    add(keptBytes + step)
  add(keptBytes + grain)
  // below it outputs have to leave
  for (let k = 0; k <= even / 4; k++) add(largestBytes + ((keptBytes - largestBytes) * k * 4) / even)
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
