import type { SpillPlace } from '@wengert/tape'
import type { Endpoint } from 'comlink'

/** A worker thread, whatever the host. */
export interface Thread {
  readonly endpoint: Endpoint
  /** What may help on this host, besides, where the thread does not start. */
  readonly fix?: string
  /** Calls the listener when the thread threw, ended, or sent what cannot be read; possibly more than once. */
  onDeath(listener: (summary: string, cause?: unknown) => void): void
  /** Ends the thread; resolves to whether it is known to have stopped, so that nobody writes its arena any more. */
  terminate(): Promise<boolean>
  /** Whether the thread keeps the process alive. */
  keepAlive(alive: boolean): void
}

/** How a lane gets its worker, again and again. */
export interface Hiring {
  spawn(): Thread
  /** Where the worker opens a store of its own. */
  readonly spill: SpillPlace | undefined
}

/** Where a module of workers is. */
export type WorkerPlace = URL | string

/** What the scheduler needs from its host: Node or a browser. */
export interface Platform {
  /** Names of options that there are on this host alone; errors do not list them. */
  readonly optionNames?: readonly string[]
  /** Processors that can run at the same time. */
  readonly cores: number
  /** Whether memory can be shared with workers. */
  readonly sharesMemory: boolean
  /**
   * Starts a worker that serves a lane.
   *
   * @param worker where its module is; undefined for the package's own.
   */
  spawn(worker: WorkerPlace | undefined): Thread
  /** Lets the event loop turn once. */
  pause(): Promise<void>
}
