/**
 * Disjoint sets, each with a sum of costs (union-find with path halving, Tarjan 1975). What leaves a set takes its cost
 * along but cannot be split off: sets that it joined stay joined, the approximation of Kirisame et al. 2021 (DTR, §4.2).
 */
export class Classes {
  readonly #parent: number[] = []
  readonly #cost: number[] = []
  readonly #mark: number[] = []
  #round = 0

  /** A new set of one element. */
  add(cost: number): number {
    this.#cost.push(cost)
    this.#mark.push(0)
    return this.#parent.push(this.#parent.length) - 1
  }

  /** Makes one set of two. */
  join(a: number, b: number): void {
    const left = this.#find(a)
    const right = this.#find(b)
    if (left === right) return
    this.#parent[left] = right
    this.#cost[right] = this.#cost[right]! + this.#cost[left]!
  }

  /** Takes the cost of an element out of its set. */
  leave(element: number, cost: number): void {
    const root = this.#find(element)
    this.#cost[root] = Math.max(0, this.#cost[root]! - cost)
  }

  /** Begins a sum in which each set counts once. */
  begin(): void {
    this.#round++
  }

  /** The cost of the set of an element; 0 if it was asked for since {@link begin}. */
  costOnce(element: number): number {
    const root = this.#find(element)
    if (this.#mark[root] === this.#round) return 0
    this.#mark[root] = this.#round
    return this.#cost[root]!
  }

  #find(element: number): number {
    const parent = this.#parent
    let at = element
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!
      at = parent[at]!
    }
    return at
  }
}
