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
  /** Whether estimates of storages below may depend on a storage. */
  readonly #readBelow: Uint8Array
  /** Whether estimates of storages above the operands of a step may depend on it; those of its operands always may. */
  readonly #seenAbove: Uint8Array
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
    this.#seenAbove = new Uint8Array(hasBelow ? stepCount : 0)
    this.#mark = new Int32Array(stepCount)
    this.#steps = new Int32Array(stepCount)
  }

  /** ln of the cost of bringing the storage back; steps that cost nothing count as nearly nothing. */
  logCostOf(storage: number): number {
    if (this.#known[storage] === 0) {
      this.#known[storage] = 1
      const around = this.#hasBelow ? this.#costBelow(storage) : 0
      this.#logCost[storage] = Math.log(this.#costOf(storage) + around + this.#smallestCost)
    }
    return this.#logCost[storage]!
  }

  /** A storage has come or gone, when steps from a frontier on have not run. */
  changed(storage: number, frontier: number): void {
    const { readers, results, producer } = this.#index
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
    if (producer[storage]! >= 0) this.called(producer[storage]!)
  }

  /** Whether a step must run again has changed, or which of its results are missing. */
  called(below: number): void {
    if (!this.#hasBelow) return
    const { operands, producer } = this.#index
    const [known, resident, stack] = [this.#known, this.#demand.resident, this.#stack]
    stack.push(below)
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      this.#seenAbove[step] = 0
      this.work++
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const operand = operands.items[e]!
        known[operand] = 0
        const above = producer[operand]!
        if (resident[operand] === 0 && above >= 0 && this.#seenAbove[above] === 1) stack.push(above)
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

  #costBelow(storage: number): number {
    const { readers, results, cost } = this.#index
    const { need, calls, resident } = this.#demand
    if (need[storage] === 0) return 0
    const round = ++this.#round
    const [mark, stack] = [this.#mark, this.#stack]
    let [sum, looks] = [0, 0]
    stack.push(storage)
    for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
      // as many of the readers have to run again
      let left = need[s]!
      for (let e = readers.starts[s]!; left > 0; e++) {
        const step = readers.items[e]!
        looks++
        if (calls[step] === 0) continue
        left--
        if (mark[step] === round) continue
        mark[step] = round
        sum += cost[step]!
        this.#seenAbove[step] = 1
        if (looks >= FAR) continue
        for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) {
          const result = results.items[r]!
          if (resident[result] === 0 && need[result]! > 0) stack.push(result)
        }
      }
    }
    this.work += looks
    return sum
  }
}
