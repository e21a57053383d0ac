/**
 * All attempts at one graph, made when first asked for. Their limits depend on the graph alone, never on a budget,
 * so the plans that fit a budget are a subset of those that fit a larger one: feasibility and extra cost are
 * monotone in the budget by construction. Going down the {@link ladder} of limits stops once the lower bound of the
 * extra cost reaches the best plan found, since no lower limit can be cheaper. Of long graphs it
 * stops where a lower limit costs clearly more, or has no schedule: then extra cost is monotone as long as no limit costs less than a
 * higher one by so much. Every budget from {@link Portfolio.leastBytes} on has a plan; of long graphs one below may have one too.
 *
 * Limits: a budget between two limits is used up to the lower one. Chains have optimal schedules (Griewank & Walther
 * 2000; with uneven layers Beaumont et al., Rotor) which these heuristics approach but do not contain.
 */
import { type AnnealOptions, anneal } from './anneal.js'
import { type Attempt, bestOf, mayBeat, recordBytesOf, type Shorter } from './attempt.js'
import { Attempting } from './attempting.js'
import { leastNeeds, type RerunBound, rerunBound, type WorkingSets, workingSets } from './bound.js'
import type { Graph } from './graph.js'
import { alignBytes, type GraphIndex, indexGraph } from './graph-index.js'
import { LONG, ladder, RATHER_LONG, type Work, workAt, workFor } from './ladder.js'
import { place } from './place.js'
import { LAST_POLICIES, policiesFor, probingPoliciesFor } from './policies.js'
import { extraCostOf, type Residency, residency } from './residency.js'
import { type Found, type Searched, type SearchOptions, search } from './search.js'
import { snapshotCosts } from './snapshots.js'

interface Rung {
  readonly limitBytes: number
  /** The next lower limit, from which on its attempts count: live bytes may turn out to be fewer than the limit. */
  readonly fromBytes: number
  /** What no attempt under this limit needs less than. */
  readonly needsAtLeastBytes: number
  /** Storages and steps that the search under this limit may look at. */
  readonly work: number
  probed: Searched | undefined
  climbed: Climbed | undefined
}

/** What was found under a limit: the cheapest schedule made shorter, and attempts once they are asked for. */
interface Climbed {
  readonly found: readonly Found[]
  readonly best: Shorter | undefined
  attempts: readonly Attempt[] | undefined
}

/** Of the work of a search at one budget: for evictions compared each way, and for annealing. */
const SEARCHED = 0.1
const ANNEALED = 0.6

/** A schedule is good enough where no other can save more than this part of what the graph costs without reruns. */
const NEGLIGIBLE = 1e-3
/** Sums may round. */
const ROUNDING = 1e-12

/** Of a long graph limits are looked at down to the first that costs so many times the best, and this part of the graph's cost more. */
const DEARER = { ofLong: 1.2, ofRatherLong: 1.1 }
const CLEARLY = 0.01

const NOTHING: Searched = { found: [], work: 0 }

/** What is known about one graph, found out as it is asked for. */
export class Portfolio {
  readonly index: GraphIndex
  readonly sets: WorkingSets
  readonly #attempting: Attempting
  readonly #work: Work
  #fullIfAny: Attempt | undefined
  // A budget that holds `full` needs none of these three, and most do.
  #limits: readonly Rung[] | undefined
  #boundsIfAny: RerunBound | undefined
  #snapshotCosts: Float64Array | undefined
  /** The lowest limit that is known to be reached, and the highest that was probed in vain. */
  #reached = -1
  #missed: number | undefined
  #isLowestKnown = false
  #least: Attempt | undefined

  constructor(graph: Graph) {
    this.index = indexGraph(graph)
    const { stepCount } = this.index
    this.sets = workingSets(this.index)
    this.#attempting = new Attempting(this.index, this.sets)
    this.#work = workFor(stepCount)
  }

  /** Every step once, nothing dropped before its last use. */
  get full(): Attempt {
    this.#fullIfAny ??= this.#placedOnce()
    return this.#fullIfAny
  }

  #placedOnce(): Attempt {
    const runs = new Int32Array(this.index.stepCount)
    for (let step = 0; step < runs.length; step++) runs[step] = step
    const once = residency(this.index, runs)
    return this.#attempting.placed(once, place(once, 'thorough'), 0)
  }

  /** Limits in descending order. */
  get #rungs(): readonly Rung[] {
    this.#limits ??= this.#rungsBelow(this.full.residency)
    return this.#limits
  }

  #rungsBelow(once: Residency): readonly Rung[] {
    const limits = ladder(this.index, this.sets, once.peakLiveBytes)
    const needs = leastNeeds(this.index, once, limits, this.sets.largestBytes)
    return limits.map((limitBytes, r) => ({
      limitBytes,
      fromBytes: this.#isLong ? limitBytes : (limits[r + 1] ?? this.sets.largestBytes),
      needsAtLeastBytes: needs[r]!,
      work: workAt(limits.length - 1 - r, this.index.stepCount),
      probed: undefined,
      climbed: undefined,
    }))
  }

  get #bounds(): RerunBound {
    this.#boundsIfAny ??= rerunBound(this.index, this.full.residency, this.index.cost)
    return this.#boundsIfAny
  }

  get #snapshotCost(): Float64Array {
    const { peakMoment } = this.full.residency
    this.#snapshotCosts ??= snapshotCosts(this.index, Math.max(0, peakMoment - 1))
    return this.#snapshotCosts
  }

  /** No plan within so many bytes has a lower extra cost. */
  leastExtraCost(budgetBytes: number): number {
    return this.full.needsBytes <= budgetBytes ? 0 : this.#bounds.least(budgetBytes)
  }

  /**
   * The cheapest attempt that fits, the lower peak among equals; none is looked for where the whole graph would take so much or more.
   */
  best(budgetBytes: number, belowCost = Infinity): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    const { stepCount, totalCost } = this.index
    const dearer = stepCount > RATHER_LONG ? DEARER.ofRatherLong : DEARER.ofLong
    let best: Attempt | undefined
    for (const [r, rung] of this.#rungs.entries()) {
      if (Math.max(rung.fromBytes, rung.needsAtLeastBytes) > budgetBytes) continue
      const isTooDear = totalCost + this.#bounds.least(rung.limitBytes) >= belowCost
      if (isTooDear || this.#cannotBeat(rung.limitBytes, best)) return best
      if (!this.#isLong && !this.#isReached(r)) return best
      const { best: shorter } = this.#climb(rung)
      // where nothing fits yet, what is found under a lower limit may be cheaper than what needs the fewest bytes
      if (this.#isLong && !shorter && (best || !this.#isReached(r))) break
      const isDearer = shorter && best && shorter.extraCost > dearer * best.extraCost + CLEARLY * totalCost
      if (this.#isLong && isDearer) break
      if (!shorter || (best && !mayBeat(shorter, best))) continue
      best = bestOf(best, this.#attemptsAt(rung), budgetBytes)
    }
    if (best || !this.#isLong || this.leastBytes > budgetBytes) return best
    return this.#leastAttempt
  }

  /** Whether only some of the limits below a budget are looked at. */
  get #isLong(): boolean {
    return this.index.stepCount > LONG
  }

  /** The cheaper of {@link best} and what is found by a search at this budget that looks at so many storages and steps. */
  bestWith(budgetBytes: number, work: number, belowCost?: number): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    const best = this.best(budgetBytes, belowCost)
    if (work <= 0) return best
    const near = this.#rungs.findIndex(({ limitBytes }) => limitBytes <= budgetBytes)
    const known =
      near >= 0 && (this.#isLong || this.#isReached(near))
        ? this.#climb(this.#rungs[near]!).found.slice(-1)
        : []
    let left = work
    return this.#bestNear(best, budgetBytes, limitBytes => {
      // neither way of comparing is better everywhere
      const shorter = this.#search(limitBytes, { work: SEARCHED * left, isPersistent: true })
      const plain = this.#search(limitBytes, { work: SEARCHED * left, isShortening: false })
      const annealed = this.#anneal([shorter.found, plain.found, known], limitBytes, {
        work: ANNEALED * left,
      })
      left -= shorter.work + plain.work + annealed.work
      return { found: annealed.found, isLast: left <= 0.1 * work }
    })
  }

  /**
   * The cheapest attempt that was found by a time, as `performance.now` counts; one is made at least. What is known already
   * counts too, and nothing of this is remembered, so that plans without a deadline do not depend on it.
   */
  bestBy(budgetBytes: number, deadlineMs: number): Attempt | undefined {
    if (this.full.needsBytes <= budgetBytes) return this.full
    const isOver = () => performance.now() >= deadlineMs
    const known = this.#rungs.filter(({ fromBytes, climbed }) => fromBytes <= budgetBytes && climbed?.best)
    const best = known.reduce<Attempt | undefined>(
      (best, rung) => bestOf(best, this.#attemptsAt(rung), budgetBytes),
      undefined,
    )
    const from = known.slice(0, 1).map(({ climbed }) => climbed?.found.slice(-1) ?? [])
    const found = this.#bestNear(best, budgetBytes, limitBytes => {
      const startMs = performance.now()
      const leftMs = deadlineMs - startMs
      // none is left where the deadline is over by now
      const share = () => (leftMs > 0 ? (performance.now() - startMs) / leftMs : 1)
      const { found } = this.#search(limitBytes, {
        work: Infinity,
        isOver: isFound => share() >= (isFound ? 2 * SEARCHED : 1),
        isPersistent: true,
      })
      const annealed = this.#anneal([found, ...from], limitBytes, { work: Infinity, share })
      return { found: annealed.found, isLast: isOver() }
    })
    return found ?? this.best(budgetBytes)
  }

  /** No budget below it has a plan that {@link best} finds. */
  get atLeastBytes(): number {
    return Math.min(this.full.needsBytes, this.#rungs[0]?.needsAtLeastBytes ?? Infinity)
  }

  /** The smallest budget for which {@link best} finds a plan. */
  get leastBytes(): number {
    return this.#leastAttempt.needsBytes
  }

  get #leastAttempt(): Attempt {
    if (this.#least !== undefined) return this.#least
    let least = this.full
    const may = (rung: Rung) => rung.needsAtLeastBytes < least.needsBytes
    if (this.#rungs.some(may)) this.#isReached(this.#rungs.length - 1)
    for (let r = this.#reached; r >= 0 && this.#rungs[r]!.fromBytes < least.needsBytes; r--) {
      const rung = this.#rungs[r]!
      if (!may(rung)) continue
      const shorter = this.#climb(rung).best
      if (!shorter || shorter.residency.peakLiveBytes >= least.needsBytes) continue
      for (const attempt of this.#attemptsAt(rung)) if (attempt.needsBytes < least.needsBytes) least = attempt
    }
    this.#least = least
    return least
  }

  /**
   * Where a budget is too small: at the step with the largest working set if that is larger, or where the plan with the fewest bytes
   * has the most of them; −1 if that is before the first step or after the last.
   */
  stuckAt(budgetBytes: number): number {
    if (budgetBytes < this.sets.largestBytes) return this.sets.step
    const { runs, peakMoment } = this.#leastAttempt.residency
    return runs[peakMoment - 1] ?? -1
  }

  /** The extra cost that is good enough under a limit: the least there can be, or little more than that with fractions of steps. */
  #enough(limitBytes: number): number {
    const { least, fractional } = this.#bounds
    return Math.max(
      least(limitBytes) * (1 + ROUNDING),
      fractional(limitBytes) + NEGLIGIBLE * this.index.totalCost,
    )
  }

  #cannotBeat(limitBytes: number, best: { readonly extraCost: number } | undefined): boolean {
    return best !== undefined && this.#bounds.least(limitBytes) >= best.extraCost
  }

  /**
   * Whether a limit is no lower than the lowest at which there is a schedule, which is found by bisection, and then, where probes have
   * less work than attempts, downwards as long as not too much fails; below it nothing is looked for. Bisection goes on only until the
   * answer is clear.
   */
  #isReached(r: number): boolean {
    const rungs = this.#rungs
    if (r >= rungs.length) return false
    let missed = this.#missed ?? rungs.length
    while (r > this.#reached && missed - this.#reached > 1) {
      const middle = (this.#reached + missed) >> 1
      if (this.#probe(rungs[middle]!).found.length > 0) this.#reached = middle
      else missed = middle
    }
    this.#missed = missed
    if (r <= this.#reached || this.#isLowestKnown || this.#isLong) return r <= this.#reached
    let left = this.#work.failures
    for (let below = this.#reached + 1; below < rungs.length && left > 0; below++) {
      const { found, work } = this.#look(rungs[below]!, this.#work.attempt)
      if (found.length > 0) this.#reached = below
      else left -= work
    }
    this.#isLowestKnown = true
    return r <= this.#reached
  }

  /** Whether there is a schedule under a limit, with little work where the graph is not long. */
  #probe(rung: Rung): Searched {
    rung.probed ??= this.#look(rung, this.#work.probe)
    return rung.probed
  }

  /** Looks for any schedule. */
  #look(rung: Rung, work: number): Searched {
    const policies = probingPoliciesFor(this.index.stepCount)
    const leastPolicies = this.index.stepCount <= RATHER_LONG ? 2 : 1
    return this.#search(rung.limitBytes, {
      policies,
      leastPolicies,
      work,
      attemptWork: work,
      enoughExtraCost: Infinity,
    })
  }

  /** Searches under a limit by itself, and then from what was found under the next lower one. */
  #climb(rung: Rung): Climbed {
    if (rung.climbed) return rung.climbed
    const { limitBytes, work } = rung
    let { found } = this.#search(limitBytes, { work: this.#isLong ? work : work / 2 })
    if (found.length === 0) {
      found = (this.#isLong ? this.#probe(rung) : this.#look(rung, this.#work.attempt)).found
    }
    const r = this.#rungs.indexOf(rung)
    const isGood = (found.at(-1)?.extraCost ?? Infinity) <= this.#enough(limitBytes)
    const below = this.#isLong || isGood || !this.#isReached(r + 1) ? undefined : this.#rungs[r + 1]
    const isWorthIt = below && !this.#cannotBeat(below.limitBytes, found.at(-1))
    const lower = isWorthIt ? this.#climb(below).found : []
    if (this.#isLong) found = this.#attempting.byCostMadeShorter(found, limitBytes)
    else if (!isGood) found = this.#anneal([found, lower], limitBytes, { work: work / 2 }).found
    const best = found.at(-1)
    rung.climbed = { found, best: best && this.#attempting.shorter(best, limitBytes), attempts: undefined }
    return rung.climbed
  }

  /**
   * Anneals from the cheapest of each list; gives the first list with what is cheaper at its end.
   */
  #anneal(
    [found = [], ...others]: readonly (readonly Found[])[],
    limitBytes: number,
    options: Omit<AnnealOptions, 'limitBytes' | 'leastExtraCost'>,
  ): Pick<Searched, 'found' | 'work'> {
    const starts = [found, ...others].flatMap(each => each.at(-1)?.runs ?? [])
    const leastExtraCost = this.#bounds.least(limitBytes)
    const { runs, work } = anneal(this.index, starts, { limitBytes, leastExtraCost, ...options })
    return {
      found: runs ? [...found.slice(-1), { runs, extraCost: extraCostOf(this.index, runs) }] : found,
      work,
    }
  }

  #search(limitBytes: number, options: Partial<SearchOptions>): Searched {
    const all: SearchOptions = {
      limitBytes,
      snapshotCost: this.#snapshotCost,
      policies: policiesFor(this.index.stepCount),
      work: 0,
      attemptWork: this.#work.attempt,
      enoughExtraCost: this.#enough(limitBytes),
      isShortening: !this.#isLong,
      ...options,
    }
    const usual = limitBytes >= this.sets.keptBytes ? search(this.index, all) : NOTHING
    const isEnough = usual !== NOTHING && this.#isLong
    if (usual.found.length > 0 || isEnough) return usual
    const last = search(this.index, { ...all, policies: LAST_POLICIES })
    return { found: last.found, work: usual.work + last.work }
  }

  /**
   * Searches under the limit that a budget leaves: fragments and records come on top, so the next one is as much lower. The last is the
   * first under which something fits.
   */
  #bestNear(
    known: Attempt | undefined,
    budgetBytes: number,
    searchUnder: (limitBytes: number) => Pick<Searched, 'found'> & { readonly isLast: boolean },
  ): Attempt | undefined {
    let best = known
    const recordBytes = alignBytes(
      recordBytesOf(this.index, known?.residency.runs ?? this.full.residency.runs),
    )
    for (let limitBytes = budgetBytes - recordBytes; limitBytes >= this.sets.largestBytes; ) {
      const { found, isLast } = searchUnder(limitBytes)
      const attempts = this.#attempting.attempts(found, limitBytes, 0)
      best = bestOf(best, attempts, budgetBytes)
      const over = Math.min(...attempts.map(({ needsBytes }) => needsBytes - budgetBytes))
      if (over <= 0 || over === Infinity || (isLast && best)) break
      limitBytes -= over
    }
    return best
  }

  #attemptsAt(rung: Rung): readonly Attempt[] {
    const climbed = this.#climb(rung)
    climbed.attempts ??= this.#attempting.attempts(climbed.found, rung.limitBytes, rung.fromBytes)
    return climbed.attempts
  }
}
