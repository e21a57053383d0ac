/**
 * What leaves an arena when memory is short and the future is unknown: dynamic tensor rematerialisation (Kirisame et al.
 * 2021, h_DTR^eq). The storage with the smallest
 *
 *   h = (cost of computing it + Σ costs of the classes of evicted storages next to it) / (bytes · staleness)
 *
 * goes first. Time is the cost that has run, so the same recording evicts the same storages wherever it runs. Data that is
 * copied in costs its bytes and joins no class. Where there are many storages, those that score best in one look at all of
 * them are scored again as their turn comes (lazily, Minoux 1978), in place of the random samples of DTR.
 */
import { Classes } from './classes.js'
import type { Producer, Storage } from './value.js'

/** A storage with very many readers is near everything; a few of them tell as much. */
const READERS = 8

/** Fewer storages than this are all scored, every time. */
const FEW = 64

interface Scored {
  readonly storage: Storage
  readonly score: number
}

/** Who is resident, and who goes next. */
export class Eviction {
  readonly #resident = new Set<Storage>()
  readonly #classes = new Classes()
  /** The best of one look at all, the best one last. */
  #queue: Scored[] = []
  #queuedAt = 0
  #now = 0

  /** What is resident, in the order in which it came. */
  get resident(): Iterable<Storage> {
    return this.#resident
  }

  /** A storage has become resident. */
  enter(storage: Storage): void {
    this.#resident.add(storage)
    if (storage.element >= 0) this.#classes.leave(storage.element, costOf(storage))
    storage.element = -1
    storage.usedAt = this.#now
  }

  /** A storage is not resident any more. */
  leave(storage: Storage): void {
    this.#resident.delete(storage)
    if ('data' in storage.origin) return
    const element = this.#classes.add(costOf(storage))
    eachNext(storage.origin, storage, next => this.#classes.join(element, next.element))
    storage.element = element
  }

  /** Something of a cost has run and used storages. */
  use(storages: readonly Storage[], cost: number): void {
    this.#now += cost
    for (const storage of storages) storage.usedAt = this.#now
  }

  /** What goes next of what nobody holds. */
  next(): Storage | undefined {
    if (this.#resident.size < FEW) return this.#ranked().at(-1)?.storage
    for (;;) {
      const best = this.#queue.pop()
      if (!best) {
        this.#queue = this.#ranked().slice(-Math.ceil(this.#resident.size / 4))
        this.#queuedAt = this.#now
        if (this.#queue.length === 0) return undefined
        continue
      }
      const { storage } = best
      if (!this.#resident.has(storage) || storage.holds > 0 || storage.usedAt > this.#queuedAt) continue
      const score = this.#score(storage)
      if (score >= (this.#queue.at(-1)?.score ?? 0)) return storage
      this.#queue.splice(this.#placeOf(score), 0, { storage, score })
    }
  }

  /** All that nobody holds, the best last, the earliest of equals. */
  #ranked(): Scored[] {
    return [...this.#resident]
      .filter(({ holds }) => holds === 0)
      .map(storage => ({ storage, score: this.#score(storage) }))
      .sort((a, b) => a.score - b.score || b.storage.id - a.storage.id)
  }

  /** Where a score belongs in the queue, in front of equal ones, so that what was looked at again is looked at last. */
  #placeOf(score: number): number {
    let [low, high] = [0, this.#queue.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#queue[middle] as Scored).score >= score) high = middle
      else low = middle + 1
    }
    return low
  }

  /** 1 / h, which is highest for what goes next. */
  #score(storage: Storage): number {
    let cost = costOf(storage)
    this.#classes.begin()
    if (!('data' in storage.origin)) {
      eachNext(storage.origin, storage, next => {
        cost += this.#classes.costOnce(next.element)
      })
    }
    return (storage.bytes * (this.#now - storage.usedAt)) / Math.max(cost, 1)
  }
}

const costOf = ({ origin, bytes }: Storage): number => ('data' in origin ? bytes : origin.cost)

/** Visits what is not resident of that from which a storage was computed, and of that which was computed from it. */
function eachNext({ operands }: Producer, { readers }: Storage, visit: (next: Storage) => void): void {
  for (const { storage } of operands) if (storage.element >= 0) visit(storage)
  const count = Math.min(readers.length, READERS)
  for (let k = 0; k < count; k++) {
    for (const result of (readers[k] as Producer).results) if (result.element >= 0) visit(result)
  }
}
