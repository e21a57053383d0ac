/**
 * Combines partial results in a fixed binary tree over the shard index, whatever the order of arrival.
 *
 * The node of level k at place p covers the shards [p·2ᵏ, (p+1)·2ᵏ) ∩ [0, shards); a node whose right half lies
 * beyond the last shard is its left half. Two halves are merged as soon as both are there, so every held node is
 * a maximal complete subtree. This is the binary counter of pairwise summation (Higham 1993, SIAM J. Sci. Comput.
 * 14(4)) with a place to wait for those that come early.
 *
 * No more than ⌊log₂ shards⌋ + 1 partials are ever held. Let m be the lowest shard that is missing. The complete
 * subtrees of [0, m) are as many as m has ones in binary, ones(m); partials beyond m are early. Whoever is early is
 * admitted only if, for each shard i still missing before the furthest one held, ones(i) + early + 1 is within
 * the bound: i itself will always find room. Without early ones, ones(i) ≤ ⌊log₂ shards⌋ for i < shards.
 *
 * No deadlock: the lowest missing shard is always admitted, so it never waits; lanes take shards in the order of
 * their index, and a lane keeps its shard until it is taken, so the lowest missing shard is always in a lane that
 * computes it or is about to. With each taken shard the lowest missing one advances or an early one is held.
 */
export class ReductionTree<Part> {
  readonly shards: number
  /** The most partials that are held at a time: ⌊log₂ shards⌋ + 1. */
  readonly bound: number
  readonly #merge: (left: Part, right: Part) => Part
  /** Held nodes by level and place. */
  readonly #nodes = new Map<string, Part>()
  readonly #taken: Uint8Array
  #missing = 0
  #furthest = -1
  #fresh: { level: number; place: number; partial: Part } | undefined

  /** @param merge adds the right partial to the left one and returns where the sum is. */
  constructor(shards: number, merge: (left: Part, right: Part) => Part) {
    this.shards = shards
    this.bound = mostHeld(shards)
    this.#merge = merge
    this.#taken = new Uint8Array(shards)
  }

  /** Partials that are held now. */
  get held(): number {
    return this.#nodes.size + (this.#fresh ? 1 : 0)
  }

  /** Whether there is room for the partial of a shard, once everything is settled. */
  admits(shard: number): boolean {
    this.settle()
    if (shard === this.#missing) return true
    const early = this.#nodes.size - ones(this.#missing)
    const joins = this.#nodes.has(key(0, shard ^ 1)) ? 0 : 1
    const free = this.bound - early - joins - 1
    if (this.#nodes.size >= this.bound) return false
    for (let i = this.#missing; i < Math.max(this.#furthest, shard); i++) {
      if (!this.#taken[i] && i !== shard && ones(i) > free) return false
    }
    return true
  }

  /** Takes the partial of an admitted shard; the merges it makes possible wait for {@link settle}. */
  take(shard: number, partial: Part): void {
    this.settle()
    this.#taken[shard] = 1
    this.#furthest = Math.max(this.#furthest, shard)
    while (this.#taken[this.#missing]) this.#missing++
    this.#fresh = { level: 0, place: shard, partial }
  }

  /** Merges what can be merged. */
  settle(): void {
    if (!this.#fresh) return
    let { level, place, partial } = this.#fresh
    this.#fresh = undefined
    while (2 ** level < this.shards) {
      const sibling = place ^ 1
      if (sibling * 2 ** level < this.shards) {
        const other = this.#nodes.get(key(level, sibling))
        if (other === undefined) break
        this.#nodes.delete(key(level, sibling))
        partial = sibling < place ? this.#merge(other, partial) : this.#merge(partial, other)
      }
      place >>= 1
      level++
    }
    this.#nodes.set(key(level, place), partial)
  }

  /** The sum over all shards, when all were taken. */
  root(): Part | undefined {
    this.settle()
    return this.#missing === this.shards ? this.#nodes.values().next().value : undefined
  }
}

/**
 * The most partials a reduction over so many shards holds: ⌊log₂ shards⌋ + 1.
 *
 * @example
 * [1, 2, 3, 4, 200].map(mostHeld) // → [1, 2, 2, 3, 8]
 */
export const mostHeld = (shards: number): number => 32 - Math.clz32(shards)

const key = (level: number, place: number) => `${level}:${place}`

/** Ones in the binary digits of n. */
function ones(n: number): number {
  let count = 0
  for (let rest = n; rest > 0; rest >>>= 1) count += rest & 1
  return count
}
