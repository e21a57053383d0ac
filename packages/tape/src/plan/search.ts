/**
 * Looks for a schedule under a limit that runs little again: every policy of a list once, then a search among biases.
 * A step of the search makes it unlikelier that something leaves which ran again, or changes the odds of a few gaps or of a
 * whole stretch of the program; what is no dearer stays (random-key local search, in the
 * manner of Bean 1994; the greedy eviction that reads the keys is {@link schedule}). A search that gets no further begins anew by
 * another policy, and every third time goes back to the best it has found.
 *
 * Work is counted, not timed, and numbers are drawn from a generator of its own, so the outcome depends on the graph
 * and the limit alone.
 */
import type { GraphIndex } from './graph-index.js'
import { RandomNumbers } from './random.js'
import { extraCostOf, residency } from './residency.js'
import { firstGap, gapCount, type Policy, schedule } from './schedule.js'
import { trim } from './trim.js'

/** What a schedule is made by. */
interface Start {
  readonly policy: Policy
  readonly bias: Float64Array | undefined
}

/** A schedule that fits. */
export interface Found {
  readonly runs: Int32Array
  readonly extraCost: number
}

/** What a search is given. */
export interface SearchOptions {
  readonly limitBytes: number
  readonly policies: readonly Policy[]
  /** How many of them are tried whatever work that is. Default 1. */
  readonly leastPolicies?: number
  /** Estimated cost of bringing back each storage as a snapshot. */
  readonly snapshotCost: Float64Array
  /** Storages and steps to look at; where nothing fits, as many as one attempt may look at. */
  readonly work: number
  /** Storages and steps that one attempt may look at. */
  readonly attemptWork: number
  /** A schedule with this extra cost or less is good enough: nothing is looked for beyond. */
  readonly enoughExtraCost: number
  /** Whether schedules are compared by what they cost made shorter, which takes about as long again as making them. */
  readonly isShortening: boolean
  /** Whether the search goes on while nothing fits, as long as there is work, instead of giving up after a while. */
  readonly isPersistent?: boolean
  /** Whether it is time to stop, by whether anything was found. Default: when the work is done. */
  readonly isOver?: ((isFound: boolean) => boolean) | undefined
}

/** The cheapest schedules found, the best last. */
export interface Searched {
  readonly found: readonly Found[]
  /** Storages and steps that were looked at. */
  readonly work: number
}

/** Without an improvement for so many steps of search, it goes on from elsewhere. */
const PATIENCE = 60
/** Where nothing fits for so many steps of search a step of the graph, a search gives up; within bounds. */
const GIVING_UP = { each: 1, least: 64, most: 400 }
/** What an attempt counts for itself, in storages and steps that are looked at, for each step of the graph. */
const ATTEMPT_WORK = 4
/** What making a schedule shorter counts, for each of its runs. */
const TRIM_WORK = 8
/** A schedule is not looked at further when it is so many times as dear as the best, made shorter. */
const SHORTENED = 1.25
/** How many of the best schedules are told, since not all of them may be placed equally well. */
const TOLD = 3

/** Searches under one limit. */
export function search(index: GraphIndex, options: SearchOptions): Searched {
  const hunt = new Hunt(index, options)
  const { policies, leastPolicies: least = 1 } = options
  for (const [k, policy] of policies.entries()) {
    if (hunt.isDone() || (k >= least && hunt.isOver())) break
    hunt.attempt(policy, undefined)
  }
  hunt.improve()
  return hunt
}

class Hunt implements Searched {
  readonly found: (Found & Start)[] = []
  readonly #index: GraphIndex
  readonly #options: SearchOptions
  readonly #random = new RandomNumbers(0x9e3779b9)
  work = 0
  /** How often it went on from elsewhere. */
  #turns = 0
  /** Where the search is: the best schedule since it began, or went on from elsewhere. */
  #now: (Found & Start) | undefined
  /** What came farthest before anything was found, and to which step. */
  #nearest: Start | undefined
  #farthest = -1
  /** Storages that it writes more than once. */
  #again: readonly number[] = []

  constructor(index: GraphIndex, options: SearchOptions) {
    this.#index = index
    this.#options = options
  }

  /** Tries once, and goes on from what is no dearer than where it was. */
  attempt(policy: Policy, bias: Float64Array | undefined): boolean {
    const { limitBytes, snapshotCost, attemptWork: mostWork } = this.#options
    const before = this.#now?.extraCost ?? Infinity
    const mostExtraCost = this.#options.isShortening ? SHORTENED * before : before
    const result = schedule(this.#index, limitBytes, policy, { snapshotCost, bias, mostExtraCost, mostWork })
    this.work += result.work + ATTEMPT_WORK * this.#index.stepCount
    if ('stuckAt' in result) {
      if (this.found.length === 0 && result.stuckAt >= this.#farthest) {
        this.#nearest = { policy, bias }
        this.#farthest = result.stuckAt
      }
      return false
    }
    const { runs, extraCost } = this.#options.isShortening ? this.#shorter(result.runs) : result
    if (extraCost > before) return false
    const now = { runs, extraCost, policy, bias }
    this.#goOnFrom(now)
    if (extraCost < (this.found.at(-1)?.extraCost ?? Infinity)) {
      this.found.push(now)
      if (this.found.length > TOLD) this.found.shift()
    }
    return extraCost < before
  }

  /** Without reruns that it can do without: what a schedule is worth. */
  #shorter(of: Int32Array): { readonly runs: Int32Array; readonly extraCost: number } {
    const { runs } = trim(this.#index, residency(this.#index, of), this.#options.limitBytes)
    this.work += TRIM_WORK * of.length
    return { runs, extraCost: extraCostOf(this.#index, runs) }
  }

  improve(): void {
    const { each, least, most } = GIVING_UP
    const giveUpAt = Math.min(most, Math.max(least, each * this.#index.stepCount))
    for (let idle = 0; !this.isOver(); idle++) {
      if (this.isDone()) return
      const isNothing = this.found.length === 0
      if (isNothing && idle === giveUpAt && !this.#options.isPersistent) return
      if (idle >= (isNothing ? giveUpAt : PATIENCE)) {
        this.#goElsewhere()
        idle = 0
      }
      const from =
        this.#now ?? (this.found.length === 0 && this.#random.next() < 0.7 ? this.#nearest : undefined)
      if (from ? this.#step(from) : this.#anywhere()) idle = 0
    }
  }

  /** Anew by the next policy, varied once all have had their turn, or, every third time, to the best schedule found. */
  #goElsewhere(): void {
    const { policies } = this.#options
    const turn = this.#turns++
    const best = this.found.at(-1)
    if (best && turn % 3 === 2) {
      this.#goOnFrom(best)
      return
    }
    this.#now = undefined
    const next = turn - Math.floor(turn / 3)
    const policy = policies[next % policies.length]!
    this.attempt(next < policies.length ? policy : this.#varied(policy), undefined)
  }

  #goOnFrom(schedule: Found & Start): void {
    this.#now = schedule
    this.#again = writtenAgain(this.#index, schedule.runs)
  }

  isOver(): boolean {
    const { work, attemptWork, isOver } = this.#options
    if (isOver) return isOver(this.found.length > 0)
    return this.work >= (this.found.length > 0 ? work : Math.max(work, attemptWork))
  }

  /** Whether nothing much better can be found. */
  isDone(): boolean {
    const best = this.found.at(-1)
    return best !== undefined && best.extraCost <= this.#options.enoughExtraCost
  }

  /** From a schedule to one that differs in a few odds. */
  #step({ policy, bias }: Start): boolean {
    const next = bias?.slice() ?? new Float64Array(gapCount(this.#index))
    const changes = 1 + Math.floor(this.#random.next() * this.#random.next() * 6)
    for (let k = 0; k < changes; k++) {
      const kind = this.#random.next()
      const gap = kind < 0.65 && this.#again.length > 0 ? this.#gapOfAgain() : this.#random.below(next.length)
      if (kind < 0.2) this.#shiftStretch(next)
      else if (kind < 0.65) next[gap] = next[gap]! - 3 * Math.abs(this.#random.normal())
      else next[gap] = next[gap]! + 3 * this.#random.normal()
    }
    return this.attempt(this.#random.next() < 0.05 ? this.#varied(policy) : policy, next)
  }

  /** Any odds: nothing has fitted yet, or nothing near is better. */
  #anywhere(): boolean {
    const { policies } = this.#options
    const policy = policies[this.#random.below(policies.length)]!
    const bias = new Float64Array(gapCount(this.#index)).map(() => this.#random.normal())
    return this.attempt(this.#varied(policy), bias)
  }

  /** Makes everything that a stretch of the program computes likelier, or unlikelier, to leave after its last reads. */
  #shiftStretch(bias: Float64Array): void {
    const { stepCount, results, readers } = this.#index
    const from = this.#random.below(stepCount)
    const to = Math.min(stepCount, from + 1 + this.#random.below((this.#random.next() * stepCount) / 4))
    const change = 3 * this.#random.normal()
    for (let e = results.starts[from]!; e < results.starts[to]!; e++) {
      const s = results.items[e]!
      const last = firstGap(this.#index, s) + Math.max(0, readers.starts[s + 1]! - readers.starts[s]! - 1)
      bias[last] = bias[last]! + change
    }
  }

  /** Some gap of a storage that is written more than once. */
  #gapOfAgain(): number {
    const { readers } = this.#index
    const storage = this.#again[this.#random.below(this.#again.length)]!
    return (
      firstGap(this.#index, storage) +
      this.#random.below(readers.starts[storage + 1]! - readers.starts[storage]! + 1)
    )
  }

  #varied(policy: Policy): Policy {
    const by = () => Math.exp(0.3 * this.#random.normal())
    return {
      ...policy,
      bytes: policy.bytes * by(),
      distance: policy.distance * by(),
      cost: policy.cost * by(),
    }
  }
}

function writtenAgain({ stepCount, results }: GraphIndex, runs: Int32Array): number[] {
  const times = new Int32Array(stepCount)
  for (const step of runs) times[step] = times[step]! + 1
  const again: number[] = []
  times.forEach((count, step) => {
    if (count > 1) again.push(...results.items.subarray(results.starts[step], results.starts[step + 1]))
  })
  return again
}
