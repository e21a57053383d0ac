import type { Data, Executable } from '@wengert/tape'
import { type Remote, transfer } from 'comlink'
import type { Lane, Task } from './lane.js'
import { Link } from './link.js'
import { parcelViews, travellers } from './parcel.js'
import type { Hiring } from './platform.js'
import type { LaneService, Parcel, Reply } from './protocol.js'

/**
 * A lane in a worker that shares no memory: one parcel goes to and fro, with parameters or rows on the way there
 * and outputs on the way back.
 */
export class TransferLane implements Lane {
  readonly #hiring: Hiring
  readonly #deadlineMs: number
  #link: Link
  #awake = true
  #parcel: ArrayBuffer | undefined
  #parcelBytes = 0
  #arenaBytes = 0
  #maximumBytes = 0
  /** Link whose worker has an arena of the maximum. */
  #allotted: Link | undefined
  #executable: Executable | undefined
  #pinned: readonly Data[] = []

  private constructor(hiring: Hiring, deadlineMs: number, link: Link) {
    this.#hiring = hiring
    this.#deadlineMs = deadlineMs
    this.#link = link
  }

  /** Starts a worker. @throws {@link LaneError} if that fails. */
  static async open(hiring: Hiring, deadlineMs: number): Promise<TransferLane> {
    return new TransferLane(hiring, deadlineMs, await Link.open(hiring))
  }

  /** The parcel counts wherever it is. */
  get bytes(): number {
    return this.#arenaBytes + this.#parcelBytes
  }

  allot(maximumBytes: number, shareBytes: number, parcelBytes: number): void {
    if (maximumBytes !== this.#maximumBytes || this.#arenaBytes > shareBytes) {
      this.#maximumBytes = maximumBytes
      this.#allotted = undefined
    }
    if (parcelBytes !== this.#parcelBytes) {
      this.#parcelBytes = parcelBytes
      this.#parcel = undefined
    }
  }

  async run({ executable, pinned, fill }: Task): Promise<void> {
    const link = this.#link
    if (this.#allotted !== link) {
      await link.call(service => service.allot(this.#maximumBytes), this.#deadlineMs)
      this.#allotted = link
      this.#arenaBytes = 0
      this.#executable = undefined
    }
    await link.load(executable, this.#deadlineMs)
    const travelling = travellers(executable)
    const inPlace = this.#executable === executable && pinned.every((data, k) => data === this.#pinned[k])
    if (!inPlace) {
      this.#executable = undefined
      const buffer = this.#takeParcel()
      for (const [k, view] of parcelViews(buffer, travelling.pinned).entries()) view.set(pinned[k] as Data)
      await this.#send(service => service.pin(executable.hash, transfer(buffer, [buffer])))
      this.#executable = executable
      this.#pinned = pinned
    }
    const buffer = this.#takeParcel()
    fill(parcelViews(buffer, travelling.inputs))
    await this.#send(service => service.compute(executable.hash, transfer(buffer, [buffer])))
  }

  outputs(): readonly Data[] {
    if (!this.#executable || !this.#parcel) return []
    return parcelViews(this.#parcel, travellers(this.#executable).outputs)
  }

  async revive(): Promise<void> {
    if (!this.#link.dead) return
    await this.#link.kill('')
    this.#arenaBytes = 0
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

  /** The parcel, which from now on is away; a new one if the last did not come back. */
  #takeParcel(): ArrayBuffer {
    const parcel = this.#parcel ?? new ArrayBuffer(this.#parcelBytes)
    this.#parcel = undefined
    return parcel
  }

  async #send(call: (service: Remote<LaneService>) => Promise<Reply<Parcel>>): Promise<void> {
    const { buffer, arenaBytes } = await this.#link.call(call, this.#deadlineMs)
    this.#parcel = buffer
    this.#arenaBytes = arenaBytes
  }
}
