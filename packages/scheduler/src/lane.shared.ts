import type { Data } from '@wengert/tape'
import type { Lane, Task } from './lane.js'
import { Link } from './link.js'
import type { Hiring } from './platform.js'
import { Seat } from './seat.js'

/**
 * A lane in a worker whose arena is shared: this thread writes inputs and reads outputs in place, and a shard
 * costs one small message each way.
 */
export class SharedLane implements Lane {
  readonly #hiring: Hiring
  readonly #deadlineMs: number
  readonly #seat = new Seat(true)
  #link: Link
  #awake = true

  private constructor(hiring: Hiring, deadlineMs: number, link: Link) {
    this.#hiring = hiring
    this.#deadlineMs = deadlineMs
    this.#link = link
  }

  /** Starts a worker. @throws {@link LaneError} if that fails. */
  static async open(hiring: Hiring, deadlineMs: number): Promise<SharedLane> {
    return new SharedLane(hiring, deadlineMs, await Link.open(hiring))
  }

  get bytes(): number {
    return this.#seat.arena.bytes
  }

  allot(maximumBytes: number, shareBytes: number): void {
    this.#seat.allot(maximumBytes, shareBytes)
  }

  async run(task: Task): Promise<void> {
    const link = this.#link
    const { hash } = task.executable
    // A dying worker may still write the arena: nothing is placed before it has stopped.
    link.assertAlive()
    this.#seat.place(task)
    if (!link.has(hash, this.#seat.arena.memory)) {
      await link.adopt(this.#seat.arena.memory, this.#deadlineMs)
      await link.load(task.executable, this.#deadlineMs)
    }
    await link.call(service => service.run(hash), this.#deadlineMs)
  }

  outputs(): readonly Data[] {
    return this.#seat.outputs()
  }

  async revive(): Promise<void> {
    if (!this.#link.dead) return
    const stopped = await this.#link.kill('')
    if (!stopped) this.#seat.renew()
    this.#link = await Link.open(this.#hiring)
    this.#link.keepAlive(this.#awake)
  }

  retire(): Promise<void> {
    return this.#link.retire()
  }

  kill(summary: string): Promise<boolean> {
    return this.#link.kill(summary)
  }

  keepAlive(alive: boolean): void {
    this.#awake = alive
    this.#link.keepAlive(alive)
  }
}
