import type { Data, Executable } from '@wengert/tape'

/** One run of an executable. */
export interface Task {
  readonly executable: Executable
  /** Data of the pinned inputs, in their order. */
  readonly pinned: readonly Data[]
  /** Writes the other inputs, in their order, where they lie. */
  fill(inputs: readonly Data[]): void
}

/**
 * A place where tasks run one after another: this thread or a worker. A lane survives its worker: it can be
 * revived, and then runs on with a new one.
 */
export interface Lane {
  /** Bytes of arena and parcel, as measured. */
  readonly bytes: number
  /**
   * Gives it an arena and a parcel, and keeps the ones it has if they will do.
   *
   * @param maximumBytes what the arena can never pass.
   * @param shareBytes what it may hold now; an arena that holds more is given up.
   */
  allot(maximumBytes: number, shareBytes: number, parcelBytes: number): void
  /**
   * Runs a task; what must be written is written before this returns its promise, unless something has to be
   * loaded first.
   *
   * @throws {@link LaneError} if the lane died.
   */
  run(task: Task): Promise<void>
  /** Outputs of the last run where they lie; valid until the next one. */
  outputs(): readonly Data[]
  /** Replaces a worker that died. @throws {@link LaneError} if that fails. */
  revive(): Promise<void>
  /** Closes the store of the lane, if it has one that must be closed. */
  retire(): Promise<void>
  /** Ends the worker; a run that is under way rejects. */
  kill(summary: string): Promise<unknown>
  /** Whether the lane keeps the process alive. */
  keepAlive(alive: boolean): void
}
