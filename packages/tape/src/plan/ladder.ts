/**
 * The limits on live bytes under which schedules are searched. They lie between the largest working set and the peak of
 * storing everything: evenly for ordinary budgets, and closer towards the lower end, where costs rise steeply. They
 * depend on the graph alone, and so does how much work goes into each: what is looked at is counted, never timed.
 */
import type { WorkingSets } from './bound.js'
import { ALIGNMENT } from './graph.js'
import type { GraphIndex } from './graph-index.js'

/** Shares of the way from the lowest limit that keeps outputs to the peak of storing everything. */
const SHARES = [
  0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0065, 0.008, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04,
  0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.115, 0.13, 0.15, 0.175, 0.2, 0.225, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
  0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95,
]

/** Of long graphs, of which few limits below a budget are looked at. */
const LONG_SHARES = [
  0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.115, 0.13, 0.145, 0.16,
  0.18, 0.2, 0.225, 0.25, 0.275, 0.3, 0.325, 0.35, 0.375, 0.4, 0.425, 0.45, 0.475, 0.5, 0.525, 0.55, 0.575,
  0.6, 0.625, 0.65, 0.675, 0.7, 0.725, 0.75, 0.775, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975,
]

/** Of very long ones. */
const VERY_LONG_SHARES = [
  0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
  0.95,
]

/**
 * More steps than this are a long graph, which is scheduled by policies alone, and only under the limits from a budget down to where
 * schedules get dearer.
 */
export const LONG = 800

/** Up to so many steps, two policies at least are asked whether a long graph has a schedule. */
export const RATHER_LONG = 4000

/** More steps than this are a very long graph. */
export const VERY_LONG = 30_000

function sharesFor(stepCount: number): readonly number[] {
  if (stepCount > VERY_LONG) return VERY_LONG_SHARES
  return stepCount > LONG ? LONG_SHARES : SHARES
}

/** Limits in descending order. */
export function ladder(
  index: GraphIndex,
  { largestBytes, keptBytes }: WorkingSets,
  highest: number,
): number[] {
  const grain = Math.max(ALIGNMENT, commonDivisor(index))
  const limits = new Set<number>()
  const add = (bytes: number) => {
    const limit = Math.floor(bytes / grain) * grain
    if (limit >= largestBytes && limit < highest) limits.add(limit)
  }
  add(highest - grain)
  const lowest = Math.ceil(keptBytes / grain) * grain
  const levels = (highest - lowest) / grain
  const shares = sharesFor(index.stepCount)
  if (levels <= 1.2 * shares.length) for (let k = 0; k < levels; k++) add(lowest + k * grain)
  else for (const share of shares) add(lowest + (highest - keptBytes) * share)
  // below it outputs have to leave
  const below = index.stepCount > VERY_LONG ? 2 : index.stepCount > LONG ? 4 : 8
  for (let k = 0; k < below; k++) add(largestBytes + ((keptBytes - largestBytes) * k) / below)
  if (index.stepCount > LONG) for (const limit of between([...limits].sort((a, b) => a - b))) add(limit)
  return [...limits].sort((a, b) => b - a)
}

/** Of long graphs a limit is at most so many times the next lower one. */
const WIDEST = 1.15

/** Where ascending limits are too far apart, those that divide the way evenly. */
function between(limits: readonly number[]): number[] {
  return limits.flatMap((low, k) => {
    const ratio = (limits[k + 1] ?? low) / low
    const parts = Math.ceil(Math.log(ratio) / Math.log(WIDEST))
    return Array.from({ length: Math.max(0, parts - 1) }, (_, part) => low * ratio ** ((part + 1) / parts))
  })
}

/** How many storages and steps may be looked at. */
export interface Work {
  /** By one attempt. */
  readonly attempt: number
  /** By one attempt while the lowest limit at which there are schedules is looked for. */
  readonly probe: number
  /** By attempts that fail below that limit, where more may reach it than probes. */
  readonly failures: number
}

/** The work that goes into a graph of so many steps, whatever its shape. */
export function workFor(stepCount: number): Work {
  const long = 1e7 + 700 * Math.min(stepCount, 10_000) + 300 * Math.max(0, stepCount - 10_000)
  const attempt = Math.min(long, 8000 * stepCount)
  const probe = stepCount > LONG ? attempt : attempt / 4
  return { attempt, probe, failures: Math.min(4 * attempt, 4e6) }
}

/**
 * What searches of a graph that is not long look at, about, under one limit: so many a step, within a bound, and of small
 * graphs, whose attempts are quick, so many for each pair of steps, within another.
 */
const WORK = { each: 960, most: 3e5, pairs: 150, mostForPairs: 9e4 }

/** What attempts at a long graph look at under one limit, about; the first is made whatever that is. */
const LONG_WORK = 1.5e6

/** What of it goes to one limit at least. */
const LEAST_WORK = 9000

/** What of it goes to the limit with so many below it: most to the lowest, whose schedules are the hardest to find. */
export function workAt(below: number, stepCount: number): number {
  if (stepCount > LONG) return LONG_WORK
  const { each, most, pairs, mostForPairs } = WORK
  const even = Math.max(
    Math.min(most, each * stepCount),
    Math.min(mostForPairs, pairs * stepCount * stepCount),
  )
  return Math.max(LEAST_WORK, even * Math.max(1, 10 / (below + 1)))
}

/** Live bytes are always a multiple of it. */
function commonDivisor({ bytes, scratchBytes }: GraphIndex): number {
  let common = 0
  for (const sizes of [bytes, scratchBytes]) {
    for (let size of sizes) while (size > 0) [common, size] = [size, common % size]
  }
  return common
}
