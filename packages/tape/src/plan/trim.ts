/**
 * Leaves out reruns that a schedule can do without: a step need not run again where its results can stay resident
 * since their previous writing, and live bytes remain under the limit. Dearest reruns first, repeated while it helps.
 *
 * Limits: each rerun is judged alone, against live bytes that shrink only between rounds.
 */
import type { GraphIndex } from './graph-index.js'
import { RangeMax } from './range-max.js'
import { type Residency, residency } from './residency.js'

const ROUNDS = 3

/** A residency with the same steps, none of them run more often, and live bytes still at most `limitBytes`. */
export function trim(index: GraphIndex, before: Residency, limitBytes: number): Residency {
  let now = before
  for (let round = 0; round < ROUNDS && now.runs.length > index.stepCount; round++) {
    const kept = trimOnce(index, now, limitBytes)
    if (kept.length === now.runs.length) break
    now = residency(index, kept)
  }
  return now
}

function trimOnce(
  index: GraphIndex,
  { runs, periods, liveBytes }: Residency,
  limitBytes: number,
): Int32Array {
  const { results, cost, isOutput } = index
  const { storage, start, bytes, count } = periods
  const end = Int32Array.from(periods.end)
  const live = new RangeMax(liveBytes)
  // periods of one storage, in order of time; −1 where there is none
  const earlier = new Int32Array(count).fill(-1)
  const later = new Int32Array(count).fill(-1)
  const firstOf = new Int32Array(runs.length).fill(-1)
  const latest = new Int32Array(index.storageCount).fill(-1)
  for (let k = 0; k < count; k++) {
    const s = storage[k]!
    if (s < 0) continue
    if (start[k]! > 0 && firstOf[start[k]! - 1] === -1) firstOf[start[k]! - 1] = k
    earlier[k] = latest[s]!
    if (latest[s]! >= 0) later[latest[s]!] = k
    latest[s] = k
  }
  const seen = new Uint8Array(index.stepCount)
  const reruns: number[] = []
  runs.forEach((step, p) => {
    if (seen[step]) reruns.push(p)
    seen[step] = 1
  })
  reruns.sort((a, b) => cost[runs[b]!]! - cost[runs[a]!]! || b - a)

  const left = new Uint8Array(runs.length)
  // a period is of use when something reads it or it lasts to the end
  const useful = (k: number) => end[k]! > start[k]! || (later[k] === -1 && isOutput[storage[k]!] === 1)
  for (const p of reruns) {
    const step = runs[p]!
    const first = firstOf[p]!
    const until = first + results.starts[step + 1]! - results.starts[step]!
    // [from, p] of each result's gap, the longest gap containing the others
    let extraBytes = 0
    let from = p + 1
    for (let k = first; first >= 0 && k < until; k++) {
      if (!useful(k)) continue
      extraBytes += bytes[k]!
      from = Math.min(from, end[earlier[k]!]! + 1)
    }
    if (live.exceeds(limitBytes - extraBytes, from, p)) continue
    left[p] = 1
    for (let k = first; first >= 0 && k < until; k++) {
      const previous = earlier[k]!
      if (useful(k)) {
        live.raise(end[previous]! + 1, p, bytes[k]!)
        end[previous] = end[k]!
      }
      later[previous] = later[k]!
      if (later[k]! >= 0) earlier[later[k]!] = previous
    }
  }
  return runs.filter((_, p) => left[p] === 0)
}
