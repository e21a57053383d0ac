/**
 * What leaves an arena when memory is short and the future is unknown: dynamic tensor rematerialisation (Kirisame et al.
 * 2021, h_DTR^eq). The storage with the smallest
 *
 *   h = (cost of computing it + Σ costs of the classes of evicted storages next to it) / (bytes · staleness)
 *
 * goes first. Time is the cost that has run, so the same recording evicts the same storages wherever it runs. Data that is
 * copied in costs its bytes and joins no class. Of many storages a shortlist is scored instead of a random sample.
 */
import { Candidates, Classes } from '../plan/index.js'
import type { Producer, Storage } from './value.js'

/** A storage with very many readers is near everything; a few of them tell as much. */
const READERS = 8

/** Who is resident, and who goes next. */
export class Eviction {
  readonly #candidates = new Candidates()
  readonly #storages: Storage[] = []
  readonly #classes = new Classes()
  #now = 0

  /** A storage has become resident. */
  enter(storage: Storage): void {
    this.#storages[storage.id] = storage
    this.#candidates.add(storage.id)
    if (storage.element >= 0) this.#classes.leave(storage.element, costOf(storage))
    storage.element = -1
    storage.usedAt = this.#now
  }

  /** A storage is not resident any more. */
  leave(storage: Storage): void {
    this.#candidates.remove(storage.id)
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
    const id = this.#candidates.best(id => this.#score(this.#storages[id] as Storage))
    return id < 0 ? undefined : this.#storages[id]
  }

  /** 1 / h, which is highest for what goes next. */
  #score(storage: Storage): number {
    if (storage.holds > 0) return Number.NEGATIVE_INFINITY
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
