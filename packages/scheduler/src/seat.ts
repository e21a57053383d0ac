import { Arena, type Data, type Executable, type SpillStore } from '@wengert/tape'
import type { Task } from './lane.js'

/** An arena that this thread can write, and what lies in it. */
export class Seat {
  readonly #shared: boolean
  readonly #store: SpillStore | undefined
  #arena: Arena
  #executable: Executable | undefined
  #pinned: readonly Data[] = []

  /** @param store where what runs in this thread spills */
  constructor(shared: boolean, store?: SpillStore) {
    this.#shared = shared
    this.#store = store
    this.#arena = new Arena({ shared, maximumBytes: 0 })
  }

  get arena(): Arena {
    return this.#arena
  }

  /** Takes another arena if this one has another maximum, in whole pages, or holds more than its share. */
  allot(maximumBytes: number, shareBytes: number): void {
    const { maximumBytes: maximum, bytes } = this.#arena
    if (maximum !== maximumBytes || bytes > shareBytes) this.renew(maximumBytes)
  }

  /** Takes another arena, because somebody may still write this one. */
  renew(maximumBytes = this.#arena.maximumBytes): void {
    this.#arena = new Arena({ shared: this.#shared, maximumBytes, spill: this.#store })
    this.#executable = undefined
  }

  /** Writes everything a task reads; parameters only when they are not there already. */
  place({ executable, pinned, fill }: Task): void {
    const inPlace =
      this.#executable === executable &&
      pinned.length === this.#pinned.length &&
      pinned.every((data, k) => data === this.#pinned[k])
    this.#arena.load(executable)
    this.#executable = executable
    const slots = executable.inputs
    if (!inPlace) {
      const pinnedSlots = slots.filter(slot => slot.pinned)
      for (const [k, slot] of pinnedSlots.entries()) this.#arena.view(slot).set(pinned[k] as Data)
      this.#pinned = pinned
    }
    fill(slots.filter(slot => !slot.pinned).map(slot => this.#arena.view(slot)))
  }

  /** Outputs of the executable that was placed last. */
  outputs(): readonly Data[] {
    return (this.#executable?.outputs ?? []).map(slot => this.#arena.view(slot))
  }
}
