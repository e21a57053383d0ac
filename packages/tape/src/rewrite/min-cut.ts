/**
 * A minimal cut between two nodes, by preflows: Goldberg & Tarjan, A new approach to the maximum-flow problem, J. ACM 35(4),
 * 1988, highest label first, with the gap and global relabelling of Cherkassky & Goldberg, Algorithmica 19(4), 1997. Only the
 * first phase is needed: once no excess can reach the sink, the nodes that can are its side of the cut. O(V²·√E) at worst;
 * for steps of loops about linear.
 */

/** A directed edge; cutting it costs its capacity, which may be infinite. */
export type Edge = readonly [from: number, to: number, capacity: number]

/**
 * Which nodes are on the sink's side of the minimal cut that is nearest to the sink.
 *
 * @param nodes their number; edges name them from 0 on. Some cut must be finite.
 * @example
 * sinkSide(3, [[0, 1, 5], [1, 2, 3]], 0, 2) // → [false, false, true]
 */
export function sinkSide(nodes: number, edges: readonly Edge[], source: number, sink: number): boolean[] {
  const preflow = new Preflow(nodes, edges, source, sink)
  preflow.push()
  return preflow.sinkSide()
}

class Preflow {
  readonly #nodes: number
  readonly #source: number
  readonly #sink: number
  /** Edge 2k and its opposite 2k + 1 by the node they leave: `leaving[starts[v]]` up to, not including, `starts[v + 1]`. */
  readonly #starts: Int32Array
  readonly #leaving: Int32Array
  readonly #ends: Int32Array
  readonly #left: Float64Array
  readonly #excess: Float64Array
  /** No more than the number of edges to the sink with something left; the number of nodes where there is no way. */
  readonly #labels: Int32Array
  /** The edge of each node that is to be looked at next. */
  readonly #next: Int32Array
  readonly #countAt: Int32Array
  /** Nodes with excess by label, as linked lists; −1 ends one. */
  readonly #firstAt: Int32Array
  readonly #after: Int32Array
  #highest = 0
  /** Edges looked at since labels were exact. */
  #work = 0

  constructor(nodes: number, edges: readonly Edge[], source: number, sink: number) {
    this.#nodes = nodes
    this.#source = source
    this.#sink = sink
    this.#ends = new Int32Array(2 * edges.length)
    this.#left = new Float64Array(2 * edges.length)
    this.#starts = new Int32Array(nodes + 1)
    edges.forEach(([from, to, capacity], k) => {
      this.#ends[2 * k] = to
      this.#ends[2 * k + 1] = from
      this.#left[2 * k] = capacity
      this.#starts[from + 1]!++
      this.#starts[to + 1]!++
    })
    for (let v = 0; v < nodes; v++) this.#starts[v + 1]! += this.#starts[v]!
    const place = this.#starts.slice()
    this.#leaving = new Int32Array(2 * edges.length)
    for (let e = 0; e < this.#ends.length; e++) {
      const from = this.#ends[e ^ 1]!
      this.#leaving[place[from]!++] = e
    }
    this.#excess = new Float64Array(nodes)
    this.#labels = new Int32Array(nodes)
    this.#next = new Int32Array(nodes)
    this.#countAt = new Int32Array(nodes + 1)
    this.#firstAt = new Int32Array(nodes).fill(-1)
    this.#after = new Int32Array(nodes)
  }

  /** Pushes as much as can reach the sink. */
  push(): void {
    const source = this.#source
    for (let at = this.#starts[source]!; at < this.#starts[source + 1]!; at++) {
      const edge = this.#leaving[at]!
      if (this.#ends[edge] === source) continue
      const flow = this.#left[edge]!
      this.#left[edge] = 0
      this.#left[edge ^ 1]! += flow
      this.#excess[this.#ends[edge]!]! += flow
    }
    this.#relabelAll()
    while (this.#highest >= 0) {
      const node = this.#firstAt[this.#highest]!
      if (node < 0) {
        this.#highest--
        continue
      }
      this.#firstAt[this.#highest] = this.#after[node]!
      this.#discharge(node)
      if (this.#work > 8 * (this.#nodes + this.#ends.length)) this.#relabelAll()
    }
  }

  sinkSide(): boolean[] {
    this.#relabelAll()
    return Array.from(this.#labels, label => label < this.#nodes)
  }

  #discharge(node: number): void {
    const [ends, left, excess, labels] = [this.#ends, this.#left, this.#excess, this.#labels]
    while (excess[node]! > 0) {
      if (this.#next[node] === this.#starts[node + 1]) {
        this.#relabel(node)
        if (labels[node]! >= this.#nodes) return
        continue
      }
      const edge = this.#leaving[this.#next[node]!]!
      const to = ends[edge]!
      this.#work++
      if (!(left[edge]! > 0 && labels[node] === labels[to]! + 1)) {
        this.#next[node]!++
        continue
      }
      const flow = Math.min(excess[node]!, left[edge]!)
      // ∞ − ∞ is 0 for an excess, ∞ for an edge
      excess[node] = flow === excess[node] ? 0 : excess[node]! - flow
      if (left[edge]! < Infinity) left[edge]! -= flow
      left[edge ^ 1]! += flow
      if (excess[to] === 0 && to !== this.#sink) this.#list(to)
      excess[to]! += flow
    }
  }

  #list(node: number): void {
    const label = this.#labels[node]!
    this.#after[node] = this.#firstAt[label]!
    this.#firstAt[label] = node
    this.#highest = Math.max(this.#highest, label)
  }

  #relabel(node: number): void {
    const labels = this.#labels
    const before = labels[node]!
    let least = this.#nodes
    for (let at = this.#starts[node]!; at < this.#starts[node + 1]!; at++) {
      const edge = this.#leaving[at]!
      if (this.#left[edge]! > 0) least = Math.min(least, labels[this.#ends[edge]!]! + 1)
    }
    this.#work += this.#starts[node + 1]! - this.#starts[node]!
    this.#next[node] = this.#starts[node]!
    this.#countAt[before]!--
    // a gap: nothing is left at this label, so nothing above has a way to the sink, and nothing there has excess
    if (this.#countAt[before] === 0) least = this.#nodes
    labels[node] = least
    this.#countAt[least]!++
  }

  /** Labels become distances to the sink, and nodes with excess are listed by them. */
  #relabelAll(): void {
    const [labels, nodes] = [this.#labels, this.#nodes]
    this.#work = 0
    this.#highest = -1
    labels.fill(nodes)
    this.#countAt.fill(0)
    this.#firstAt.fill(-1)
    labels[this.#sink] = 0
    const queue = [this.#sink]
    for (const node of queue) {
      const label = labels[node]!
      this.#countAt[label]!++
      this.#next[node] = this.#starts[node]!
      if (node !== this.#sink && this.#excess[node]! > 0) this.#list(node)
      for (let at = this.#starts[node]!; at < this.#starts[node + 1]!; at++) {
        const edge = this.#leaving[at]!
        const from = this.#ends[edge]!
        if (from === this.#source || labels[from]! < nodes || !(this.#left[edge ^ 1]! > 0)) continue
        labels[from] = label + 1
        queue.push(from)
      }
    }
  }
}
