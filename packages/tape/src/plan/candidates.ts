import { nthLargest } from './select.js'

/** Up to so many members all are scored. */
const ALL = 256

/** What sorting counts, for each member. */
const SORTING = 10

/** A set of storages, and the one with the highest score among them without looking at all of them every time. */
export class Candidates {
  readonly #members: number[] = []
  readonly #place: Int32Array
  /** The best of when it was made, and how many they were. */
  #shortlist: Entry[] = []
  #selected = 0
  /** Members that were looked at, beside what scores count. */
  work = 0

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
   * at all are a shortlist until half of them are gone, so that n removals cost O(n√n) rather than O(n²), and of those only
   * the ones whose last known score is above the best are scored again (lazily greedy, Minoux 1978): scores mostly fall.
   */
  best(score: (storage: number) => number): number {
    if (this.#members.length < ALL) return this.#bestOfAll(score)
    this.#keepMembers()
    if (this.#shortlist.length > this.#selected / 2) {
      const best = this.#bestOfShortlist(score)
      if (best >= 0) return best
    }
    this.#select(score)
    return this.#bestOfShortlist(score)
  }

  #bestOfAll(score: (storage: number) => number): number {
    let best = -1
    let highest = -Infinity
    for (const storage of this.#members) {
      const value = score(storage)
      if (value > highest || (value === highest && storage < best)) {
        best = storage
        highest = value
      }
    }
    return best
  }

  #bestOfShortlist(score: (storage: number) => number): number {
    let best = -1
    let highest = -Infinity
    for (const entry of this.#shortlist) {
      if (entry.value <= highest) continue
      entry.value = score(entry.storage)
      if (entry.value <= highest) continue
      best = entry.storage
      highest = entry.value
    }
    return best
  }

  #keepMembers(): void {
    const list = this.#shortlist
    let kept = 0
    for (const entry of list) if (this.#place[entry.storage]! >= 0) list[kept++] = entry
    list.length = kept
  }

  #select(score: (storage: number) => number): void {
    const members = this.#members
    this.work += SORTING * members.length
    const values = new Float64Array(members.length)
    let count = 0
    for (let k = 0; k < members.length; k++) {
      values[k] = score(members[k]!)
      if (values[k]! > -Infinity) count++
    }
    const size = Math.ceil(4 * Math.sqrt(count))
    const least = size > 0 ? nthLargest(values.slice(), size - 1) : Infinity
    // of equal ones at the end of the list, those with the smallest numbers
    const list: Entry[] = []
    for (let k = 0; k < members.length; k++) {
      if (values[k]! >= least) list.push({ storage: members[k]!, value: values[k]! })
    }
    list.sort((a, b) => b.value - a.value || a.storage - b.storage)
    list.length = size
    this.#shortlist = list
    this.#selected = size
  }
}

/** A member with the score that it had when it was last looked at. */
interface Entry {
  readonly storage: number
  value: number
}
