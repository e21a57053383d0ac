/**
 * Which storages may still be needed, counted exactly while storages leave and come back.
 *
 * A storage is *wanted* while a step that has not run yet reads it (`uses`), or while it is an operand of a step
 * that must run again because a wanted result of it is not resident (`need`). A storage is *fragile* when it cannot
 * be computed again: an input that is not pinned, or a value below a fragile storage that has left. A fragile
 * storage may leave only when nothing wants it, and then fragility moves on to what was computed from it.
 */
import type { GraphIndex } from './graph-index.js'

/** The counts of one schedule in the making. */
export class Demand {
  /** Reads of each storage by steps that have not run for the first time. */
  readonly uses: Int32Array
  /** Steps that must run again and read the storage. */
  readonly need: Int32Array
  /** Wanted results of each step that are not resident any more: the step must run again while there are any. */
  readonly calls: Int32Array
  readonly fragile: Uint8Array
  readonly resident: Uint8Array
  readonly #index: GraphIndex
  readonly #onIdle: (storage: number) => void
  readonly #onCall: (step: number) => void
  readonly #stack: number[] = []
  /** Steps that were looked at. */
  work = 0

  /** Tells which resident storages nothing wants any more, and which steps must run again, or need no longer. */
  constructor(index: GraphIndex, onIdle: (storage: number) => void, onCall: (step: number) => void) {
    const { storageCount, stepCount, readers } = index
    this.#index = index
    this.#onIdle = onIdle
    this.#onCall = onCall
    this.calls = new Int32Array(stepCount)
    this.need = new Int32Array(storageCount)
    this.resident = new Uint8Array(storageCount)
    this.fragile = new Uint8Array(storageCount)
    this.uses = new Int32Array(storageCount)
    for (let s = 0; s < storageCount; s++) this.uses[s] = readers.starts[s + 1]! - readers.starts[s]!
    for (const { storage, pinned } of index.graph.inputs) {
      this.resident[storage] = 1
      this.fragile[storage] = pinned ? 0 : 1
    }
  }

  wanted(storage: number): boolean {
    return this.uses[storage]! > 0 || this.need[storage]! > 0
  }

  /** A first run has read the storage. */
  read(storage: number): void {
    this.uses[storage] = this.uses[storage]! - 1
    if (!this.wanted(storage)) this.#onIdle(storage)
  }

  /** A storage has been written for the first time. */
  arrive(storage: number): void {
    this.resident[storage] = 1
    if (!this.wanted(storage)) this.#onIdle(storage)
  }

  /** A storage that had left has been written again. */
  comeBack(storage: number): void {
    this.resident[storage] = 1
    if (this.wanted(storage)) this.#release(this.#index.producer[storage]!)
    else this.#onIdle(storage)
  }

  leave(storage: number): void {
    this.resident[storage] = 0
    if (this.fragile[storage]) this.#moveFragility(storage)
    else if (this.wanted(storage)) this.#call(this.#index.producer[storage]!)
  }

  #call(from: number): void {
    const { operands, producer } = this.#index
    const stack = this.#stack
    stack.push(from)
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const calls = this.calls[step]!
      this.work++
      this.calls[step] = calls + 1
      if (calls > 0) continue
      this.#onCall(step)
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        const woken = !this.resident[s] && !this.wanted(s)
        this.need[s] = this.need[s]! + 1
        if (woken) stack.push(producer[s]!)
      }
    }
  }

  #release(from: number): void {
    const { operands, producer } = this.#index
    const stack = this.#stack
    stack.push(from)
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const calls = this.calls[step]! - 1
      this.work++
      this.calls[step] = calls
      if (calls > 0) continue
      this.#onCall(step)
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        this.need[s] = this.need[s]! - 1
        if (this.wanted(s)) continue
        if (this.resident[s]) this.#onIdle(s)
        else stack.push(producer[s]!)
      }
    }
  }

  #moveFragility(from: number): void {
    const { readers, results } = this.#index
    const stack = [from]
    for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
      for (let e = readers.starts[s]!; e < readers.starts[s + 1]!; e++) {
        const step = readers.items[e]!
        for (let r = results.starts[step]!; r < results.starts[step + 1]!; r++) {
          const result = results.items[r]!
          if (this.fragile[result]) continue
          this.fragile[result] = 1
          if (!this.resident[result]) stack.push(result)
        }
      }
    }
  }
}
