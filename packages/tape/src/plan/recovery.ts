/**
 * What it costs to bring a storage back if it left now: Σ cost of the steps that would have to run, which are its
 * producer and those of the missing operands above, so that what is dropped together is counted once. With the
 * neighbourhood, also Σ cost of the steps below it that have to run again, which would wait for it: e* of Kirisame et al.
 * (2021), counted instead of kept in a union-find.
 *
 * Exact up to {@link FAR} steps. An estimate is kept until something that it depends on comes or goes. A flag of a storage
 * says that some estimate may depend on it, so only what was found out since it last changed is forgotten.
 */
import type { Demand } from './demand.js'
import type { GraphIndex } from './graph-index.js'

/** Steps that one estimate looks at: what lies farther makes little difference to what leaves, and of long graphs it is much. */
const FAR = 128

/** Costs of bringing storages back, while storages leave and come back. */
export class Recovery {
  /** Steps and storages that were looked at: how long it took. */
  work = 0
  readonly #index: GraphIndex
  readonly #demand: Demand
  readonly #hasBelow: boolean
  readonly #smallestCost: number
  readonly #logCost: Float64Array
  readonly #known: Uint8Array
  /** Whether estimates of storages below, or above, may depend on a storage. */
  readonly #readBelow: Uint8Array
  readonly #readAbove: Uint8Array
  readonly #mark: Int32Array
  readonly #steps: Int32Array
  readonly #stack: number[] = []
  #round = 0

  constructor(index: GraphIndex, demand: Demand, hasBelow: boolean) {
    const { stepCount, storageCount, totalCost } = index
    this.#index = index
    this.#demand = demand
    this.#hasBelow = hasBelow
    this.#smallestCost = 1e-6 * (totalCost / Math.max(1, stepCount)) + Number.MIN_VALUE
    this.#logCost = new Float64Array(storageCount)
    this.#known = new Uint8Array(storageCount)
    this.#readBelow = new Uint8Array(storageCount)
    // what is written later belongs to estimates of now
    this.#readAbove = new Uint8Array(hasBelow ? storageCount : 0).fill(1)
    this.#mark = new Int32Array(stepCount)
    this.#steps = new Int32Array(stepCount)
  }

  /** ln of the cost of bringing the storage back; steps that cost nothing count as nearly nothing. */
  logCostOf(storage: number, frontier: number): number {
    if (this.#known[storage] === 0) {
      this.#known[storage] = 1
      const around = this.#hasBelow ? this.#costBelow(storage, frontier) : 0
      this.#logCost[storage] = Math.log(this.#costOf(storage) + around + this.#smallestCost)
    }
    return this.#logCost[storage]!
  }

  /** A storage has come or gone, when steps from a frontier on have not run. */
  changed(storage: number, frontier: number): void {
    const { operands, readers, results, producer } = this.#index
    const [known, resident, stack] = [this.#known, this.#demand.resident, this.#stack]
    stack.push(storage)
    for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
      if (this.#readBelow[s] === 0) continue
      this.#readBelow[s] = 0
      this.work++
      for (let e = readers.starts[s]!; e < readers.starts[s + 1]!; e++) {
        const step = readers.items[e]!
        if (step >= frontier) break
        this.work++
        for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) {
          const result = results.items[r]!
          known[result] = 0
          if (resident[result] === 0) stack.push(result)
        }
      }
    }
    if (!this.#hasBelow) return
    stack.push(storage)
    for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
      const step = producer[s]!
      if (this.#readAbove[s] === 0 || step < 0) continue
      this.#readAbove[s] = 0
      this.work++
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const operand = operands.items[e]!
        known[operand] = 0
        if (resident[operand] === 0) stack.push(operand)
      }
    }
  }

  #costOf(storage: number): number {
    const { operands, producer, cost } = this.#index
    const first = producer[storage]!
    if (first < 0) return 0
    const round = ++this.#round
    const [steps, mark, resident] = [this.#steps, this.#mark, this.#demand.resident]
    steps[0] = first
    mark[first] = round
    let count = 1
    let sum = 0
    for (let at = 0; at < count; at++) {
      const step = steps[at]!
      sum += cost[step]!
      if (at === FAR) return 1.5 * sum
      this.work += 1 + operands.starts[step + 1]! - operands.starts[step]!
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        this.#readBelow[s] = 1
        if (resident[s] === 1) continue
        const maker = producer[s]!
        if (maker < 0 || mark[maker] === round) continue
        mark[maker] = round
        steps[count++] = maker
      }
    }
    return sum
  }

  #costBelow(storage: number, frontier: number): number {
    const { readers, results, cost } = this.#index
    const round = ++this.#round
    const [mark, stack, demand] = [this.#mark, this.#stack, this.#demand]
    let [sum, looks] = [0, 0]
    stack.push(storage)
    for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
      for (let e = readers.starts[s]!; e < readers.starts[s + 1]!; e++) {
        const step = readers.items[e]!
        if (step >= frontier) break
        looks++
        if (mark[step] === round) continue
        mark[step] = round
        let waits = false
        for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) {
          const result = results.items[r]!
          this.#readAbove[result] = 1
          if (demand.resident[result] === 1 || !demand.wanted(result)) continue
          waits = true
          if (looks < FAR) stack.push(result)
        }
        if (waits) sum += cost[step]!
      }
    }
    this.work += looks
    return sum
  }
}
