/**
 * Which steps to run, and when again, so that live bytes stay under a limit: simulated eviction.
 *
 * The steps run in the graph's order. Before a step runs, the producers of its missing operands run again, least
 * first, with whatever those miss. When a run does not fit, the resident storage with the highest
 *
 *     bytes^a × distance to its next use^b ÷ cost of bringing it back^c × e^bias
 *
 * leaves, in the manner of DTR (Kirisame et al. 2021), but with next uses known exactly because the program is. A
 * {@link Policy} gives the exponents; the bias is for a search, which learns from what came out ({@link search}).
 *
 * Limits: steps are not reordered; outputs stay once computed unless the policy lets them leave, which is worth it
 * only where nothing else fits; greedy, so a limit at which a schedule exists may fail. Work is bounded: an attempt
 * that looks at too much, or runs too many steps again, fails instead of blowing up.
 */
import { Candidates } from './candidates.js'
import { Demand } from './demand.js'
import { type GraphIndex, withFinalStep } from './graph-index.js'
import { MinHeap } from './heap.js'
import { Recovery } from './recovery.js'

/** How a schedule chooses what leaves. */
export interface Policy {
  /** Exponents of the score. */
  readonly bytes: number
  readonly distance: number
  readonly cost: number
  /**
   * Whether the cost of bringing back is that of the moment, with that of what would wait for it (DTR's neighbourhood) or
   * without, or that of a snapshot given in advance.
   */
  readonly estimate: 'recovery' | 'neighbourhood' | 'snapshot'
  /** What the distance is: first runs until the next use, or, as in DTR, the cost that has run since the last. */
  readonly distanceTo: 'next use' | 'last use'
  /** Whether outputs may leave and be computed again before the end. */
  readonly outputsLeave: boolean
  /** Whether an input that nothing wants leaves last, since what was computed from it cannot leave after it. */
  readonly inputsLast: boolean
}

/** What a schedule is made by, beside the policy. */
export interface Guidance {
  /** Estimated cost of bringing back each storage as a snapshot. */
  readonly snapshotCost: Float64Array
  /** Added to the logarithm of a score, by the {@link firstGap} of the storage and its reads so far; default: nothing. */
  readonly bias?: Float64Array | undefined
  /** Runs again that cost more than this in all are given up. Default: none are. */
  readonly mostExtraCost?: number
  /** Storages and steps that may be looked at. */
  readonly mostWork: number
}

/** What became of an attempt, and how much work it was. */
export type Schedule = {
  /** Storages and steps that were looked at. */
  readonly work: number
} & (
  | {
      /** Steps in the order in which they run. */
      readonly runs: Int32Array
      readonly extraCost: number
    }
  /** The step before which it failed. */
  | { readonly stuckAt: number }
)

/**
 * Where the gaps of a storage begin in a list of all: the times before its first read by a first run, before its second, …,
 * and after the last.
 */
export const firstGap = ({ readers }: GraphIndex, storage: number): number =>
  readers.starts[storage]! + storage

/** Number of gaps, with room for those of outputs that wait for the end. */
export const gapCount = ({ readers, storageCount, graph }: GraphIndex): number =>
  readers.items.length + storageCount + graph.outputs.length

/** Schedules a graph so that live bytes stay under a limit. */
export function schedule(
  index: GraphIndex,
  limitBytes: number,
  policy: Policy,
  guidance: Guidance,
): Schedule {
  const { stepCount } = index
  const seen = policy.outputsLeave ? withFinalStep(index) : index
  const machine = new Machine(seen, limitBytes, policy, guidance)
  for (let step = 0; step < seen.stepCount; step++) {
    if (!machine.reach(step)) return { stuckAt: Math.min(step, stepCount - 1), work: machine.work }
  }
  const { runs, extraCost, work } = machine
  return {
    runs: Int32Array.from(policy.outputsLeave ? runs.slice(0, -1) : runs),
    extraCost,
    work,
  }
}

/** What a run counts for itself, in storages and steps that are looked at. */
const RUN_WORK = 4

class Machine {
  readonly runs: number[] = []
  extraCost = 0
  readonly #index: GraphIndex
  readonly #limitBytes: number
  readonly #policy: Policy
  readonly #snapshotCost: Float64Array
  readonly #bias: Float64Array | undefined
  readonly #mostExtraCost: number
  readonly #demand: Demand
  readonly #recovery: Recovery
  readonly #candidates: Candidates
  readonly #idle: number[] = []
  readonly #idleFragile: number[] = []
  readonly #runLimit: number
  readonly #workLimit: number
  #liveBytes = 0
  /** Cost of what has run, at the last use of each storage, and a cost that is nearly nothing. */
  #cost = 0
  readonly #usedAt: Float64Array
  readonly #instant: number
  #work = 0
  /** Steps below it have run at least once. */
  #frontier = 0
  #idleAt = 0
  /** Run number in which a storage is an operand or result. */
  readonly #lock: Int32Array
  /** Waiting steps that read a storage. */
  readonly #awaited: Int32Array
  /** Reads of each storage by first runs so far. */
  readonly #read: Int32Array
  readonly #logOf: Float64Array
  readonly #heap = new MinHeap()
  readonly #queued: Uint8Array
  readonly #waiting: Uint8Array

  constructor(index: GraphIndex, limitBytes: number, policy: Policy, guidance: Guidance) {
    const { storageCount, stepCount, isOutput, isPinned, bytes } = index
    this.#index = index
    this.#limitBytes = limitBytes
    this.#policy = policy
    this.#snapshotCost = guidance.snapshotCost
    this.#bias = guidance.bias
    this.#logOf = index.logOf
    this.#mostExtraCost = guidance.mostExtraCost ?? Infinity
    this.#usedAt = new Float64Array(policy.distanceTo === 'last use' ? storageCount : 0)
    this.#instant = 1e-9 * index.totalCost + Number.MIN_VALUE
    this.#lock = new Int32Array(storageCount).fill(-1)
    this.#awaited = new Int32Array(storageCount)
    this.#read = new Int32Array(storageCount)
    this.#queued = new Uint8Array(stepCount)
    this.#waiting = new Uint8Array(stepCount)
    this.#candidates = new Candidates(storageCount)
    this.#runLimit = 9 * stepCount + Math.min(stepCount * stepCount, 150_000)
    this.#workLimit = guidance.mostWork
    this.#demand = new Demand(
      index,
      s => {
        if (!isOutput[s] && !isPinned[s] && bytes[s]! > 0) this.#idle.push(s)
      },
      step => this.#recovery.called(step),
    )
    this.#recovery = new Recovery(index, this.#demand, policy.estimate === 'neighbourhood')
    for (const { storage } of index.graph.inputs) {
      this.#liveBytes += bytes[storage]!
      if (isOutput[storage] || isPinned[storage] || bytes[storage] === 0) continue
      this.#candidates.add(storage)
      if (!this.#demand.wanted(storage)) this.#idle.push(storage)
    }
  }

  /** Storages and steps that were looked at. */
  get work(): number {
    return this.#work + this.#recovery.work + this.#demand.work + this.#candidates.work
  }

  /** Runs a step for the first time, and before it what it needs; false when it does not fit. */
  reach(goal: number): boolean {
    const { operands, producer } = this.#index
    const heap = this.#heap
    const resident = this.#demand.resident
    let rest = 2 * goal + 16
    heap.push(goal)
    while (heap.size > 0) {
      const step = heap.peek()
      let ready = true
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        if (resident[s]) continue
        ready = false
        const maker = producer[s]!
        if (this.#queued[maker]) continue
        this.#queued[maker] = 1
        heap.push(maker)
      }
      if (!ready) {
        this.#await(step)
        continue
      }
      const spent = rest-- === 0 || this.runs.length === this.#runLimit || this.work > this.#workLimit
      if (spent || this.extraCost > this.#mostExtraCost || !this.#run(step)) return false
      heap.pop()
      this.#queued[step] = 0
      this.#unawait(step)
    }
    return true
  }

  #await(step: number): void {
    const { operands } = this.#index
    if (this.#waiting[step]) return
    this.#waiting[step] = 1
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      this.#awaited[operands.items[e]!] = this.#awaited[operands.items[e]!]! + 1
    }
  }

  #unawait(step: number): void {
    const { operands } = this.#index
    if (!this.#waiting[step]) return
    this.#waiting[step] = 0
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      this.#awaited[operands.items[e]!] = this.#awaited[operands.items[e]!]! - 1
    }
  }

  #run(step: number): boolean {
    const { operands, results, scratchBytes, bytes, isOutput } = this.#index
    const demand = this.#demand
    const round = this.runs.length
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      this.#lock[operands.items[e]!] = round
    }
    let newBytes = 0
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      this.#lock[s] = round
      if (!demand.resident[s]) newBytes += bytes[s]!
    }
    while (this.#liveBytes + newBytes + scratchBytes[step]! > this.#limitBytes) {
      const victim = this.#choose(round)
      if (victim < 0) return false
      this.#drop(victim)
    }
    this.runs.push(step)
    this.#cost += this.#index.cost[step]!
    this.#work += RUN_WORK
    if (this.#policy.distanceTo === 'last use') this.#use(step)
    const first = step === this.#frontier
    if (first) this.#frontier++
    else this.extraCost += this.#index.cost[step]!
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      if (demand.resident[s]) continue
      this.#liveBytes += bytes[s]!
      if (!isOutput[s] && bytes[s]! > 0) this.#candidates.add(s)
      if (first) {
        demand.arrive(s)
      } else {
        demand.comeBack(s)
        this.#recovery.changed(s, this.#frontier)
      }
    }
    if (!first) return true
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      this.#read[s] = this.#read[s]! + 1
      demand.read(s)
    }
    return true
  }

  #use(step: number): void {
    const { operands, results } = this.#index
    for (const { starts, items } of [operands, results]) {
      for (let e = starts[step]!; e < starts[step + 1]!; e++) this.#usedAt[items[e]!] = this.#cost
    }
  }

  /** What leaves next: what nothing wants, then inputs that nothing wants, then the highest score; −1: nothing. */
  #choose(round: number): number {
    const demand = this.#demand
    const free = (s: number) => demand.resident[s] && this.#lock[s] !== round && this.#awaited[s] === 0
    for (; this.#idleAt < this.#idle.length; this.#idleAt++) {
      const s = this.#idle[this.#idleAt]!
      if (!demand.resident[s] || demand.wanted(s)) continue
      if (demand.fragile[s]) this.#idleFragile.push(s)
      else if (free(s)) return s
      else break
    }
    const scored = () => this.#candidates.best(s => this.#score(s, round))
    const early = this.#policy.inputsLast ? scored() : -1
    if (early >= 0) return early
    for (let k = this.#idleFragile.length - 1; k >= 0; k--) {
      const s = this.#idleFragile[k]!
      if (demand.resident[s] && !demand.wanted(s) && !free(s)) continue
      this.#idleFragile.splice(k, 1)
      if (demand.resident[s] && !demand.wanted(s)) return s
    }
    return this.#policy.inputsLast ? -1 : scored()
  }

  #score(s: number, round: number): number {
    const demand = this.#demand
    this.#work++
    if (this.#lock[s] === round) return -Infinity
    if (demand.fragile[s]) return -Infinity
    const { bytes, cost, distance, estimate } = this.#policy
    const size = this.#index.logBytes[s]!
    // what waits for other operands would only have to come back before them
    if (this.#awaited[s]! > 0) return size - 1e6
    const logCost =
      estimate === 'snapshot'
        ? Math.log(this.#snapshotCost[s]! + Number.MIN_VALUE)
        : this.#recovery.logCostOf(s)
    const bias = this.#bias === undefined ? 0 : this.#bias[this.#gapOf(s)]!
    return bias + bytes * size + distance * this.#logDistance(s) - cost * logCost
  }

  #logDistance(s: number): number {
    if (this.#policy.distanceTo === 'next use') return this.#logOf[this.#nextUse(s) - this.#frontier + 1]!
    return Math.log(this.#cost - this.#usedAt[s]! + this.#instant)
  }

  /** The number of the gap between reads of the storage that the frontier is in. */
  #gapOf(s: number): number {
    return firstGap(this.#index, s) + this.#read[s]!
  }

  /** First runs until a storage is read by one, or all that are left where only runs again will read it. */
  #nextUse(s: number): number {
    const { readers, stepCount } = this.#index
    const at = readers.starts[s]! + this.#read[s]!
    return at < readers.starts[s + 1]! ? readers.items[at]! : stepCount
  }

  #drop(s: number): void {
    const { bytes } = this.#index
    this.#liveBytes -= bytes[s]!
    this.#candidates.remove(s)
    this.#demand.leave(s)
    this.#recovery.changed(s, this.#frontier)
  }
}
