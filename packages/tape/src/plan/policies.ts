/** Policies by which schedules are made, the ones that do best on most graphs first. */
import { LONG, VERY_LONG } from './ladder.js'
import type { Policy } from './schedule.js'

const recovery = (bytes: number, distance: number, cost: number): Policy => ({
  bytes,
  distance,
  cost,
  estimate: 'recovery',
  outputsLeave: false,
  inputsLast: false,
})

const snapshot = (distance: number): Policy => ({ ...recovery(1, distance, 1), estimate: 'snapshot' })

const POLICIES: readonly Policy[] = [
  recovery(1, 1, 1),
  snapshot(0),
  recovery(1, 2, 0.5),
  snapshot(1),
  recovery(1, 0.25, 0.25),
  recovery(1, 2, 1),
  recovery(1, 0.5, 1),
  recovery(0.5, 1, 1),
  recovery(2, 0.25, 0.5),
  recovery(1, 0, 1),
  recovery(1, 1, 0.5),
  recovery(0.5, 1, 0.5),
]

/** The policies that a graph of so many steps is scheduled by: fewer, the longer an attempt takes. */
export const policiesFor = (stepCount: number): readonly Policy[] => POLICIES.slice(0, countFor(stepCount))

function countFor(stepCount: number): number {
  if (stepCount <= LONG) return POLICIES.length
  if (stepCount <= 4 * LONG) return 6
  return stepCount <= VERY_LONG ? 3 : 1
}

/** For limits at which those fail. */
export const LAST_POLICIES: readonly Policy[] = [
  { ...recovery(1, 1, 1), outputsLeave: true },
  { ...snapshot(0), outputsLeave: true, inputsLast: true },
]
