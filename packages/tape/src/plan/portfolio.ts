/**
 * All attempts at one graph, made when first asked for. Their limits depend on the graph alone, never on a budget,
 * so the plans that fit a budget are a subset of those that fit a larger one: feasibility and extra cost are
 * monotone in the budget by construction. Going down the {@link ladder} of limits stops once the lower bound of the
 * extra cost reaches the best plan found, since no lower limit can be cheaper.
 *
 * Limits: a budget between two limits is used up to the lower one. Chains have optimal schedules (Griewank & Walther
 * 2000; with uneven layers Beaumont et al., Rotor) which these heuristics approach but do not contain.
 */
import { extraCostBound, type WorkingSets, workingSets } from './bound.js'
import type { Graph } from './graph.js'
import { alignBytes, type GraphIndex, indexGraph } from './graph-index.js'
import { LONG, ladder, workAt } from './ladder.js'
import { type MovingPlacement, placeByMoving } from './move.js'
import { type Placement, place } from './place.js'
import { LAST_POLICIES, policiesFor } from './policies.js'
import { type Residency, residency } from './residency.js'
import type { Policy } from './schedule.js'
import { type Found, type Searched, search } from './search.js'
import { snapshotCosts } from './snapshots.js'
import { trim } from './trim.js'

/** A schedule with its placement. */
export interface Attempt {
  readonly residency: Residency
  readonly placement: Placement & Partial<MovingPlacement>
  readonly extraCost: number
  /** Bytes of the list of its runs and moves. */
  readonly recordBytes: number
  /** The fewest bytes for which this attempt counts: its peak and the list of its runs, or more. */
  readonly needsBytes: number
}

interface Rung {
  readonly limitBytes: number
  /** The next lower limit, from which on its attempts count: live bytes may turn out to be fewer than the limit. */
  readonly fromBytes: number
  /** Storages and steps that the search under this limit may look at. */
  readonly work: number
  climbed: Climbed | undefined
}

interface Climbed {
  readonly attempts: readonly Attempt[]
  /** The cheapest schedule under the limit, before it was made shorter. */
  readonly best: Found | undefined
  readonly stuckAt: number
}

const NOTHING: Searched = { found: [], stuckAt: -1 }

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
    this.full = this.#placed(once, place(once, 'thorough'), 0)
    this.#bound = extraCostBound(this.index, once)
    this.#snapshotCost = snapshotCosts(this.index, Math.max(0, once.peakMoment - 1))
    const limits = ladder(this.index, this.sets, once.peakLiveBytes)
    this.#rungs = limits.map((limitBytes, r) => ({
      limitBytes,
      fromBytes: limits[r + 1] ?? this.sets.largestBytes,
      work: workAt(limits.length - 1 - r, this.index.stepCount),
      climbed: undefined,
    }))
  }

  /** No plan within so many bytes that runs steps first in the graph's order has a lower extra cost. */
  leastExtraCost(budgetBytes: number): number {
    return this.full.needsBytes <= budgetBytes ? 0 : this.#bound(budgetBytes)
  }

  /** The cheapest attempt that fits, the lower peak among equals. */
  best(budgetBytes: number): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    let best: Attempt | undefined
    this.#rungs.forEach(({ limitBytes, fromBytes }, r) => {
      if (fromBytes > budgetBytes || this.#cannotBeat(limitBytes, best)) return
      best = bestOf(best, this.#climb(r).attempts, budgetBytes)
    })
    return best
  }

  /**
   * The cheapest attempt that was found by a time, as `performance.now` counts; one is made at least. What is known already
   * counts too, and nothing of this is remembered, so that plans without a deadline do not depend on it.
   */
  bestBy(budgetBytes: number, deadlineMs: number): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    const isOver = () => performance.now() >= deadlineMs
    const known = this.#rungs.flatMap(({ fromBytes, climbed }) =>
      fromBytes <= budgetBytes && climbed ? [climbed] : [],
    )
    let best = known.reduce<Attempt | undefined>(
      (best, { attempts }) => bestOf(best, attempts, budgetBytes),
      undefined,
    )
    // Fragments and records come on top of a limit, so the next one is as much lower.
    for (let limitBytes = budgetBytes; limitBytes >= this.sets.largestBytes; ) {
      const from = known.flatMap(({ best }) => best ?? []).slice(0, 1)
      const { found } = this.#search(limitBytes, policiesFor(this.index.stepCount), from, Infinity, isOver)
      const attempts = this.#attempts(found, limitBytes, 0)
      best = bestOf(best, attempts, budgetBytes)
      const over = Math.min(...attempts.map(({ needsBytes }) => needsBytes - budgetBytes))
      if (over <= 0 || over === Infinity || isOver()) break
      limitBytes -= over
    }
    return best ?? this.best(budgetBytes)
  }

  /** The smallest budget for which {@link best} finds a plan. */
  get leastBytes(): number {
    if (this.#leastBytes !== undefined) return this.#leastBytes
    let least = this.full.needsBytes
    for (let r = this.#rungs.length - 1; r >= 0 && this.#rungs[r]!.fromBytes < least; r--) {
      for (const attempt of this.#climb(r).attempts) least = Math.min(least, attempt.needsBytes)
    }
    this.#leastBytes = least
    return least
  }

  /** The step that the attempt with the highest limit within the budget could not reach. */
  stuckAt(budgetBytes: number): number {
    const rung = this.#rungs.findIndex(each => each.limitBytes <= budgetBytes)
    return rung < 0 ? this.sets.step : this.#climb(rung).stuckAt
  }

  #cannotBeat(limitBytes: number, best: { readonly extraCost: number } | undefined): boolean {
    return best !== undefined && this.#bound(limitBytes) >= best.extraCost
  }

  /** Searches under a limit by itself, and then from what was found under the next lower one. */
  #climb(r: number): Climbed {
    const rung = this.#rungs[r]!
    if (rung.climbed) return rung.climbed
    const { limitBytes, fromBytes, work } = rung
    const isLong = this.index.stepCount > LONG
    const own = this.#search(limitBytes, policiesFor(this.index.stepCount), [], isLong ? work : work / 2)
    let { found } = own
    const below = this.#rungs[r + 1]
    if (below && !isLong && !this.#cannotBeat(below.limitBytes, found.at(-1))) {
      const from = [found.at(-1), this.#climb(r + 1).best].flatMap(each => each ?? [])
      if (from.length > 0) found = this.#search(limitBytes, [], from, work / 2).found
    }
    rung.climbed = {
      attempts: this.#attempts(found, limitBytes, fromBytes),
      best: found.at(-1),
      stuckAt: own.stuckAt,
    }
    return rung.climbed
  }

  #search(
    limitBytes: number,
    policies: readonly Policy[],
    from: readonly Found[],
    work: number,
    isOver?: () => boolean,
  ): Searched {
    const leastExtraCost = this.#bound(limitBytes)
    const options = { limitBytes, snapshotCost: this.#snapshotCost, from, work, leastExtraCost, isOver }
    const usual = limitBytes >= this.sets.keptBytes ? search(this.index, { ...options, policies }) : NOTHING
    if (usual.found.length > 0) return usual
    const last = search(this.index, { ...options, policies: LAST_POLICIES })
    return { found: last.found, stuckAt: Math.max(usual.stuckAt, last.stuckAt) }
  }

  /** The best schedules, placed: where they lie still, and, if fragments reach above the limit, with moves. */
  #attempts(found: readonly Found[], limitBytes: number, fromBytes: number): readonly Attempt[] {
    const attempts: Attempt[] = []
    for (const { runs } of found.toReversed()) {
      const trimmed = trim(this.index, residency(this.index, runs), limitBytes)
      const still = this.#placed(
        trimmed,
        place(trimmed, this.index.graph.move ? 'quick' : 'usual'),
        fromBytes,
      )
      attempts.push(still)
      if (still.placement.peakBytes <= limitBytes) break
      if (!this.index.graph.move) continue
      attempts.push(this.#placed(trimmed, placeByMoving(this.index, trimmed, limitBytes), fromBytes))
      break
    }
    return attempts
  }

  #placed(of: Residency, placement: Placement & Partial<MovingPlacement>, fromBytes: number): Attempt {
    const { movedBytes = 0, moves = [] } = placement
    const { costPerByte = 0, recordBytes: moveRecordBytes = 0 } = this.index.graph.move ?? {}
    const recordBytes = alignBytes(recordBytesOf(this.index, of.runs) + moves.length * moveRecordBytes)
    return {
      residency: of,
      placement,
      extraCost: extraCostOf(this.index, of.runs) + costPerByte * movedBytes,
      recordBytes,
      needsBytes: Math.max(fromBytes, placement.peakBytes + recordBytes),
    }
  }
}

function bestOf(
  known: Attempt | undefined,
  attempts: readonly Attempt[],
  budgetBytes: number,
): Attempt | undefined {
  let best = known
  for (const attempt of attempts) {
    if (attempt.needsBytes <= budgetBytes && (!best || isBetter(attempt, best))) best = attempt
  }
  return best
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

/** Bytes of the records of some runs. */
function recordBytesOf({ graph }: GraphIndex, runs: Int32Array): number {
  let bytes = 0
  for (const step of runs) bytes += graph.steps[step]?.recordBytes ?? 0
  return bytes
}
