import type { Data, SpillStore } from '@wengert/tape'
import type { Lane, Task } from './lane.js'
import { Seat } from './seat.js'

/** A lane in this thread. Before each run it lets the event loop turn, so it blocks for one shard at most. */
export class LocalLane implements Lane {
  readonly #seat: Seat
  readonly #pause: () => Promise<void>
  #store: SpillStore | undefined

  constructor(pause: () => Promise<void>, store: SpillStore | undefined) {
    this.#pause = pause
    this.#store = store
    this.#seat = new Seat(false, store)
  }

  get bytes(): number {
    return this.#seat.arena.bytes
  }

  allot(maximumBytes: number, shareBytes: number): void {
    this.#seat.allot(maximumBytes, shareBytes)
  }

  async run(task: Task): Promise<void> {
    await this.#pause()
    this.#seat.place(task)
    this.#seat.arena.run()
  }

  outputs(): readonly Data[] {
    return this.#seat.outputs()
  }

  async revive(): Promise<void> {}

  async retire(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await store?.close?.()
  }

  async kill(): Promise<void> {}

  keepAlive(): void {}
}
