/**
 * Dynamic tensor rematerialisation (Kirisame et al. 2021), simulated: steps come in the graph's order, nothing of the
 * future is known but that a storage is out of use after its last reader (their eager eviction), and when memory is
 * short the storage with the smallest h_DTR^eq = (c₀ + Σ costs of neighbouring classes) / (bytes · staleness) goes.
 * Classes of evicted storages are kept by union-find; a storage that comes back leaves its class, which keeps the
 * rest of its cost (their approximation of splitting). Time is the cost that has run.
 *
 * Searching for the victim is linear in what is resident; their sampling is left out, as it only loses quality.
 */
import type { Graph } from '@wengert/tape'
import type { Move } from './replay.js'

/** The moves within a limit on live bytes; undefined if nothing is left to evict. */
export function dtr(graph: Graph, limitBytes: number): readonly Move[] | undefined {
  const simulation = new Simulation(graph, limitBytes)
  for (let step = 0; step < graph.steps.length; step++) {
    if (!simulation.bring(step)) return undefined
    simulation.release(step)
  }
  return graph.outputs.every(output => simulation.recover(output)) ? simulation.moves : undefined
}

class Simulation {
  readonly moves: Move[] = []
  readonly #graph: Graph
  readonly #limitBytes: number
  readonly #producer: Int32Array
  /** Storages that depend on a storage, and those it depends on. */
  readonly #neighbours: number[][]
  readonly #readersLeft: Int32Array
  readonly #resident = new Set<number>()
  readonly #locks: Int32Array
  readonly #usedAt: Float64Array
  readonly #classes = new Classes()
  readonly #classOf: Int32Array
  #liveBytes = 0
  #now = 0

  constructor(graph: Graph, limitBytes: number) {
    this.#graph = graph
    this.#limitBytes = limitBytes
    const count = graph.bytes.length
    this.#producer = new Int32Array(count).fill(-1)
    this.#neighbours = Array.from({ length: count }, () => [])
    this.#readersLeft = new Int32Array(count)
    this.#locks = new Int32Array(count)
    this.#usedAt = new Float64Array(count)
    this.#classOf = new Int32Array(count).fill(-1)
    graph.steps.forEach(({ inputs, outputs }, step) => {
      for (const output of outputs) {
        this.#producer[output] = step
        for (const input of inputs) {
          this.#neighbours[output]!.push(input)
          this.#neighbours[input]!.push(output)
        }
      }
      for (const input of new Set(inputs)) this.#readersLeft[input]!++
    })
    for (const output of graph.outputs) this.#readersLeft[output]!++
    for (const { storage } of graph.inputs) {
      this.#resident.add(storage)
      this.#liveBytes += graph.bytes[storage]!
    }
  }

  /** Runs a step, its operands first where they are gone; false if memory does not suffice. */
  bring(step: number): boolean {
    const { inputs, outputs, scratchBytes, cost } = this.#graph.steps[step]!
    const operands = [...new Set(inputs)]
    for (const storage of operands) this.#locks[storage]!++
    const ready = operands.every(storage => this.recover(storage))
    if (ready) for (const output of outputs) if (this.#resident.has(output)) this.#leave(output)
    const newBytes = outputs.reduce((sum, output) => sum + this.#graph.bytes[output]!, 0)
    const room = ready && this.#makeRoom(newBytes + Math.ceil(scratchBytes / 16) * 16)
    if (room) {
      this.moves.push({ kind: 'run', step })
      this.#now += cost
      this.#liveBytes += newBytes
      for (const output of outputs) this.#enter(output)
      for (const storage of operands) this.#usedAt[storage] = this.#now
    }
    for (const storage of operands) this.#locks[storage]!--
    return room
  }

  /** Makes a storage resident. */
  recover(storage: number): boolean {
    return this.#resident.has(storage) || this.bring(this.#producer[storage]!)
  }

  /** Evicts what a step was the last to read. */
  release(step: number): void {
    const { inputs, outputs } = this.#graph.steps[step]!
    for (const storage of new Set(inputs)) {
      this.#readersLeft[storage]!--
      if (this.#readersLeft[storage] === 0) this.#evict(storage)
    }
    for (const storage of outputs) if (this.#readersLeft[storage] === 0) this.#evict(storage)
  }

  #enter(storage: number): void {
    this.#resident.add(storage)
    this.#usedAt[storage] = this.#now
    const before = this.#classOf[storage]!
    if (before >= 0) this.#classes.subtract(before, this.#costOf(storage))
    this.#classOf[storage] = -1
  }

  #makeRoom(bytes: number): boolean {
    while (this.#liveBytes + bytes > this.#limitBytes) {
      let [victim, least] = [-1, Infinity]
      for (const storage of this.#resident) {
        if (this.#locks[storage]! > 0 || this.#producer[storage]! < 0) continue
        if (this.#graph.bytes[storage] === 0) continue
        const score = this.#score(storage)
        if (score < least) [victim, least] = [storage, score]
      }
      if (victim < 0) return false
      this.#evict(victim)
    }
    return true
  }

  #score(storage: number): number {
    const seen = new Set<number>()
    let cost = this.#costOf(storage)
    for (const neighbour of this.#neighbours[storage]!) {
      if (this.#classOf[neighbour]! < 0) continue
      const root = this.#classes.find(this.#classOf[neighbour]!)
      if (seen.has(root)) continue
      seen.add(root)
      cost += this.#classes.cost(root)
    }
    const staleness = this.#now - this.#usedAt[storage]!
    return cost / (this.#graph.bytes[storage]! * Math.max(staleness, Number.MIN_VALUE))
  }

  #evict(storage: number): void {
    if (this.#producer[storage]! < 0 || !this.#resident.has(storage)) return
    this.#leave(storage)
    let own = this.#classes.add(this.#costOf(storage))
    for (const neighbour of this.#neighbours[storage]!) {
      if (this.#classOf[neighbour]! >= 0) own = this.#classes.union(own, this.#classOf[neighbour]!)
    }
    this.#classOf[storage] = own
  }

  #leave(storage: number): void {
    this.#resident.delete(storage)
    this.#liveBytes -= this.#graph.bytes[storage]!
    this.moves.push({ kind: 'drop', storage })
  }

  #costOf(storage: number): number {
    return this.#graph.steps[this.#producer[storage]!]!.cost
  }
}

/** Disjoint sets with a cost each. */
class Classes {
  readonly #parents: number[] = []
  readonly #costs: number[] = []

  add(cost: number): number {
    this.#costs.push(cost)
    return this.#parents.push(this.#parents.length) - 1
  }

  find(element: number): number {
    let root = element
    while (this.#parents[root] !== root) root = this.#parents[root]!
    for (let at = element; at !== root; ) {
      const next = this.#parents[at]!
      this.#parents[at] = root
      at = next
    }
    return root
  }

  union(a: number, b: number): number {
    const [x, y] = [this.find(a), this.find(b)]
    if (x === y) return x
    this.#parents[y] = x
    this.#costs[x]! += this.#costs[y]!
    return x
  }

  cost(root: number): number {
    return this.#costs[root]!
  }

  subtract(element: number, cost: number): void {
    const root = this.find(element)
    this.#costs[root] = Math.max(0, this.#costs[root]! - cost)
  }
}
