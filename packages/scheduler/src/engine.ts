import {
  ARENA_LIMIT_BYTES,
  Arena,
  againWithLines,
  type Executable,
  type Explanation,
  openStore,
  pageCeil,
  pageFloor,
  withLines,
} from '@wengert/tape'
import { fit, type Layout } from './budget.js'
import { type Dispatched, dispatch, type Work } from './dispatch.js'
import type { Lane } from './lane.js'
import { LocalLane } from './lane.local.js'
import { SharedLane } from './lane.shared.js'
import { TransferLane } from './lane.transfer.js'
import type { Settings } from './options.js'
import type { Plans } from './plans.js'
import type { Platform } from './platform.js'
import type { Shard } from './shard.js'

/** Lanes, the arena of the reducer, and the budget they share. Work runs on it one after the other. */
export class Engine {
  readonly #lanes: readonly Lane[]
  readonly #settings: Settings
  #layout: Layout | undefined
  #reducer: Arena | undefined
  #peakBytes = 0

  private constructor(settings: Settings, lanes: readonly Lane[]) {
    this.#settings = settings
    this.#lanes = lanes
    this.#keepAlive(false)
  }

  /**
   * Starts the lanes.
   *
   * @throws {@link LaneError} if a worker cannot be started, {@link SpillError} if a store cannot be opened; then no worker
   * is left behind.
   */
  static async open(settings: Settings, platform: Platform): Promise<Engine> {
    const { workers, transport, spawn, spill, deadlineMs } = settings
    if (workers === 0) {
      return new Engine(settings, [new LocalLane(platform.pause, spill && (await openStore(spill)))])
    }
    const Lanes = transport === 'shared' ? SharedLane : TransferLane
    const opening = Array.from({ length: workers }, () => Lanes.open({ spawn, spill }, deadlineMs))
    const opened = await Promise.allSettled<Lane>(opening)
    const failed = opened.find(result => result.status === 'rejected')
    const lanes = opened.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    if (!failed) return new Engine(settings, lanes)
    await Promise.all(lanes.map(lane => lane.kill('Another worker could not be started.')))
    throw failed.reason
  }

  /** What computes shards: the workers, or this thread. */
  get laneCount(): number {
    return this.#lanes.length
  }

  /** Worker threads. */
  get workers(): number {
    return this.#settings.workers
  }

  /** Most bytes that were taken at a time, as measured. */
  get peakBytes(): number {
    return this.#peakBytes
  }

  /** Arena for the partials of the work that was fitted last. */
  get reducer(): Arena {
    this.#reducer ??= new Arena({ maximumBytes: this.#roomBytes(1) })
    return this.#reducer
  }

  /**
   * Divides the budget for a call and compiles what it runs: an executable for each number of rows of a shard.
   *
   * @param reducerBytes bytes the reduction needs; 0 where there is nothing to reduce.
   * @throws {@link BudgetError} about the whole budget if it is too small, with the line of the code that needs more.
   */
  fit(plans: Plans, shards: readonly Shard[], reducerBytes: number): ReadonlyMap<number, Executable> {
    const fitting = (ones: Plans) =>
      this.#fitting(ones, shards, reducerBytes, laneBytes => ones.executables(shards, laneBytes))
    const { layout, prepared } = againWithLines(
      () => fitting(plans),
      () => fitting(plans.anew()),
      () => plans.program((shards[0] as Shard).rows).program.instructions.length,
      false,
    )
    this.#layout = layout
    if (this.#reducer && this.#reducer.bytes > layout.reducerBytes) this.#reducer = undefined
    const roomBytes = this.#roomBytes(this.#lanes.length)
    for (const lane of this.#lanes) lane.allot(roomBytes, layout.laneBytes, layout.parcelBytes)
    return prepared
  }

  /**
   * How {@link Engine.fit} would divide the budget, and what it would compile, with the lines of the code.
   *
   * @throws {@link BudgetError} as it does.
   */
  explain(
    plans: Plans,
    shards: readonly Shard[],
    reducerBytes: number,
  ): { readonly layout: Layout; readonly prepared: ReadonlyMap<number, Explanation> } {
    const ones = plans.anew()
    return withLines(
      () => this.#fitting(ones, shards, reducerBytes, laneBytes => ones.explanations(shards, laneBytes)),
      false,
    )
  }

  /** Starts work that was fitted; the process stays alive until it is done. */
  dispatch(work: Omit<Work, 'restarts'>): Dispatched {
    this.#keepAlive(true)
    const dispatched = dispatch({ ...work, restarts: this.#settings.restarts }, this.#lanes)
    void dispatched.idle.then(() => this.#keepAlive(false))
    return dispatched
  }

  /** Bytes of all arenas and parcels now; remembers the most. */
  measure(): number {
    const bytes = this.#lanes.reduce((sum, lane) => sum + lane.bytes, this.#reducer?.bytes ?? 0)
    this.#peakBytes = Math.max(this.#peakBytes, bytes)
    return bytes
  }

  /** Ends all workers. */
  async close(): Promise<void> {
    const { spill } = this.#settings
    // Files of a directory are gone already.
    if (spill && 'opfs' in spill) await Promise.all(this.#lanes.map(lane => lane.retire()))
    await Promise.all(this.#lanes.map(lane => lane.kill('The scheduler is closed.')))
  }

  #fitting<T>(
    plans: Plans,
    shards: readonly Shard[],
    reducerBytes: number,
    prepare: (laneBytes: number) => T,
  ): { readonly layout: Layout; readonly prepared: T } {
    const { budgetBytes, workers, transport } = this.#settings
    const transfers = workers > 0 && transport === 'transfer'
    const needs = { reducerBytes, parcelBytes: transfers ? pageCeil(plans.parcelBytes(shards)) : 0 }
    const rows = shards.reduce((sum, shard) => sum + shard.rows, 0)
    return fit(budgetBytes, this.#lanes.length, needs, this.#layout, prepare, rows)
  }

  /**
   * Maximum of each of so many arenas. Arenas are made once, as large as the budget could ever allow, and each call's
   * plan keeps it within its share: one that were replaced for every share would stay until it is collected.
   */
  #roomBytes(arenas: number): number {
    const { budgetBytes = Number.POSITIVE_INFINITY } = this.#settings
    return Math.min(pageFloor(budgetBytes / arenas), ARENA_LIMIT_BYTES)
  }

  #keepAlive(alive: boolean): void {
    for (const lane of this.#lanes) lane.keepAlive(alive)
  }
}
