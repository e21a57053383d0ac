/** Schedules by which a loop of so many steps can be reversed, from the fewest states on. */
import { advancedSteps, forwardSteps, mostSteps } from '@wengert/kernels'
import { MOST_REPETITIONS } from './two-level.js'

/** Which states of a loop are in memory. */
export interface Snapshots {
  /** Steps from one that the loop keeps to the next; all of them if it keeps none but its first. */
  readonly every: number
  /** Further states that are kept while the steps between those are reversed. */
  readonly snapshots: number
}

/** A schedule of groups of steps; see `revolve` of the kernels. */
export interface Schedule extends Snapshots {
  /** Steps of a group. */
  readonly size: number
  /** Last steps whose residuals the loop keeps. */
  readonly kept: number
  /** States that the loop keeps. */
  readonly states: number
  /** Steps that run forward without residuals. */
  readonly advanced: number
}

function schedule(length: number, size: number, kept: number, { every, snapshots }: Snapshots): Schedule {
  const steps = length - kept
  return {
    every,
    snapshots,
    size,
    kept,
    states: every < steps ? Math.ceil(steps / every) : 0,
    advanced: advancedSteps({ steps, every, size, snapshots }),
  }
}

/** Whole numbers from one to another, about evenly spread by their ratios. */
export function scale(from: number, to: number, ratio: number): number[] {
  const found: number[] = []
  for (let k = from; k <= to; k = Math.max(k + 1, Math.floor(k * ratio))) found.push(k)
  if (found.length > 0 && found.at(-1) !== to) found.push(to)
  return found
}

/** Schedules of single steps, from the fewest snapshots to one for almost every step. */
function singleSteps(length: number): readonly Schedule[] {
  if (length <= 1) return []
  let fewest = 0
  while (mostSteps(fewest + 1, MOST_REPETITIONS) < length) fewest++
  return scale(fewest, length - 2, 1.15).map(slots => schedule(length, 1, 0, snapshotsIn(length, slots)))
}

/** The choice with the fewest steps forward among those that keep so many states. */
export function snapshotsIn(length: number, slots: number): Snapshots {
  let best: Snapshots = { every: Math.max(1, length), snapshots: slots }
  let fewest = forwardSteps(length, slots + 1)
  // Kept states are paid for from the loop to its pullback; further ones only while it runs.
  for (let kept = 2; kept <= slots; kept = Math.max(kept + 1, Math.floor(kept * 1.05))) {
    const every = Math.ceil(length / kept)
    const used = Math.ceil(length / every)
    const snapshots = Math.min(slots - used, every)
    const steps = advancedSteps({ steps: length, every, size: 1, snapshots })
    if (steps < fewest) {
      fewest = steps
      best = { every, snapshots }
    }
  }
  return best
}

/** Schedules of groups, each of which begins at a state at hand. */
const groupsAtHand = (length: number): readonly Schedule[] =>
  scale(1, length, 1.5).map(size => schedule(length, size, 0, { every: size, snapshots: 0 }))

/** Shares of the steps whose residuals may be kept from the loop on. */
const SHARES = 64

/**
 * Schedules of groups, each of which begins at a state at hand, with residuals of the last steps: from few of these to all
 * but few. With n steps before them in groups of m, n/m states and the residuals of m steps are in memory, which is least
 * for m = √(n · state/residuals).
 *
 * @param ratio bytes of a state over those of the residuals of a step.
 */
export function tailsOf(length: number, ratio: number): readonly Schedule[] {
  const shares = Math.min(SHARES, length)
  return Array.from({ length: shares - 1 }, (_, k) => {
    const kept = Math.floor((length * (k + 1)) / shares)
    const size = Math.min(length - kept, Math.max(1, Math.round(Math.sqrt((length - kept) * ratio))))
    return schedule(length, size, kept, { every: size, snapshots: 0 })
  })
}

/** Schedules of groups in stretches, with snapshots in each. */
function groupsInStretches(length: number): readonly Schedule[] {
  const found: Schedule[] = []
  for (const size of scale(1, length, 1.6)) {
    const all = Math.ceil(length / size)
    for (const groups of scale(2, all, 1.6)) {
      for (const snapshots of scale(0, groups - 1, 1.6)) {
        const every = groups >= all ? length : groups * size
        const made = schedule(length, size, 0, { every, snapshots })
        if (made.advanced <= MOST_REPETITIONS * length) found.push(made)
      }
    }
  }
  return found
}

/** Schedules for a loop of so many steps, by loop. */
interface Schedules {
  readonly single: readonly Schedule[]
  readonly groups: readonly Schedule[]
}

const known = new Map<number, Schedules>()
const KNOWN = 64

/** Schedules for a loop of so many steps without residuals from the loop: of single steps and of groups. */
export function schedulesOf(length: number): Schedules {
  const found = known.get(length) ?? {
    single: singleSteps(length),
    groups: [...groupsAtHand(length), ...groupsInStretches(length)],
  }
  known.set(length, found)
  if (known.size > KNOWN) known.delete(known.keys().next().value as number)
  return found
}
