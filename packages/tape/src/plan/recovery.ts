/**
 * What it costs to bring a storage back if it left now: Σ cost of the steps that would have to run, which are its
 * producer and those of the missing operands above. Exact up to {@link FAR} steps, so that what is dropped together
 * is counted once; the estimates are kept until something within {@link NEAR} storages above comes or goes.
 */
import type { GraphIndex } from './graph-index.js'

/** Steps that one estimate looks at. */
const FAR = 1024
/** Storages whose estimates one change makes stale. */
const NEAR = 256

/** Costs of bringing storages back, while storages leave and come back. */
export class Recovery {
  readonly #index: GraphIndex
  readonly #resident: Uint8Array
  readonly #logCost: Float64Array
  readonly #known: Uint8Array
  readonly #stepMark: Int32Array
  readonly #storageMark: Int32Array
  readonly #steps: Int32Array
  readonly #storages = new Int32Array(NEAR)
  readonly #smallestCost: number
  #round = 0
  /** Steps and storages that were looked at: how long it took. */
  work = 0

  constructor(index: GraphIndex, resident: Uint8Array) {
    this.#index = index
    this.#resident = resident
    this.#logCost = new Float64Array(index.storageCount)
    this.#known = new Uint8Array(index.storageCount)
    this.#stepMark = new Int32Array(index.stepCount)
    this.#storageMark = new Int32Array(index.storageCount)
    this.#steps = new Int32Array(index.stepCount)
    this.#smallestCost = 1e-6 * (index.totalCost / Math.max(1, index.stepCount)) + Number.MIN_VALUE
  }

  /** ln of the cost of bringing the storage back; steps that cost nothing count as nearly nothing. */
  logCostOf(storage: number): number {
    if (this.#known[storage] === 0) {
      this.#known[storage] = 1
      this.#logCost[storage] = Math.log(this.#costOf(storage) + this.#smallestCost)
    }
    return this.#logCost[storage]!
  }

  /**
   * A storage has come or gone: what steps before the frontier compute from it, by way of missing ones, costs something
   * else now.
   */
  changed(storage: number, frontier: number): void {
    const { readers, results } = this.#index
    const queue = this.#storages
    const round = ++this.#round
    this.#known[storage] = 0
    queue[0] = storage
    let count = 1
    for (let at = 0; at < count; at++) {
      const s = queue[at]!
      const until = Math.min(readers.starts[s + 1]!, readers.starts[s]! + NEAR)
      for (let e = readers.starts[s]!; e < until; e++) {
        const step = readers.items[e]!
        if (step >= frontier) break
        for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) {
          const result = results.items[r]!
          if (this.#storageMark[result] === round) continue
          this.#storageMark[result] = round
          this.#known[result] = 0
          if (!this.#resident[result] && count < NEAR) queue[count++] = result
        }
      }
    }
    this.work += count
  }

  #costOf(storage: number): number {
    const { operands, producer, cost } = this.#index
    const first = producer[storage]!
    if (first < 0) return 0
    const round = ++this.#round
    const steps = this.#steps
    steps[0] = first
    this.#stepMark[first] = round
    let count = 1
    let sum = 0
    for (let at = 0; at < count; at++) {
      const step = steps[at]!
      sum += cost[step]!
      if (at === FAR) return 1.5 * sum
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        if (this.#resident[s]) continue
        const maker = producer[s]!
        if (maker < 0 || this.#stepMark[maker] === round) continue
        this.#stepMark[maker] = round
        steps[count++] = maker
      }
    }
    this.work += count
    return sum
  }
}
