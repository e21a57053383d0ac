/**
 * A schedule is a sequence of step ids and nothing else; what is resident when follows from it.
 *
 * A storage is resident from each run that writes it (an input: from the start) to its last read before the next
 * run that writes it, and, when it is an output or pinned, from its last writing to the end. No shorter residency
 * could work and no longer one is useful, so every sequence that runs producers before readers is a sound plan:
 * an input that cannot come back stays until its last read in the sequence, reruns included.
 */
import type { GraphIndex } from './graph-index.js'

/** Stays in memory, closed at both ends; moment 0 is before the first run, moment p + 1 is during run p. */
export interface Periods {
  readonly count: number
  /** The storage that stays, or −1 − p for the scratch of run p. Ordered by `start`. */
  readonly storage: Int32Array
  readonly start: Int32Array
  readonly end: Int32Array
  readonly bytes: Float64Array
}

/** What is resident when, for one sequence of runs. */
export interface Residency {
  readonly runs: Int32Array
  readonly periods: Periods
  /** Live bytes at each moment; the last moment is after the last run. */
  readonly liveBytes: Float64Array
  /** Highest of `liveBytes`: a lower bound of any placement of these periods. */
  readonly peakLiveBytes: number
  /** A moment at which `liveBytes` is highest. */
  readonly peakMoment: number
}

/** Derives who is resident when from a sequence of runs. */
export function residency(index: GraphIndex, runs: Int32Array): Residency {
  const { graph, bytes, scratchBytes, operands, results, isPinned, isOutput } = index
  const last = runs.length + 1
  let count = graph.inputs.length
  for (const step of runs) {
    count += results.starts[step + 1]! - results.starts[step]! + (scratchBytes[step]! > 0 ? 1 : 0)
  }
  const storage = new Int32Array(count)
  const start = new Int32Array(count)
  const end = new Int32Array(count)
  const size = new Float64Array(count)
  const current = new Int32Array(index.storageCount).fill(-1)
  let next = 0
  const open = (id: number, at: number, sizeBytes: number) => {
    storage[next] = id
    start[next] = at
    end[next] = at
    size[next] = sizeBytes
    return next++
  }
  for (const input of graph.inputs) current[input.storage] = open(input.storage, 0, bytes[input.storage]!)
  for (let p = 0; p < runs.length; p++) {
    const step = runs[p]!
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      end[current[operands.items[e]!]!] = p + 1
    }
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const written = results.items[e]!
      current[written] = open(written, p + 1, bytes[written]!)
    }
    if (scratchBytes[step]! > 0) open(-1 - p, p + 1, scratchBytes[step]!)
  }
  for (let id = 0; id < index.storageCount; id++) {
    if (current[id]! >= 0 && (isPinned[id] || isOutput[id])) end[current[id]!] = last
  }

  const liveBytes = new Float64Array(last + 1)
  for (let k = 0; k < count; k++) {
    liveBytes[start[k]!] = liveBytes[start[k]!]! + size[k]!
    if (end[k]! < last) liveBytes[end[k]! + 1] = liveBytes[end[k]! + 1]! - size[k]!
  }
  let peakMoment = 0
  for (let p = 1; p <= last; p++) {
    liveBytes[p] = liveBytes[p]! + liveBytes[p - 1]!
    if (liveBytes[p]! > liveBytes[peakMoment]!) peakMoment = p
  }
  const periods: Periods = { count, storage, start, end, bytes: size }
  return { runs, periods, liveBytes, peakLiveBytes: liveBytes[peakMoment]!, peakMoment }
}

/** Σ cost of the steps that run again. */
export function extraCostOf(index: GraphIndex, runs: Int32Array): number {
  const again = new Int32Array(index.stepCount).fill(-1)
  for (const step of runs) again[step] = again[step]! + 1
  return again.reduce((sum, times, step) => sum + times * index.cost[step]!, 0)
}
