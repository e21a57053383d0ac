/**
 * Bounds that hold for every plan that runs the steps for the first time in the graph's order. The bytes of one step
 * with what must be there beside it bound the budget from below. At the fullest moments, what has to be gone to meet
 * a limit and is read later has to be computed again: a knapsack bounds the extra cost from below, and likewise the bytes
 * of the records of what runs again.
 */
import type { GraphIndex } from './graph-index.js'
import { type CoverBound, coverBound, type Item } from './knapsack.js'
import type { Residency } from './residency.js'

/** Bytes that must be resident at each step, and the largest of them. */
export interface WorkingSets {
  /** A lower bound of every plan. */
  readonly largestBytes: number
  /** The same with outputs kept once computed, as the scheduler does. */
  readonly keptBytes: number
  /** Step with the largest working set, outputs kept; −1 when the graph's inputs or outputs alone are larger. */
  readonly step: number
}

/** Measures the working set of each step: operands, results, scratch, pinned inputs, inputs still to be read. */
export function workingSets(index: GraphIndex): WorkingSets {
  const { graph, stepCount, operands, results, readers, bytes, scratchBytes, isPinned, isOutput, producer } =
    index
  // bytes of unpinned inputs that leave after each step
  const leaving = new Float64Array(stepCount)
  let fixed = 0
  let startBytes = 0
  for (const { storage } of graph.inputs) {
    startBytes += bytes[storage]!
    if (isPinned[storage] || isOutput[storage]) fixed += bytes[storage]!
    else if (readers.starts[storage + 1]! > readers.starts[storage]!) {
      const last = readers.items[readers.starts[storage + 1]! - 1]!
      leaving[last] = leaving[last]! + bytes[storage]!
      fixed += bytes[storage]!
    }
  }
  let largestBytes = startBytes
  let keptBytes = startBytes
  let at = -1
  let outputBytes = 0
  for (let step = 0; step < stepCount; step++) {
    let own = scratchBytes[step]!
    let kept = outputBytes
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      own += bytes[s]!
      if (isOutput[s]) outputBytes += bytes[s]!
    }
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      if (producer[s]! < 0) continue
      own += bytes[s]!
      if (isOutput[s]) kept -= bytes[s]!
    }
    largestBytes = Math.max(largestBytes, fixed + own)
    if (fixed + own + kept > keptBytes) {
      keptBytes = fixed + own + kept
      at = step
    }
    fixed -= leaving[step]!
  }
  const endBytes = fixed + outputBytes
  if (endBytes > keptBytes) at = -1
  return {
    largestBytes: Math.max(largestBytes, endBytes),
    keptBytes: Math.max(keptBytes, endBytes),
    step: at,
  }
}

/** Functions from a limit on live bytes to a lower bound, never increasing. */
export interface RerunBound {
  readonly least: (limitBytes: number) => number
  /** As low or lower: with fractions of steps. */
  readonly fractional: (limitBytes: number) => number
}

/**
 * Lower bounds of what steps weigh that run again under a limit on live bytes.
 *
 * @param weight of each step: its cost, or the bytes of its record.
 */
export function rerunBound(index: GraphIndex, full: Residency, weight: Float64Array): RerunBound {
  // moment p + 1 is step p when every step runs once
  const lastMoment = index.stepCount
  const moments = new Set<number>()
  for (const numerator of [4, 5, 6, 7]) {
    for (const moment of [
      (full.peakMoment * numerator) >> 3,
      full.peakMoment + ((lastMoment - full.peakMoment) >> (numerator - 3)),
    ]) {
      if (moment >= 1 && moment <= lastMoment) moments.add(moment)
    }
  }
  if (full.peakMoment >= 1 && full.peakMoment <= lastMoment) moments.add(full.peakMoment)
  const knapsacks = [...moments].map(moment => ({
    liveBytes: full.liveBytes[moment]!,
    bound: knapsackAt(index, weight, moment - 1),
  }))
  const most = (which: keyof CoverBound) => (limitBytes: number) =>
    knapsacks.reduce((most, { liveBytes, bound }) => {
      const excess = liveBytes - limitBytes
      return excess > 0 ? Math.max(most, bound[which](excess)) : most
    }, 0)
  return { least: most('least'), fractional: most('fractional') }
}

/**
 * Each step before `at` is an item: what it frees, and its weight. A step whose operand is read by it alone and no
 * smaller than what it frees takes the weight of that operand's producer along: to keep the operand would free nothing.
 */
function knapsackAt(index: GraphIndex, weight: Float64Array, at: number): CoverBound {
  const { results, readers, operands, bytes, isOutput, producer } = index
  const isOperand = new Set(operands.items.subarray(operands.starts[at]!, operands.starts[at + 1]!))
  const weightWith = Float64Array.from(weight)
  const items: Item[] = []
  for (let step = 0; step < at; step++) {
    let freed = 0
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      const end = readers.starts[s + 1]!
      const readLater = end > readers.starts[s]! && readers.items[end - 1]! > at
      if ((readLater || isOutput[s]) && !isOperand.has(s)) freed += bytes[s]!
    }
    let ownBytes = 0
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++)
      ownBytes += bytes[results.items[e]!]!
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      const maker = producer[s]!
      if (maker < 0 || isOutput[s] || bytes[s]! < ownBytes) continue
      const alone = readers.starts[s + 1]! - readers.starts[s]! === 1
      const single = results.starts[maker + 1]! - results.starts[maker]! === 1
      if (alone && single) weightWith[step] = weightWith[step]! + weightWith[maker]!
    }
    if (freed > 0) items.push({ bytes: freed, weight: weightWith[step]! })
  }
  return coverBound(items)
}

/**
 * For each of some limits, in descending order, what no attempt under it needs less than. Its live bytes lie above the next
 * limit, and then its records are those that this limit calls for, or they do not, and then it is also one under that.
 */
export function leastNeeds(
  index: GraphIndex,
  once: Residency,
  limits: readonly number[],
  largestBytes: number,
): readonly number[] {
  const records = Float64Array.from(index.graph.steps, ({ recordBytes = 0 }) => recordBytes)
  const onceBytes = records.reduce((sum, bytes) => sum + bytes, 0)
  const { least: rerunBytes } = rerunBound(index, once, records)
  const needs: number[] = []
  let below = Infinity
  for (let r = limits.length - 1; r >= 0; r--) {
    const fromBytes = limits[r + 1] ?? largestBytes
    below = Math.min(below, fromBytes + onceBytes + rerunBytes(limits[r]!))
    needs[r] = below
  }
  return needs
}
