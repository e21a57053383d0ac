/**
 * Which steps to run, and when again, so that live bytes stay under a limit: simulated eviction.
 *
 * The steps run in the graph's order. Before a step runs, the producers of its missing operands run again, least
 * first, with whatever those miss. When a run does not fit, the resident storage with the highest
 *
 *     bytes × distance to its next use ÷ cost of bringing it back
 *
 * leaves, in the manner of DTR (Kirisame et al. 2021), but with next uses known exactly because the program is.
 * A {@link Policy} says how the cost is estimated.
 *
 * Limits: steps are not reordered; outputs stay once computed unless the policy lets them leave, which is worth it
 * only where nothing else fits; greedy, so a limit at which a schedule exists may fail. Work is bounded: an attempt that runs too many steps again fails instead of blowing up.
 */
import { Candidates } from './candidates.js'
import { Demand } from './demand.js'
import { type GraphIndex, withFinalStep } from './graph-index.js'
import { MinHeap } from './heap.js'
import { Neighbourhood } from './neighbourhood.js'

/** How a schedule chooses what leaves. */
export interface Policy {
  /** Estimated cost of bringing a storage back: of its neighbourhood, or as a snapshot. */
  readonly cost: 'neighbourhood' | 'snapshot'
  /** Whether a storage that is needed later is likelier to leave. */
  readonly byDistance: boolean
  /** Whether outputs may leave and be computed again before the end. */
  readonly outputsLeave: boolean
  /** Whether an input that nothing wants leaves last, since what was computed from it cannot leave after it. */
  readonly inputsLast: boolean
}

/** Steps in the order in which they run, or the step before which the attempt failed. */
export type Schedule = { readonly runs: Int32Array } | { readonly stuckAt: number }

/** Schedules a graph so that live bytes stay under a limit; `snapshotCost` holds one estimate per storage. */
export function schedule(
  index: GraphIndex,
  limitBytes: number,
  policy: Policy,
  snapshotCost: Float64Array,
): Schedule {
  const { stepCount } = index
  const seen = policy.outputsLeave ? withFinalStep(index) : index
  const machine = new Machine(seen, limitBytes, policy, snapshotCost)
  for (let step = 0; step < seen.stepCount; step++) {
    if (!machine.reach(step)) return { stuckAt: Math.min(step, stepCount - 1) }
  }
  const { runs } = machine
  return { runs: Int32Array.from(policy.outputsLeave ? runs.slice(0, -1) : runs) }
}

class Machine {
  readonly runs: number[] = []
  readonly #index: GraphIndex
  readonly #limitBytes: number
  readonly #policy: Policy
  readonly #snapshotCost: Float64Array
  readonly #demand: Demand
  readonly #neighbourhood: Neighbourhood | undefined
  readonly #candidates: Candidates
  readonly #idle: number[] = []
  readonly #idleFragile: number[] = []
  readonly #runLimit: number
  readonly #smallestCost: number
  #liveBytes = 0
  /** Steps below it have run at least once. */
  #frontier = 0
  #idleAt = 0
  /** Run number in which a storage is an operand or result. */
  readonly #lock: Int32Array
  /** Waiting steps that read a storage. */
  readonly #awaited: Int32Array
  /** Reads of each storage by first runs so far. */
  readonly #read: Int32Array
  /** Soonest next use of what was dropped below a storage. */
  readonly #echo: Int32Array
  readonly #heap = new MinHeap()
  readonly #queued: Uint8Array
  readonly #waiting: Uint8Array

  constructor(index: GraphIndex, limitBytes: number, policy: Policy, snapshotCost: Float64Array) {
    const { storageCount, stepCount, isOutput, isPinned, bytes } = index
    this.#index = index
    this.#limitBytes = limitBytes
    this.#policy = policy
    this.#snapshotCost = snapshotCost
    this.#lock = new Int32Array(storageCount).fill(-1)
    this.#awaited = new Int32Array(storageCount)
    this.#read = new Int32Array(storageCount)
    this.#echo = new Int32Array(storageCount).fill(-1)
    this.#queued = new Uint8Array(stepCount)
    this.#waiting = new Uint8Array(stepCount)
    this.#candidates = new Candidates(storageCount)
    this.#runLimit = 9 * stepCount + Math.min(stepCount * stepCount, 100_000)
    this.#smallestCost = 1e-6 * (index.totalCost / Math.max(1, stepCount)) + Number.MIN_VALUE
    this.#demand = new Demand(index, s => {
      if (!isOutput[s] && !isPinned[s] && bytes[s]! > 0) this.#idle.push(s)
    })
    this.#neighbourhood = policy.cost === 'neighbourhood' ? new Neighbourhood(index, this.#demand) : undefined
    for (const { storage } of index.graph.inputs) {
      this.#liveBytes += bytes[storage]!
      if (isOutput[storage] || isPinned[storage] || bytes[storage] === 0) continue
      this.#candidates.add(storage)
      if (!this.#demand.wanted(storage)) this.#idle.push(storage)
    }
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
      if (rest-- === 0 || this.runs.length === this.#runLimit || !this.#run(step)) return false
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
    const first = step === this.#frontier
    if (first) this.#frontier++
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      if (demand.resident[s]) continue
      this.#liveBytes += bytes[s]!
      if (!isOutput[s] && bytes[s]! > 0) this.#candidates.add(s)
      this.#neighbourhood?.comeBack(s)
      if (first) demand.arrive(s)
      else demand.comeBack(s)
    }
    if (!first) return true
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      this.#read[s] = this.#read[s]! + 1
      demand.read(s)
    }
    return true
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
    if (this.#lock[s] === round) return -Infinity
    if (demand.fragile[s]) return -Infinity
    if (this.#awaited[s]! > 0) return 0
    const { bytes } = this.#index
    const cost = this.#neighbourhood?.costOf(s) ?? this.#snapshotCost[s]!
    const distance = this.#policy.byDistance ? this.#nextUse(s) - this.#frontier + 1 : 1
    return (bytes[s]! * distance) / (cost + this.#smallestCost)
  }

  #nextUse(s: number): number {
    const { readers, stepCount } = this.#index
    const at = readers.starts[s]! + this.#read[s]!
    const use = at < readers.starts[s + 1]! ? readers.items[at]! : stepCount
    if (this.#demand.need[s] === 0) return use
    const echo = this.#echo[s]!
    return Math.min(use, echo >= this.#frontier ? echo : (this.#frontier + stepCount) >> 1)
  }

  #drop(s: number): void {
    const { bytes } = this.#index
    if (this.#demand.wanted(s)) this.#spreadEcho(s)
    this.#liveBytes -= bytes[s]!
    this.#candidates.remove(s)
    this.#demand.leave(s)
    this.#neighbourhood?.drop(s)
  }

  /** A dropped storage will be used at `use`, so its operands will be, and theirs where they are gone. */
  #spreadEcho(from: number): void {
    const { operands, producer } = this.#index
    const use = this.#nextUse(from)
    const stack = [from]
    for (let left = 64, s = stack.pop(); s !== undefined && left > 0; left--, s = stack.pop()) {
      const step = producer[s]!
      if (step < 0) continue
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const above = operands.items[e]!
        const echo = this.#echo[above]!
        if (echo >= this.#frontier && echo <= use) continue
        this.#echo[above] = use
        if (!this.#demand.resident[above]) stack.push(above)
      }
    }
  }
}
