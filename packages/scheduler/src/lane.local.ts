import type { Data } from '@wengert/tape'
import type { Lane, Task } from './lane.js'
import { Seat } from './seat.js'

/** A lane in this thread. Before each run it lets the event loop turn, so it blocks for one shard at most. */
export class LocalLane implements Lane {
  readonly #seat = new Seat(false)
  readonly #pause: () => Promise<void>

  constructor(pause: () => Promise<void>) {
    this.#pause = pause
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

  async kill(): Promise<void> {}

  keepAlive(): void {}
}
