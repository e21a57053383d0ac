/**
 * What dropping a storage does to the cost of its surroundings: Σ cost of the dropped storages next to it, and next
 * to those, and so on. Bringing it back runs the dropped ones above it; its absence makes those below it dearer.
 *
 * Kirisame et al. 2021 (DTR, §3.1, ẽ*) keep these sums in a union-find and accept that a storage that comes back
 * cannot be split off exactly. So do we, and build the classes again once many have come back.
 */
import { Classes } from './classes.js'
import type { Demand } from './demand.js'
import type { GraphIndex } from './graph-index.js'

/** Classes of dropped storages that touch, each with the sum of its costs. */
export class Neighbourhood {
  readonly #index: GraphIndex
  readonly #demand: Demand
  /** Node of each dropped storage, −1 for others. */
  readonly #node: Int32Array
  readonly #classes = new Classes()
  #dropped = 0
  #returned = 0

  constructor(index: GraphIndex, demand: Demand) {
    this.#index = index
    this.#demand = demand
    this.#node = new Int32Array(index.storageCount).fill(-1)
  }

  /** Σ cost of the storage's producer and of every class of dropped storages next to it. */
  costOf(storage: number): number {
    const { producer, cost, operands } = this.#index
    const step = producer[storage]!
    this.#classes.begin()
    let sum = cost[step]!
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      sum += this.#classCost(operands.items[e]!)
    }
    this.#eachResultBelow(storage, result => {
      if (this.#demand.wanted(result)) sum += this.#classCost(result)
    })
    return sum
  }

  drop(storage: number): void {
    this.#dropped++
    this.#add(storage)
  }

  comeBack(storage: number): void {
    const node = this.#node[storage]!
    if (node < 0) return
    this.#classes.leave(node, this.#index.cost[this.#index.producer[storage]!]!)
    this.#node[storage] = -1
    this.#dropped--
    if (++this.#returned > 32 + this.#dropped) this.#rebuild()
  }

  #rebuild(): void {
    this.#classes.clear()
    this.#returned = 0
    const dropped: number[] = []
    for (let s = 0; s < this.#node.length; s++) {
      if (this.#node[s]! >= 0) dropped.push(s)
      this.#node[s] = -1
    }
    for (const s of dropped) this.#add(s)
  }

  #add(storage: number): void {
    const { producer, cost, operands } = this.#index
    const step = producer[storage]!
    const node = this.#classes.add(step < 0 ? 0 : cost[step]!)
    this.#node[storage] = node
    if (step < 0 || !this.#demand.wanted(storage)) return
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      this.#join(node, this.#node[operands.items[e]!]!)
    }
    this.#eachResultBelow(storage, result => {
      if (this.#demand.wanted(result)) this.#join(node, this.#node[result]!)
    })
  }

  #eachResultBelow(storage: number, visit: (result: number) => void): void {
    const { readers, results } = this.#index
    // a storage with very many readers is near everything; a few of them tell as much
    const until = Math.min(readers.starts[storage + 1]!, readers.starts[storage]! + 8)
    for (let e = readers.starts[storage]!; e < until; e++) {
      const step = readers.items[e]!
      for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) visit(results.items[r]!)
    }
  }

  #classCost(storage: number): number {
    const node = this.#node[storage]!
    return node < 0 ? 0 : this.#classes.costOnce(node)
  }

  #join(node: number, other: number): void {
    if (other >= 0) this.#classes.join(node, other)
  }
}
