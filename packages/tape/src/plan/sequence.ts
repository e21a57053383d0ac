/**
 * A sequence of runs while it is being changed. What is resident when follows from it, as in {@link residency}, and so do
 * the live bytes at each run: one pass from the end finds both, and leaves out what runs again and is not read.
 */
import type { GraphIndex, Lists } from './graph-index.js'

/** Steps in the order in which they run, each at least once and after what it reads; the array has room to grow. */
export class Sequence {
  runs: Int32Array
  length = 0
  /** Live bytes at each run, as of {@link settle}. */
  liveBytes: Float64Array
  /** Σ cost of what runs again. */
  extraCost = 0
  /** Runs that were looked at. */
  work = 0
  /** Storages that are resident before the run that was looked to last. */
  readonly resident: Uint8Array
  /** Of storages that the run that was looked over last neither reads nor writes, the next run that reads them; −1: none. */
  readonly nextRead: Int32Array
  readonly #index: GraphIndex
  /** How often each step runs. */
  readonly #times: Int32Array
  /** Storages that stay to the end, and their bytes. */
  readonly #lasting: Uint8Array
  readonly #lastingBytes: number
  /** Bytes of the results and the scratch of each step. */
  readonly #ownBytes: Float64Array

  constructor(index: GraphIndex) {
    const { stepCount, storageCount, bytes, scratchBytes, results, isOutput, isPinned } = index
    this.#index = index
    this.runs = new Int32Array(2 * stepCount)
    this.liveBytes = new Float64Array(2 * stepCount)
    this.resident = new Uint8Array(storageCount)
    this.nextRead = new Int32Array(storageCount)
    this.#times = new Int32Array(stepCount)
    this.#lasting = isOutput.map((output, s) => output | isPinned[s]!)
    this.#lastingBytes = this.#lasting.reduce((sum, lasts, s) => sum + lasts * bytes[s]!, 0)
    this.#ownBytes = scratchBytes.map((scratch, step) => {
      let own = scratch
      for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) own += bytes[results.items[e]!]!
      return own
    })
  }

  /** Becomes other runs. */
  load(runs: Int32Array): void {
    const { cost, totalCost } = this.#index
    this.#reserve(runs.length)
    this.runs.set(runs)
    this.length = runs.length
    this.#times.fill(0)
    let sum = 0
    for (let p = 0; p < runs.length; p++) {
      const step = runs[p]!
      this.#times[step] = this.#times[step]! + 1
      sum += cost[step]!
    }
    this.extraCost = sum - totalCost
    this.work += runs.length
  }

  /** Takes a run out that is not the only one of its step. */
  remove(position: number): void {
    const step = this.runs[position]!
    this.runs.copyWithin(position, position + 1, this.length)
    this.liveBytes.copyWithin(position, position + 1, this.length)
    this.length--
    this.#times[step] = this.#times[step]! - 1
    this.extraCost -= this.#index.cost[step]!
  }

  /** Inserts steps before a run. */
  insert(position: number, steps: readonly number[]): void {
    this.#reserve(this.length + steps.length)
    this.runs.copyWithin(position + steps.length, position, this.length)
    this.length += steps.length
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k]!
      this.runs[position + k] = step
      this.#times[step] = this.#times[step]! + 1
      this.extraCost += this.#index.cost[step]!
    }
  }

  /** Leaves out what runs again for nothing and counts live bytes; gives the run at which they are most. */
  settle(): number {
    const { operands, results, bytes, cost } = this.#index
    const { runs, liveBytes, resident } = this
    const [times, ownBytes] = [this.#times, this.#ownBytes]
    resident.set(this.#lasting)
    let stayingBytes = this.#lastingBytes
    let at = this.length
    let most = -1
    let fullest = at
    for (let p = this.length - 1; p >= 0; p--) {
      const step = runs[p]!
      if (times[step]! > 1 && !this.#isRead(step)) {
        times[step] = times[step]! - 1
        this.extraCost -= cost[step]!
        continue
      }
      for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
        const s = results.items[e]!
        if (resident[s] === 0) continue
        resident[s] = 0
        stayingBytes -= bytes[s]!
      }
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const s = operands.items[e]!
        if (resident[s] === 1) continue
        resident[s] = 1
        stayingBytes += bytes[s]!
      }
      at--
      runs[at] = step
      liveBytes[at] = stayingBytes + ownBytes[step]!
      if (liveBytes[at]! <= most) continue
      most = liveBytes[at]!
      fullest = at
    }
    this.work += this.length
    runs.copyWithin(0, at, this.length)
    liveBytes.copyWithin(0, at, this.length)
    this.length -= at
    return fullest - at
  }

  /** Finds what is resident before a run. */
  lookTo(position: number): void {
    this.resident.set(this.#lasting)
    for (let p = this.length - 1; p >= position; p--) this.#passBack(p)
    this.work += this.length - position
  }

  /** Finds what stays over a run for later ones, and what is resident after it. */
  lookOver(position: number): void {
    const { operands, results } = this.#index
    const { runs, nextRead } = this
    this.resident.set(this.#lasting)
    nextRead.fill(-1)
    for (let p = this.length - 1; p >= position; p--) {
      const step = runs[p]!
      const read = p > position ? p : -1
      if (p > position) this.#passBack(p)
      for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) nextRead[results.items[e]!] = -1
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++)
        nextRead[operands.items[e]!] = read
    }
    this.work += this.length - position
  }

  /** Whether a storage could stay up to a run from when it was resident last, within a limit. */
  couldStay(storage: number, position: number, limitBytes: number): boolean {
    const { operands, results, bytes } = this.#index
    const { runs, liveBytes } = this
    const room = limitBytes - bytes[storage]!
    for (let p = position - 1; p >= 0; p--) {
      const step = runs[p]!
      this.work++
      if (has(operands, step, storage) || has(results, step, storage)) return true
      if (liveBytes[p]! > room) return false
    }
    return true
  }

  /** The runs by themselves. */
  copy(): Int32Array {
    return this.runs.slice(0, this.length)
  }

  #isRead(step: number): boolean {
    const { starts, items } = this.#index.results
    for (let e = starts[step]!; e < starts[step + 1]!; e++) if (this.resident[items[e]!] === 1) return true
    return false
  }

  /** From what is resident after a run to what is before it. */
  #passBack(position: number): void {
    const { operands, results } = this.#index
    const { resident } = this
    const step = this.runs[position]!
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) resident[results.items[e]!] = 0
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) resident[operands.items[e]!] = 1
  }

  #reserve(length: number): void {
    if (length <= this.runs.length) return
    const [runs, liveBytes] = [new Int32Array(2 * length), new Float64Array(2 * length)]
    runs.set(this.runs)
    liveBytes.set(this.liveBytes)
    this.runs = runs
    this.liveBytes = liveBytes
  }
}

function has({ starts, items }: Lists, step: number, storage: number): boolean {
  for (let e = starts[step]!; e < starts[step + 1]!; e++) if (items[e] === storage) return true
  return false
}
