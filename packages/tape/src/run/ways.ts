/**
 * Ways to keep what the pullback of a loop needs, from states alone to residuals of all steps, with their bytes and costs.
 * Only those are listed that no other beats in both.
 *
 * Between the extremes lie snapshots of states (Revolve) and mixed schedules of states, groups and residuals; see `revolve` of
 * the kernels. Which values of a step are its residuals is a minimal cut for several prices of a byte.
 */
import { advancedSteps, forwardSteps, mostSteps } from '@wengert/kernels'
import { type Aval, bytesOf } from '../program/index.js'
import { groupPrograms, type Kept, type Origin, type Reversal, residualsOf, type Steps, withResiduals } from '../rewrite/index.js'
import type { Enclose } from './region.js'
import { keptBytes, stepBack, stepForward } from './revolve.js'
import { movingCost } from './rows.js'

/** A way to keep what a pullback needs. */
export interface Way {
  /** Undefined for the state before each step. */
  readonly kept: Kept | undefined
  /** Bytes from the loop to the end of its pullback, and of what the pullback works with. */
  readonly bytes: number
  /** Cost of the pullback and of what the loop does for it, in FLOP equivalents. */
  readonly cost: number
}

/** What ways are measured with. */
export interface Measures {
  readonly enclose: Enclose
  instructionCosts(program: Steps['body']): readonly number[]
}

/** No step is run forward more often than this, however few the snapshots. */
const MOST_REPETITIONS = 64

/** Prices of a byte of residuals for which cuts are made, in FLOP equivalents. */
const CUT_PRICES: readonly number[] = [0, 4, 32, 256, 4096, 65536]

/** The ways of a reversal that no other beats, the fewest bytes first. */
export function waysOf(reversal: Reversal, measures: Measures): readonly Way[] {
  const ways = reversal.backs.map((_, k) => waysOfBack(reversal, k, measures))
  // Scans that go back over the same states go the same way, which all of them have.
  const common = ways.length === 1 ? (ways[0] as Way[]) : together(ways, reversal.forwards.length)
  return frontier(common)
}

/** Ways that all have, with their bytes and costs added up. */
function together(ways: readonly (readonly Way[])[], _: number): Way[] {
  const [first = [], ...others] = ways.map(
    list =>
      new Map(
        list
          .filter(({ kept }) => kept === undefined || kept.kind === 'snapshots')
          .map(way => [JSON.stringify(way.kept ?? null), way]),
      ),
  )
  return [...first].flatMap(([key, way]) => {
    const same = others.map(list => list.get(key))
    if (!same.every(other => other)) return []
    return [
      {
        kept: way.kept,
        bytes: same.reduce((sum, other) => sum + (other as Way).bytes, way.bytes),
        cost: same.reduce((sum, other) => sum + (other as Way).cost, way.cost),
      },
    ]
  })
}

function waysOfBack(reversal: Reversal, which: number, measures: Measures): Way[] {
  const { length, avals, loop } = reversal
  const steps = reversal.forwards[which] as Steps
  const back = reversal.backs[which] as Steps
  const origins = reversal.origins[which] as readonly Origin[]
  const shape = { constants: back.outside.length, carries: back.init.length }
  const isState = back.arrays.map(value => steps.states.includes(value))
  const stateAvals = back.arrays.filter((_, k) => isState[k]).map(value => rowOf(avals[value] as Aval))
  const advance = stepForward(steps.body, steps.outside.length, steps.init.length, measures.enclose)
  const replay = stepBack(
    back.body,
    { ...shape, rows: isState.map((state, k) => (state ? -1 - k : k)) },
    measures.enclose,
  )
  const regionBytes = Math.max(advance.region.bytes, replay.region.bytes)
  const ways: Way[] = [
    {
      kept: undefined,
      bytes: length * bytesOfAll(stateAvals) + replay.region.bytes,
      cost: length * (replay.cost + 2 * movingCost(stateAvals)),
    },
  ]
  const stateBytes = bytesOfAll(advance.state)
  for (const { every, snapshots } of snapshotsOf(length)) {
    const kept = every < length ? Math.ceil(length / every) : 0
    ways.push({
      kept: { kind: 'snapshots', every, snapshots },
      bytes: kept * stateBytes + keptBytes(advance.state, [], { snapshots, size: 0 }) + regionBytes,
      cost:
        (kept > 0 ? kept : 0) * movingCost(advance.state) +
        advancedSteps({ steps: length, every, size: 1, snapshots }) * advance.cost +
        length * replay.cost,
    })
  }
  for (const residuals of cutsOf(back, origins, measures)) {
    const kinds = residuals.map(value => back.body.avals[value] as Aval)
    const programs = groupPrograms(steps, back, origins, residuals)
    const { pull } = programs
    const pulled = stepBack(
      pull.body,
      { ...shape, constants: pull.outside.length, rows: pull.arrays.map((_, k) => k) },
      measures.enclose,
    )
    const residualBytes = bytesOfAll(kinds)
    const more = loop ? costInLoop(loop, back, origins, residuals, measures) : 0
    if (loop && reversal.backs.length === 1) {
      ways.push({
        kept: { kind: 'residuals', residuals },
        bytes: length * residualBytes + pulled.region.bytes,
        cost: length * (pulled.cost + more + movingCost(kinds)),
      })
    }
    const keep = stepForward(programs.keep.body, programs.keep.outside.length, programs.keep.init.length, measures.enclose)
    const region = Math.max(pulled.region.bytes, keep.region.bytes, advance.region.bytes)
    for (const schedule of groupsOf(length, loop !== undefined && reversal.backs.length === 1)) {
      const { every, snapshots, size, kept } = schedule
      const again = length - kept
      const states = every < again ? Math.ceil(again / every) : 0
      ways.push({
        kept: { kind: 'groups', residuals, ...schedule },
        bytes:
          states * stateBytes +
          kept * residualBytes +
          keptBytes(advance.state, kinds, { snapshots, size }) +
          region,
        cost:
          states * movingCost(advance.state) +
          (kept > 0 ? length * more + kept * movingCost(kinds) : 0) +
          advancedSteps({ steps: again, every, size, snapshots }) * advance.cost +
          again * keep.cost +
          length * pulled.cost,
      })
    }
  }
  return ways
}

const rowOf = ({ dtype, shape }: Aval): Aval => ({ dtype, shape: shape.slice(1) })

const bytesOfAll = (avals: readonly Aval[]): number => avals.reduce((sum, aval) => sum + bytesOf(aval), 0)

/** Different sets of residuals, from those that leave nothing to compute again to those of the fewest bytes. */
function cutsOf(back: Steps, origins: readonly Origin[], measures: Measures): readonly (readonly number[])[] {
  const instructions = measures.instructionCosts(back.body)
  const cuts = new Map<string, readonly number[]>()
  for (const price of CUT_PRICES) {
    const keep = (aval: Aval) => 2 * movingCost([aval]) + price * bytesOf(aval)
    const residuals = residualsOf(back.body, origins, { instructions, keep })
    cuts.set(residuals.join(' '), residuals)
  }
  return [...cuts.values()].filter(residuals => residuals.length > 0)
}

/** What it costs a step of the loop to make residuals. */
function costInLoop(
  loop: Steps,
  back: Steps,
  origins: readonly Origin[],
  residuals: readonly number[],
  { instructionCosts }: Measures,
): number {
  const sum = (steps: Steps) => instructionCosts(steps.body).reduce((total, cost) => total + cost, 0)
  return Math.max(0, sum(withResiduals(loop, back, origins, residuals)) - sum(loop))
}

/** Whole numbers from one to another, about evenly spread by their ratios. */
function scale(from: number, to: number, ratio: number): number[] {
  const found: number[] = []
  for (let k = from; k <= to; k = Math.max(k + 1, Math.floor(k * ratio))) found.push(k)
  if (found.length > 0 && found.at(-1) !== to) found.push(to)
  return found
}

/** Snapshots of a loop of so many steps, from the fewest on. */
function snapshotsOf(length: number): readonly Snapshots[] {
  if (length <= 1) return []
  let fewest = 0
  while (mostSteps(fewest + 1, MOST_REPETITIONS) < length) fewest++
  return scale(fewest, length - 2, 1.15).map(slots => snapshotsIn(length, slots))
}

/** Which states of a loop are in memory. */
export interface Snapshots {
  /** Steps from one that the loop keeps to the next; all of them if it keeps none but its first. */
  readonly every: number
  /** Further states that are kept while the steps between those are reversed. */
  readonly snapshots: number
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

type Groups = Omit<Extract<Kept, { kind: 'groups' }>, 'kind' | 'residuals'>

/** Shares of the steps whose residuals may be kept from the loop on. */
const SHARES = 48

/** Schedules of groups: with every group from a state at hand and residuals of some last steps, or in stretches. */
function groupsOf(length: number, tails: boolean): readonly Groups[] {
  const found: Groups[] = []
  if (tails) {
    for (let share = 0; share < SHARES; share++) {
      const kept = Math.floor((length * share) / SHARES)
      const again = length - kept
      // Fewest bytes near √: n/m states and m residuals.
      for (const size of scale(1, again, 1.5)) found.push({ every: size, snapshots: 0, size, kept })
    }
  }
  for (const size of scale(1, length, 1.5)) {
    const all = Math.ceil(length / size)
    for (const groups of scale(1, all, 1.6)) {
      if (groups === 1 && tails) continue
      for (const snapshots of scale(0, groups - 1, 1.6)) {
        const schedule = { every: groups >= all ? length : groups * size, snapshots, size, kept: 0 }
        if (groups === 1 && snapshots > 0) break
        found.push(schedule)
      }
    }
  }
  return found
}

/** Ways that no other beats in both bytes and cost, the fewest bytes first. */
function frontier(ways: readonly Way[]): readonly Way[] {
  const sorted = [...ways].sort((a, b) => a.bytes - b.bytes || a.cost - b.cost)
  const found: Way[] = []
  for (const way of sorted) {
    if (found.length === 0 || way.cost < (found.at(-1) as Way).cost) found.push(way)
  }
  return found
}
