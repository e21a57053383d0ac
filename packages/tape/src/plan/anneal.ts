/**
 * Makes a schedule cheaper by simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983) over sequences of runs. A step takes
 * some runs again out, so that what they wrote stays from before, and at times cuts a stay in two by running its step
 * again. Where live bytes are above the limit then, more stays are cut, those likelier that free many bytes for little
 * cost; the outcome is where the search goes on if it is dearer by no more than the temperature allows.
 *
 * Unlike in a search among the odds of evictions ({@link search}), a step changes a part of the schedule and leaves the rest
 * as it is. Schedules told by how long each storage stays are those of Bartan et al. 2023 (Moccasin), who give them
 * to a constraint solver.
 *
 * A step runs first where it is needed first, whatever the graph's order.
 *
 * Limits: it begins with a schedule that fits, and each pass goes over all runs.
 */
import type { GraphIndex } from './graph-index.js'
import { RandomNumbers } from './random.js'
import { Sequence } from './sequence.js'

/** What annealing is given. */
export interface AnnealOptions {
  readonly limitBytes: number
  /** No schedule is cheaper, so nothing is looked for beyond. */
  readonly leastExtraCost: number
  /** Storages and steps to look at. */
  readonly work: number
  /** How much of the time is over, from 0 to 1, which counts instead of the work where it is given. */
  readonly share?: (() => number) | undefined
}

/** What came out of annealing. */
export interface Annealed {
  /** Steps in the order in which they run; undefined when no start fits. */
  readonly runs: Int32Array | undefined
  /** Storages and steps that were looked at. */
  readonly work: number
}

/** Temperatures at which one cooling after another begins, and at which they end, as shares of the extra cost to begin with. */
const HOT = [0.04, 0.3, 0.1]
const COLD = 0.001
/** What one cooling looks at, at least, for each run of a schedule, and how many coolings there are at most. */
const COOLING_WORK = 40_000
const MOST_COOLINGS = 12
/** What a run counts that is looked at, in storages and steps. */
const RUN_WORK = 2
/** How often a step takes out one run again and cuts nothing itself. */
const ONLY_LESS = 0.6
/** How many stays are cut for one step at most. */
const MOST_CUTS = 12
/** How often an operand is left to stay although that is above the limit, for cuts elsewhere. */
const STAYING = 0.1
/** Added to a cost before its logarithm is taken, as a share of the cost of the graph. */
const LEAST_COST = 1e-5
/** The most noise in the choice of what is cut. */
const NOISE = 0.6

/** Anneals from each start that fits, and then, where there is much work to do, from the best. */
export function anneal(index: GraphIndex, starts: readonly Int32Array[], options: AnnealOptions): Annealed {
  const annealing = new Annealing(index, options)
  const fitting = starts.filter(start => annealing.fits(start))
  const length = annealing.best?.length ?? Infinity
  const many = Math.min(MOST_COOLINGS, Math.floor(options.work / (COOLING_WORK * length)))
  const coolings = many > 0 ? Math.max(fitting.length + 1, many) : fitting.length
  for (let k = 0; k < coolings; k++) {
    const hot = HOT[k % HOT.length]!
    annealing.cool(fitting[k] ?? annealing.best!, hot, k / coolings, (k + 1) / coolings)
  }
  return { runs: annealing.best, work: annealing.work }
}

class Annealing {
  best: Int32Array | undefined
  #bestCost = Infinity
  readonly #index: GraphIndex
  readonly #options: AnnealOptions
  readonly #random = new RandomNumbers(0x9e3779b9)
  /** Where the search is, and which of its runs are not the first of their steps. */
  #now: Int32Array = new Int32Array()
  #nowCost = Infinity
  readonly #again: number[] = []
  /** Where it may go. */
  readonly #next: Sequence
  readonly #least: number
  /** Steps that bring a storage back, and the round in which a step was last among them. */
  readonly #chain: number[] = []
  readonly #mark: Int32Array
  #round = 0

  constructor(index: GraphIndex, options: AnnealOptions) {
    this.#index = index
    this.#options = options
    this.#next = new Sequence(index)
    this.#least = LEAST_COST * index.totalCost + Number.MIN_VALUE
    this.#mark = new Int32Array(index.stepCount)
  }

  get work(): number {
    return RUN_WORK * this.#next.work
  }

  /** Whether a schedule is within the limit; the cheapest of them is the best so far. */
  fits(start: Int32Array): boolean {
    const next = this.#next
    next.load(start)
    const fullest = next.settle()
    if (next.length > 0 && next.liveBytes[fullest]! > this.#options.limitBytes) return false
    this.#goOn()
    return true
  }

  /** Anneals from a schedule while the share of the work that is done goes from one number to another. */
  cool(start: Int32Array, hot: number, from: number, to: number): void {
    const { leastExtraCost, work, share = () => this.work / work } = this.#options
    this.#next.load(start)
    this.#next.settle()
    this.#goOn()
    const scale = this.#nowCost
    while (this.#again.length > 0 && this.#bestCost > leastExtraCost * (1 + 1e-9)) {
      const done = share()
      if (done >= to) return
      const temperature = scale * hot * (COLD / hot) ** ((done - from) / (to - from))
      // accepted with probability exp(−dearer / temperature)
      const most = this.#nowCost - temperature * Math.log(1 - this.#random.next())
      if (this.#step(most)) this.#goOn()
    }
  }

  #goOn(): void {
    const next = this.#next
    this.#now = next.copy()
    this.#nowCost = next.extraCost
    const seen = new Uint8Array(this.#index.stepCount)
    this.#again.length = 0
    this.#now.forEach((step, p) => {
      if (seen[step]) this.#again.push(p)
      seen[step] = 1
    })
    if (this.#nowCost >= this.#bestCost) return
    this.best = this.#now
    this.#bestCost = this.#nowCost
  }

  /** A schedule near the one where the search is; false if it does not fit or costs more than a bound. */
  #step(mostExtraCost: number): boolean {
    const [next, random] = [this.#next, this.#random]
    next.load(this.#now)
    const isCut = random.next() >= ONLY_LESS
    const out = new Set(Array.from({ length: isCut ? 1 + random.below(3) : 1 }, () => this.#runAgain()))
    for (const position of [...out].sort((a, b) => b - a)) next.remove(position)
    let fullest = next.settle()
    if (isCut) {
      next.lookOver(random.below(next.length))
      const idle = this.#idle()
      if (idle.length > 0) fullest = this.#cut(idle[random.below(idle.length)]!)
    }
    for (let cuts = 0; next.extraCost <= mostExtraCost; cuts++) {
      if (next.liveBytes[fullest]! <= this.#options.limitBytes) return true
      const storage = cuts < MOST_CUTS ? this.#toCut(fullest) : -1
      if (storage < 0) return false
      fullest = this.#cut(storage)
    }
    return false
  }

  /** The position of a run again, the dearer one of two. */
  #runAgain(): number {
    const { cost } = this.#index
    const [a, b] = [this.#random, this.#random].map(
      random => this.#again[random.below(this.#again.length)]!,
    ) as [number, number]
    return cost[this.#now[a]!]! >= cost[this.#now[b]!]! ? a : b
  }

  /** Storages that stay over the run that was looked over last and can be brought back. */
  #idle(): readonly number[] {
    const { producer, bytes, storageCount } = this.#index
    const { nextRead } = this.#next
    const idle: number[] = []
    for (let s = 0; s < storageCount; s++) {
      if (nextRead[s]! >= 0 && producer[s]! >= 0 && bytes[s]! > 0) idle.push(s)
    }
    this.#next.work += storageCount >> 2
    return idle
  }

  /** Which storage had best not stay over a run at which live bytes are above the limit; −1: none can leave. */
  #toCut(moment: number): number {
    const { logBytes } = this.#index
    const [next, random] = [this.#next, this.#random]
    next.lookOver(moment)
    const enough = Math.log(2 * (next.liveBytes[moment]! - this.#options.limitBytes))
    const distance = random.next()
    const noise = NOISE * random.next()
    let best = -1
    let highest = -Infinity
    for (const s of this.#idle()) {
      const freed = Math.min(logBytes[s]!, enough) + distance * Math.log(next.nextRead[s]! - moment)
      // of Gumbel's distribution, so that odds are as exp(score / noise)
      const chance = -Math.log(-Math.log(random.next() + Number.MIN_VALUE))
      const score = freed - Math.log(this.#costOf(s) + this.#least) + noise * chance
      if (score <= highest) continue
      best = s
      highest = score
    }
    return best
  }

  /** Σ cost of the steps that bring a storage back where the search looked last. */
  #costOf(storage: number): number {
    const { cost } = this.#index
    const chain = this.#chainTo(storage, () => false)
    return chain.reduce((sum, step) => sum + cost[step]!, 0)
  }

  /** Runs the step of a storage again just before it is read next, with what that misses; gives the fullest moment then. */
  #cut(storage: number): number {
    const next = this.#next
    const position = next.nextRead[storage]!
    next.lookTo(position)
    const { limitBytes } = this.#options
    const chain = this.#chainTo(
      storage,
      s => next.couldStay(s, position, limitBytes) || this.#random.next() < STAYING,
    )
    next.insert(
      position,
      chain.sort((a, b) => a - b),
    )
    return next.settle()
  }

  /** The producer of a storage and those of what is missing for it, but for what stays. */
  #chainTo(storage: number, stays: (storage: number) => boolean): number[] {
    const { operands, producer } = this.#index
    const { resident } = this.#next
    const [chain, mark] = [this.#chain, this.#mark]
    const round = ++this.#round
    chain.length = 0
    chain.push(producer[storage]!)
    mark[chain[0]!] = round
    for (let k = 0; k < chain.length; k++) {
      const step = chain[k]!
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        const maker = producer[s]!
        if (resident[s] === 1 || maker < 0 || mark[maker] === round || stays(s)) continue
        mark[maker] = round
        chain.push(maker)
      }
    }
    this.#next.work += chain.length
    return chain
  }
}
