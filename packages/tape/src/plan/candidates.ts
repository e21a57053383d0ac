/** Up to so many members all are scored. */
const ALL = 256

/** A set of storages, and the one with the highest score among them without looking at all of them every time. */
export class Candidates {
  readonly #members: number[] = []
  readonly #place: Int32Array
  #shortlist: number[] = []

  constructor(storageCount: number) {
    this.#place = new Int32Array(storageCount).fill(-1)
  }

  add(storage: number): void {
    if (this.#place[storage]! >= 0) return
    this.#place[storage] = this.#members.length
    this.#members.push(storage)
  }

  remove(storage: number): void {
    const at = this.#place[storage]!
    if (at < 0) return
    const last = this.#members.pop()!
    if (last !== storage) {
      this.#members[at] = last
      this.#place[last] = at
    }
    this.#place[storage] = -1
  }

  /**
   * A member with the highest score, −1 when no member scores above −∞. From {@link ALL} members on, the best 4√n of one look
   * at all are scored alone until half of them are gone, so that n removals cost O(n√n) rather than O(n²).
   */
  best(score: (storage: number) => number): number {
    if (this.#members.length < ALL) return this.#bestOf(this.#members, score)
    const fresh = this.#shortlist.filter(storage => this.#place[storage]! >= 0)
    if (fresh.length > this.#shortlist.length / 2) {
      const best = this.#bestOf(fresh, score)
      if (best >= 0) return best
    }
    this.#shortlist = this.#select(score)
    return this.#bestOf(this.#shortlist, score)
  }

  #bestOf(list: readonly number[], score: (storage: number) => number): number {
    let best = -1
    let highest = -Infinity
    for (const storage of list) {
      const value = score(storage)
      if (value > highest || (value === highest && storage < best)) {
        best = storage
        highest = value
      }
    }
    return best
  }

  #select(score: (storage: number) => number): number[] {
    const scored: { storage: number; value: number }[] = []
    for (const storage of this.#members) {
      const value = score(storage)
      if (value > -Infinity) scored.push({ storage, value })
    }
    scored.sort((a, b) => b.value - a.value || a.storage - b.storage)
    return scored.slice(0, Math.ceil(4 * Math.sqrt(scored.length))).map(entry => entry.storage)
  }
}
