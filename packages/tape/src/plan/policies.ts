/** Policies by which schedules are made, the ones that do best on most graphs first. */
import { LONG, RATHER_LONG, VERY_LONG } from './ladder.js'
import type { Policy } from './schedule.js'

const recovery = (bytes: number, distance: number, cost: number): Policy => ({
  bytes,
  distance,
  cost,
  estimate: 'recovery',
  distanceTo: 'next use',
  outputsLeave: false,
  inputsLast: false,
})

const snapshot = (distance: number): Policy => ({ ...recovery(1, distance, 1), estimate: 'snapshot' })

const neighbourhood = (bytes: number, distance: number, cost: number): Policy => ({
  ...recovery(bytes, distance, cost),
  estimate: 'neighbourhood',
})

/** The heuristic of DTR: cost of the neighbourhood by bytes and staleness. */
const stale = (distance: number): Policy => ({ ...neighbourhood(1, distance, 1), distanceTo: 'last use' })

const POLICIES: readonly Policy[] = [
  recovery(1, 1, 1),
  neighbourhood(1, 0.5, 1),
  snapshot(0),
  recovery(1, 0.5, 1),
  stale(1),
  neighbourhood(1, 1, 1),
  recovery(1, 2, 0.5),
  snapshot(1),
  recovery(1, 0.25, 0.25),
  neighbourhood(1, 2, 1),
  recovery(0.5, 1, 1),
  neighbourhood(1, 0, 1),
  recovery(2, 0.25, 0.5),
  recovery(1, 1, 0.5),
  stale(0.5),
  recovery(0.5, 1, 0.5),
]

/** Of longer graphs every attempt takes longer, so the likeliest to do well come first. */
const LONG_POLICIES: readonly Policy[] = [
  neighbourhood(1, 0.5, 1),
  stale(1),
  neighbourhood(1, 2, 1),
  snapshot(0),
  neighbourhood(1, 1, 1),
  recovery(1, 1, 1),
  stale(2),
  recovery(1, 0.5, 1),
]

/** The policies that a graph of so many steps is scheduled by, as far as its work goes. */
export function policiesFor(stepCount: number): readonly Policy[] {
  if (stepCount <= LONG) return POLICIES
  return stepCount <= VERY_LONG ? LONG_POLICIES : LONG_POLICIES.slice(0, 1)
}

/**
 * The policies that tell whether there is a schedule at all: of graphs that are not too long, first the one whose work does
 * not grow with what is missing.
 */
export function probingPoliciesFor(stepCount: number): readonly Policy[] {
  const policies = policiesFor(stepCount)
  return stepCount <= RATHER_LONG ? [snapshot(0), ...policies] : policies
}

/** For limits at which those fail. */
export const LAST_POLICIES: readonly Policy[] = [
  { ...recovery(1, 1, 1), outputsLeave: true },
  { ...snapshot(0), outputsLeave: true, inputsLast: true },
]
