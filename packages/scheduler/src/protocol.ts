import type { Executable, SpillPlace } from '@wengert/tape'
import type { Fault } from './fault.js'

/** What a worker answers: a value, or why there is none. It never throws through comlink, which loses classes. */
export type Reply<T> = { readonly value: T } | { readonly fault: Fault }

/** A buffer that goes to a worker with inputs and comes back with outputs. */
export interface Parcel {
  readonly buffer: ArrayBuffer
  /** Bytes the worker's arena has taken so far. */
  readonly arenaBytes: number
}

/** The service a worker offers its lane. One call is under way at a time. */
export interface LaneService {
  /** Answers when the worker has started and opened its store, if there is to be one. */
  ready(spill: SpillPlace | undefined): Promise<Reply<null>>
  /** Closes the store; nothing runs afterwards. */
  retire(): Promise<Reply<null>>
  /** Runs from now on in an arena of the other side, which writes inputs and reads outputs itself. */
  adopt(memory: WebAssembly.Memory): Reply<null>
  /** Runs from now on in an arena of the worker's own, of at most so many bytes. */
  allot(maximumBytes: number): Reply<null>
  /** Keeps an executable for later runs; `afresh` forgets all others first. */
  load(executable: Executable, afresh: boolean): Reply<null>
  /** Runs an executable in the adopted arena. */
  run(hash: string): Reply<null>
  /** Writes pinned inputs from a parcel into the own arena. */
  pin(hash: string, buffer: ArrayBuffer): Reply<Parcel>
  /** Runs an executable in the own arena: the other inputs come in the parcel, outputs go back in it. */
  compute(hash: string, buffer: ArrayBuffer): Reply<Parcel>
}
