/**
 * Where each period lies in the arena: offline dynamic storage allocation, NP-hard, so several orders are tried and
 * the lowest peak wins; a peak equal to the live bytes is optimal and ends the search.
 *
 * In order of time, a list of gaps is enough: each period takes the tightest gap, or one beside a period that ends when it
 * does, or long periods take the lowest and short ones the highest so that they do not fragment each other; the same once more
 * from the end. In order of size or area (Pisarchyk & Lee 2020, greedy by size), each period takes the lowest offset free during
 * all of it; what then reaches above the lower bound moves to the front of the order and all are placed again.
 *
 * Limits: orders other than time are quadratic and tried only for up to {@link QUADRATIC_LIMIT} periods, as is lowest and highest,
 * which leaves more fragments the more periods there are.
 */
import { EndingGaps } from './ending-gaps.js'
import { Gaps } from './gaps.js'
import type { Periods, Residency } from './residency.js'

/** An offset for each period, and the highest byte that results. */
export interface Placement {
  readonly offsets: Float64Array
  readonly peakBytes: number
}

/** More periods are many, and more than this so many that every way takes long. */
const QUADRATIC_LIMIT = 3000
const MANY = 8000
const NEGLIGIBLE = 1.002

/**
 * Places every period so that no two that share a moment overlap. With many periods the search ends at a peak within
 * {@link NEGLIGIBLE} of the live bytes; a thorough one goes on for longer, a quick one tries orders of time alone.
 */
export function place(residency: Residency, effort: 'quick' | 'usual' | 'thorough' = 'usual'): Placement {
  const { periods, peakLiveBytes, runs } = residency
  const lastMoment = runs.length + 1
  const enoughBytes = peakLiveBytes * (effort === 'thorough' || periods.count <= 256 ? 1 : NEGLIGIBLE)
  const isLarge = periods.count > QUADRATIC_LIMIT
  let best: Placement | undefined
  const improves = (next: Placement) => {
    if (best === undefined || next.peakBytes < best.peakBytes) best = next
    return best.peakBytes <= enoughBytes
  }
  const isShort = periods.count > MANY || (isLarge && effort !== 'thorough')
  const ways = [
    ...(isLarge ? [0] : [0, 3, 1, 5]).map(
      shift => (periods: Periods) => placeByTime(periods, lastMoment, peakLiveBytes, lastMoment >> shift),
    ),
    ...(isShort ? [2] : [2, 1]).map(weight => (periods: Periods) => placeByEnd(periods, lastMoment, weight)),
  ]
  for (const way of ways) if (improves(way(periods))) return best!
  const backward = reverse(periods, lastMoment)
  const order = byEnd(periods, lastMoment)
  for (const way of isShort ? ways.slice(0, 1) : ways) {
    const { offsets, peakBytes } = way(backward)
    const unreversed = new Float64Array(offsets.length)
    order.forEach((k, i) => {
      unreversed[k] = offsets[order.length - 1 - i]!
    })
    if (improves({ offsets: unreversed, peakBytes })) return best!
  }
  const isClose = periods.count > 1000 && best!.peakBytes <= peakLiveBytes * NEGLIGIBLE
  if (isClose || isLarge || effort === 'quick') return best!
  const rounds = Math.min(12, Math.ceil(1e6 / (periods.count * periods.count)))
  const keys = [
    (k: number) => periods.bytes[k]!,
    (k: number) => periods.bytes[k]! * (periods.end[k]! - periods.start[k]! + 1),
    (k: number) => periods.end[k]! - periods.start[k]!,
  ]
  for (const key of keys) {
    let order = Array.from({ length: periods.count }, (_, k) => k)
    order.sort((a, b) => key(b) - key(a) || periods.bytes[b]! - periods.bytes[a]! || a - b)
    for (let round = 0; round < rounds; round++) {
      const next = placeInOrder(periods, order)
      if (improves(next)) return best!
      const sticksOut = (k: number) => next.offsets[k]! + periods.bytes[k]! > peakLiveBytes
      order = [...order.filter(sticksOut), ...order.filter(k => !sticksOut(k))]
    }
  }
  return best!
}

/** In order of time: each is put when it begins, after those that end before have been removed. */
function sweep(
  periods: Periods,
  lastMoment: number,
  offsets: Float64Array,
  put: (period: number) => void,
  remove: (period: number) => void,
): Placement {
  const { count, start, end, bytes } = periods
  const endings = byEnd(periods, lastMoment)
  let ended = 0
  let peakBytes = 0
  for (let k = 0; k < count; k++) {
    for (; ended < count && end[endings[ended]!]! < start[k]!; ended++) {
      if (bytes[endings[ended]!]! > 0) remove(endings[ended]!)
    }
    if (bytes[k] === 0) continue
    put(k)
    peakBytes = Math.max(peakBytes, offsets[k]! + bytes[k]!)
  }
  return { offsets, peakBytes }
}

/** `longer`: periods of more moments than this go low, the others high under `targetBytes`; all low if none is. */
function placeByTime(periods: Periods, lastMoment: number, targetBytes: number, longer: number): Placement {
  const { count, start, end, bytes } = periods
  const offsets = new Float64Array(count)
  const gaps = new Gaps(targetBytes)
  const lowOnly = longer >= lastMoment
  const fitOf = (k: number) => (lowOnly ? 'tightest' : end[k]! - start[k]! > longer ? 'lowest' : 'highest')
  return sweep(
    periods,
    lastMoment,
    offsets,
    k => {
      offsets[k] = gaps.take(bytes[k]!, fitOf(k))
    },
    k => gaps.give(offsets[k]!, bytes[k]!),
  )
}

/** Each beside one that ends when it does. */
function placeByEnd(periods: Periods, lastMoment: number, weight: number): Placement {
  const offsets = new Float64Array(periods.count)
  const gaps = new EndingGaps(periods, offsets, lastMoment, weight)
  return sweep(
    periods,
    lastMoment,
    offsets,
    k => gaps.put(k),
    k => gaps.remove(k),
  )
}

/** The same periods as seen by one who goes back in time, so those that last to the end come first. */
function reverse(periods: Periods, lastMoment: number): Periods {
  const order = byEnd(periods, lastMoment).reverse()
  return {
    count: periods.count,
    storage: order.map(k => periods.storage[k]!),
    start: order.map(k => lastMoment - periods.end[k]!),
    end: order.map(k => lastMoment - periods.start[k]!),
    bytes: Float64Array.from(order, k => periods.bytes[k]!),
  }
}

/** Periods in ascending order of their end, by counting. */
function byEnd({ count, end }: Periods, lastMoment: number): Int32Array {
  const starts = new Int32Array(lastMoment + 2)
  for (let k = 0; k < count; k++) starts[end[k]! + 1] = starts[end[k]! + 1]! + 1
  for (let p = 1; p < starts.length; p++) starts[p] = starts[p]! + starts[p - 1]!
  const order = new Int32Array(count)
  for (let k = 0; k < count; k++) {
    const at = starts[end[k]!]!
    order[at] = k
    starts[end[k]!] = at + 1
  }
  return order
}

/** Each period in turn at the lowest offset that is free during all of it. */
function placeInOrder(periods: Periods, order: readonly number[]): Placement {
  const { start, end, bytes } = periods
  const offsets = new Float64Array(periods.count)
  // placed periods by ascending offset
  const placed: number[] = []
  let peakBytes = 0
  for (const k of order) {
    const size = bytes[k]!
    if (size === 0) continue
    const from = start[k]!
    const to = end[k]!
    let offset = 0
    for (let i = 0; i < placed.length; i++) {
      const other = placed[i]!
      if (start[other]! > to || end[other]! < from) continue
      if (offsets[other]! - offset >= size) break
      offset = Math.max(offset, offsets[other]! + bytes[other]!)
    }
    offsets[k] = offset
    peakBytes = Math.max(peakBytes, offset + size)
    let at = placed.length
    while (at > 0 && offsets[placed[at - 1]!]! > offset) at--
    placed.splice(at, 0, k)
  }
  return { offsets, peakBytes }
}
