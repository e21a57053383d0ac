/**
 * Bounds of every plan. The bytes of one step with what must be there beside it bound the budget from below, where steps run for
 * the first time in the graph's order. When a step runs first, what it depends on has run, and what depends on it has not. What
 * has to be gone then to meet a limit, and is read by what has not, has to be computed again: at the fullest moments a
 * knapsack bounds the extra cost from below, and likewise the bytes of the records of what runs again.
 */
import type { GraphIndex, Lists } from './graph-index.js'
import { type CoverBound, coverBound, type Item } from './knapsack.js'
import type { Residency } from './residency.js'

/** Bytes that must be resident at each step, and the largest of them. */
export interface WorkingSets {
  /** A lower bound of every plan that runs steps first in the graph's order; nothing is looked for below it. */
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

/** Lookups of operands that {@link leastBytesInAnyOrder} spends on inputs; those for which none are left count where they are read. */
const MOST_LOOKUPS = 2e7

/**
 * Bytes that every plan needs, whatever the order of its steps: at a step its operands, results and scratch, inputs that are
 * pinned or outputs, and each input that is read by a step which depends on this one, since it has not run yet.
 */
export function leastBytesInAnyOrder(index: GraphIndex): number {
  const { graph, stepCount, operands, results, readers, bytes, scratchBytes, isPinned, isOutput, producer } =
    index
  const own = Float64Array.from(scratchBytes)
  for (let step = 0; step < stepCount; step++) {
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++)
      own[step]! += bytes[results.items[e]!]!
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      if (producer[s]! >= 0) own[step]! += bytes[s]!
    }
  }
  let [startBytes, fixed, lookups] = [0, 0, 0]
  const isBefore = new Uint8Array(stepCount)
  for (const { storage } of graph.inputs) {
    startBytes += bytes[storage]!
    if (isPinned[storage] || isOutput[storage]) {
      fixed += bytes[storage]!
      continue
    }
    isBefore.fill(0)
    let last = -1
    for (let e = readers.starts[storage]!; e < readers.starts[storage + 1]!; e++) {
      last = readers.items[e]!
      isBefore[last] = 1
    }
    for (let step = last; step >= 0; step--) {
      if (!isBefore[step]) continue
      own[step]! += bytes[storage]!
      if (lookups > MOST_LOOKUPS) continue
      for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
        const maker = producer[operands.items[e]!]!
        if (maker >= 0) isBefore[maker] = 1
      }
      lookups += operands.starts[step + 1]! - operands.starts[step]!
    }
    lookups += last + 1
  }
  let outputs = 0
  for (const storage of new Set(graph.outputs)) if (producer[storage]! >= 0) outputs += bytes[storage]!
  return own.reduce((most, at) => Math.max(most, fixed + at), Math.max(startBytes, fixed + outputs))
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
  const knapsacks = [...moments].map(moment => knapsackAt(index, weight, moment - 1))
  const most = (which: keyof CoverBound) => (limitBytes: number) =>
    knapsacks.reduce((most, { liveBytes, bound }) => {
      const excess = liveBytes - limitBytes
      return excess > 0 ? Math.max(most, bound[which](excess)) : most
    }, 0)
  return { least: most('least'), fractional: most('fractional') }
}

const BEFORE = 1
const AFTER = 2

/** Which steps run first before a step does so, and which after it, whatever the order. */
function sidesOf({ stepCount, operands, producer }: GraphIndex, at: number): Uint8Array {
  const sides = new Uint8Array(stepCount)
  const makers = function* (step: number) {
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const maker = producer[operands.items[e]!]!
      if (maker >= 0) yield maker
    }
  }
  sides[at] = AFTER
  for (let step = at + 1; step < stepCount; step++) {
    for (const maker of makers(step)) if (sides[maker] === AFTER) sides[step] = AFTER
  }
  sides[at] = BEFORE
  for (let step = at; step >= 0; step--) {
    if (sides[step] === BEFORE) for (const maker of makers(step)) sides[maker] = BEFORE
  }
  sides[at] = 0
  return sides
}

/**
 * Each step that runs before `at` is an item: what it frees, and its weight. A step whose operand is read by it alone and no
 * smaller than what it frees takes the weight of that operand's producer along: to keep the operand would free nothing.
 */
function knapsackAt(
  index: GraphIndex,
  weight: Float64Array,
  at: number,
): { readonly liveBytes: number; readonly bound: CoverBound } {
  const { graph, operands, results, readers, bytes, scratchBytes, isOutput, isPinned, producer } = index
  const sides = sidesOf(index, at)
  const sum = ({ starts, items }: Lists, list: number) => {
    let total = 0
    for (let e = starts[list]!; e < starts[list + 1]!; e++) total += bytes[items[e]!]!
    return total
  }
  const isOperand = new Set(operands.items.subarray(operands.starts[at]!, operands.starts[at + 1]!))
  const isWanted = (s: number) => {
    if (isOutput[s]) return true
    for (let e = readers.starts[s]!; e < readers.starts[s + 1]!; e++) {
      if (sides[readers.items[e]!] === AFTER) return true
    }
    return false
  }
  let liveBytes = scratchBytes[at]! + sum(operands, at) + sum(results, at)
  for (const { storage } of graph.inputs) {
    if (!isOperand.has(storage) && (isPinned[storage] || isWanted(storage))) liveBytes += bytes[storage]!
  }
  const weightWith = Float64Array.from(weight)
  const items: Item[] = []
  for (let step = 0; step < at; step++) {
    if (sides[step] !== BEFORE) continue
    let freed = 0
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++) {
      const s = results.items[e]!
      if (!isOperand.has(s) && isWanted(s)) freed += bytes[s]!
    }
    const ownBytes = sum(results, step)
    for (let e = operands.starts[step]!; e < operands.starts[step + 1]!; e++) {
      const s = operands.items[e]!
      const maker = producer[s]!
      if (maker < 0 || isOutput[s] || bytes[s]! < ownBytes) continue
      const alone = readers.starts[s + 1]! - readers.starts[s]! === 1
      const single = results.starts[maker + 1]! - results.starts[maker]! === 1
      if (alone && single) weightWith[step] = weightWith[step]! + weightWith[maker]!
    }
    liveBytes += freed
    if (freed > 0) items.push({ bytes: freed, weight: weightWith[step]! })
  }
  return { liveBytes, bound: coverBound(items) }
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
