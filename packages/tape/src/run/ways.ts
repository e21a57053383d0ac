/**
 * Ways to keep what the pullback of a loop needs, from states alone to residuals of all steps, with their bytes and costs.
 * Only those are listed that no other beats in both.
 *
 * Between the extremes lie snapshots of states (Revolve) and mixed schedules of states, groups and residuals; see `revolve` of
 * the kernels. The states at the beginnings of stretches or groups may be in a store, at its cost, instead of in memory. Which
 * values of a step are its residuals is a minimal cut for several prices of a byte.
 */
import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import {
  type Aval,
  avalsIn,
  bytesOf,
  bytesOfAll,
  named,
  type Params,
  type Program,
} from '../program/index.js'
import {
  groupPrograms,
  type Kept,
  type Origin,
  type Reversal,
  residualsOf,
  type Steps,
  withResiduals,
} from '../rewrite/index.js'
import type { Enclose } from './region.js'
import { stepBack, stepForward } from './revolve.js'
import { movingCost, spillingCost } from './rows.js'
import { type Schedule, scale, schedulesOf, tailsOf } from './schedules.js'
import { cheapestTwoLevel, reversalOf } from './two-level.js'

/** A way to keep what a pullback needs. */
export interface Way {
  /** Undefined for the state before each step. */
  readonly kept: Kept | undefined
  /** Bytes from the loop to the end of its pullback, and of what the pullback works with. */
  readonly bytes: number
  /** Bytes of a store. */
  readonly spilledBytes: number
  /** Cost of the pullback and of what the loop does for it, in FLOP equivalents. */
  readonly cost: number
}

/** The ways of a reversal. */
export interface Ways {
  /** Those that no other beats, the fewest bytes first. */
  readonly all: readonly Way[]
  /** Cost of keeping the state before each step. */
  readonly costOfStates: number
}

/** What keeping a byte of residuals must save where memory is ample, in FLOP equivalents. */
const WORTH_OF_A_BYTE = 16

/**
 * The ways up to that which is taken where memory is ample: no dearer than keeping all states, and with no more bytes than
 * are worth it.
 *
 * @param times how often the loop runs.
 */
export function waysWithin({ all, costOfStates }: Ways, times: number): readonly Way[] {
  const fast = all.filter(({ cost, spilledBytes }) => cost <= costOfStates && spilledBytes === 0)
  return all.slice(0, all.indexOf(cheapestAt(fast, WORTH_OF_A_BYTE, times)) + 1)
}

/** The way with the least cost at a price of a byte, of a loop that runs so many times. */
export function cheapestAt(ways: readonly Way[], price: number, times: number): Way {
  const objective = ({ bytes, cost }: Way) => cost * times + price * bytes
  return ways.reduce((best, way) => (objective(way) < objective(best) ? way : best))
}

/** What ways are measured with. */
export interface Measures {
  readonly enclose: Enclose
  instructionCosts(program: Program): readonly number[]
}

/** Prices of a byte of residuals for which cuts are made, in FLOP equivalents. */
const CUT_PRICES: readonly number[] = [0, 8, 128, 4096, 65536]

/** The prices for a step of so many instructions. Each cut gives a step that is planned, and long ones take long for that. */
function cutPricesFor(instructionCount: number): readonly number[] {
  return instructionCount <= 500 ? CUT_PRICES : [128]
}

/** The ways of a reversal with stores of different sizes; its steps are planned once. */
export class Reversing {
  readonly #backs: readonly Back[]
  readonly #known = new Map<number, Ways>()

  constructor(reversal: Reversal, measures: Measures) {
    this.#backs = reversal.backs.map((_, which) => new Back(reversal, which, measures))
  }

  /** @param spillBytes most bytes of a store that the loops may take; 0 if there is none. */
  ways(spillBytes: number): Ways {
    const known = this.#known.get(spillBytes)
    if (known) return known
    const backs = this.#backs
    // Scans that go back over the same states go the same way, from states.
    const largest = backs.reduce((most, { recordBytes }) => Math.max(most, recordBytes), 1)
    const spilled = (backs[0] as Back).spilled(Math.floor(spillBytes / largest))
    const states = together(backs.map(back => back.fromStates(spilled)))
    const residuals = backs.length === 1 ? (backs[0] as Back).fromResiduals(spillBytes) : []
    const made = { all: frontier([...states, ...residuals]), costOfStates: (states[0] as Way).cost }
    this.#known.set(spillBytes, made)
    return made
  }
}

/** What tells reversals apart, for which ways are the same otherwise. */
export function keyOfReversal({ length, loop, forwards, backs, origins }: Reversal): string {
  const short = (steps: Steps) => named(steps as unknown as Params)
  return JSON.stringify([length, origins, loop ? short(loop) : null, forwards.map(short), backs.map(short)])
}

/** The same ways of several, with their bytes and costs added up. */
const together = ([first = [], ...others]: readonly (readonly Way[])[]): readonly Way[] =>
  first.map(({ kept, bytes, spilledBytes, cost }, k) => ({
    kept,
    bytes: others.reduce((sum, ways) => sum + (ways[k] as Way).bytes, bytes),
    spilledBytes: others.reduce((sum, ways) => sum + (ways[k] as Way).spilledBytes, spilledBytes),
    cost: others.reduce((sum, ways) => sum + (ways[k] as Way).cost, cost),
  }))

/** A set of residuals, and the steps that make and read them. */
interface Cut {
  readonly residuals: readonly number[]
  readonly kinds: readonly Aval[]
  readonly pulled: ReturnType<typeof stepBack>
  readonly kept: ReturnType<typeof stepForward>
  /** What it costs a step of the loop to make them. */
  readonly inLoop: number
}

/** A schedule with states in a store. */
interface SpilledStates {
  readonly schedule: {
    readonly every: number
    readonly snapshots: number
    readonly spill: true
    readonly held?: true
  }
  readonly states: number
  readonly advanced: number
  readonly begun: number
}

/** A scan that goes back, with the loops over whose states it goes. */
class Back {
  readonly #length: number
  readonly #loop: Steps | undefined
  readonly #steps: Steps
  readonly #back: Steps
  readonly #origins: readonly Origin[]
  readonly #measures: Measures
  readonly #states: readonly Aval[]
  readonly #advance: ReturnType<typeof stepForward>
  /** Bytes that a state takes in a store. */
  readonly recordBytes: number
  #cutsIfAny: readonly Cut[] | undefined
  #replay: ReturnType<typeof stepBack> | undefined

  constructor({ length, loop, forwards, backs, origins }: Reversal, which: number, measures: Measures) {
    this.#length = length
    this.#loop = loop
    this.#steps = forwards[which] as Steps
    this.#back = backs[which] as Steps
    this.#origins = origins[which] as readonly Origin[]
    this.#measures = measures
    const { body, outside, init } = this.#steps
    this.#advance = stepForward(body, outside.length, init.length, measures.enclose)
    this.#states = this.#advance.state
    this.recordBytes = this.#states.reduce(
      (sum, aval) => sum + SPILL_BLOCK_BYTES * spillBlocks(bytesOf(aval)),
      0,
    )
  }

  /** From states alone, each step being computed again when it is pulled back: of all steps, then fewer and fewer. */
  fromStates(spilledStates: readonly SpilledStates[]): readonly Way[] {
    const { body, outside, init, arrays } = this.#back
    const rows = arrays.map((value, k) => (this.#steps.states.includes(value) ? -1 - k : k))
    const read = body.inputs
      .slice(outside.length + init.length)
      .flatMap((value, k) => ((rows[k] as number) < 0 ? [body.avals[value] as Aval] : []))
    const shape = { constants: outside.length, carries: init.length, rows }
    this.#replay ??= stepBack(body, shape, this.#measures.enclose)
    const replay = this.#replay
    const [length, advance] = [this.#length, this.#advance]
    const stateBytes = bytesOfAll(this.#states)
    const region = Math.max(advance.region.bytes, replay.region.bytes)
    const all = {
      kept: undefined,
      bytes: length * bytesOfAll(read) + replay.region.bytes,
      spilledBytes: 0,
      cost: length * (replay.cost + 2 * movingCost(read)),
    }
    const fewer = schedulesOf(length).single.map(
      ({ every, snapshots, states, advanced }): Way => ({
        kept: { kind: 'snapshots', every, snapshots },
        bytes: (states + snapshots + 1) * stateBytes + region,
        spilledBytes: 0,
        cost: states * movingCost(this.#states) + advanced * advance.cost + length * replay.cost,
      }),
    )
    const spilled = spilledStates.map(
      ({ schedule, states, advanced, begun }): Way => ({
        kept: { kind: 'snapshots', ...schedule },
        bytes: (schedule.snapshots + 1) * stateBytes + region,
        spilledBytes: states * this.recordBytes,
        cost: (states + begun) * spillingCost(this.#states) + advanced * advance.cost + length * replay.cost,
      }),
    )
    return [all, ...fewer, ...spilled]
  }

  /** Schedules with at most so many states in the store, as many as cost least for so many in memory. */
  spilled(most: number): readonly SpilledStates[] {
    const steps = this.#length
    if (steps <= 1 || !(most > 1)) return []
    const spill = spillingCost(this.#states)
    const costs = { step: this.#advance.cost, write: spill, read: spill }
    return scale(0, steps - 1, 1.15).flatMap(count => {
      const { every, held } = cheapestTwoLevel(steps, count, costs, most)
      if (every >= steps) return []
      const snapshots = Math.min(count, every)
      const { advanced, begun } = reversalOf({ steps, every, size: 1, snapshots, held })
      const schedule = { every, snapshots, spill: true as const, ...(held && { held: true as const }) }
      return [{ schedule, states: Math.ceil(steps / every), advanced, begun }]
    })
  }

  /** From residuals: of all steps, of groups of steps, of some last steps. */
  fromResiduals(spillBytes: number): readonly Way[] {
    this.#cutsIfAny ??= this.#residuals().map(residuals => this.#cut(residuals))
    return this.#cutsIfAny.flatMap(cut => this.#fromCut(cut, spillBytes))
  }

  /** Different sets of residuals, from those that leave nothing to compute again to those of the fewest bytes. */
  #residuals(): readonly (readonly number[])[] {
    const { body } = this.#back
    const instructions = this.#measures.instructionCosts(body)
    const cuts = new Map<string, readonly number[]>()
    for (const price of cutPricesFor(body.instructions.length)) {
      const keep = (aval: Aval) => 2 * movingCost([aval]) + price * bytesOf(aval)
      const residuals = residualsOf(body, this.#origins, { instructions, keep })
      cuts.set(residuals.join(' '), residuals)
    }
    return [...cuts.values()].filter(residuals => residuals.length > 0)
  }

  #cut(residuals: readonly number[]): Cut {
    const { enclose } = this.#measures
    const { keep, pull } = groupPrograms(this.#steps, this.#back, this.#origins, residuals)
    const shape = {
      constants: pull.outside.length,
      carries: pull.init.length,
      rows: pull.arrays.map((_, k) => k),
    }
    return {
      residuals,
      kinds: avalsIn(this.#back.body, residuals),
      pulled: stepBack(pull.body, shape, enclose),
      kept: stepForward(keep.body, keep.outside.length, keep.init.length, enclose),
      inLoop: this.#costInLoop(residuals),
    }
  }

  #fromCut({ residuals, kinds, pulled, kept, inLoop }: Cut, spillBytes: number): Way[] {
    const [length, advance] = [this.#length, this.#advance]
    const [stateBytes, residualBytes] = [bytesOfAll(this.#states), bytesOfAll(kinds)]
    const [stateCost, residualCost] = [movingCost(this.#states), movingCost(kinds)]
    const region = Math.max(pulled.region.bytes, kept.region.bytes, advance.region.bytes)
    const ways: Way[] = []
    const add = (schedule: Schedule) => {
      const { every, snapshots, size, states, advanced, kept: tail } = schedule
      const way: Way = {
        kept: { kind: 'groups', residuals, every, snapshots, size, kept: tail },
        bytes: (states + snapshots + 1) * stateBytes + (size + tail) * residualBytes + region,
        spilledBytes: 0,
        cost:
          states * stateCost +
          (tail > 0 ? length * inLoop + tail * residualCost : 0) +
          advanced * advance.cost +
          (length - tail) * kept.cost +
          length * pulled.cost,
      }
      ways.push(way)
      const spilledBytes = states * this.recordBytes
      if (states === 0 || spilledBytes > spillBytes) return
      const { begun } = reversalOf({ steps: length - tail, every, size, snapshots, held: false })
      ways.push({
        kept: { ...(way.kept as Kept & { kind: 'groups' }), spill: true },
        bytes: way.bytes - states * stateBytes,
        spilledBytes,
        cost: way.cost - states * stateCost + (states + begun) * spillingCost(this.#states),
      })
    }
    schedulesOf(length).groups.forEach(add)
    if (!this.#loop) return ways
    tailsOf(length, residualBytes === 0 ? 1 : stateBytes / residualBytes).forEach(add)
    ways.push({
      kept: { kind: 'residuals', residuals },
      bytes: length * residualBytes + pulled.region.bytes,
      spilledBytes: 0,
      cost: length * (pulled.cost + inLoop + residualCost),
    })
    return ways
  }

  /** What it costs a step of the loop to make residuals. */
  #costInLoop(residuals: readonly number[]): number {
    if (!this.#loop) return 0
    const sum = ({ body }: Steps) =>
      this.#measures.instructionCosts(body).reduce((total, cost) => total + cost, 0)
    return sum(withResiduals(this.#loop, this.#back, this.#origins, residuals)) - sum(this.#loop)
  }
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
