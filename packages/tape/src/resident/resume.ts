/**
 * Running on from what is resident: when the backward begins, the path is known, and is planned as a whole with the values
 * that are still in the arena given. The more of them are given, the less is computed again, but what is given cannot leave
 * and come back; so it is also planned as if less memory had been there, with what would be left then, and from scratch.
 * The first of those that fits, or the plan from scratch if that is cheaper, is taken.
 */
import type { Program } from '../program/index.js'
import { correspondence, withGiven } from '../rewrite/index.js'
import {
  ARENA_LIMIT_BYTES,
  type Arena,
  type Arithmetic,
  atLeast,
  type Budget,
  compilePlanned,
  costOfPlanned,
  type Executable,
  type Planned,
  planForArena,
  planIfAnyKeeping,
  Regions,
} from '../run/index.js'
import { orderMoves, type Relocation } from './moves.js'

/** A value of a program that lies in the arena already. */
export interface Given {
  readonly value: number
  /** Where it is. */
  readonly offset: number
  readonly bytes: number
}

/** A compiled program whose last inputs are values that lie in the arena already. */
export interface Resumed {
  readonly executable: Executable
  /** How they get from where they lie to where it wants them. */
  readonly moves: readonly Relocation[]
}

/** Shares of the budget with which a recording might have been content. */
const SHARES = [3 / 4, 1 / 2, 1 / 4]

/** What was made of a recording, and what there is to run on from. */
export interface Beginnings {
  readonly recorded: Program
  readonly program: Program
  /** Values of the recording. */
  readonly there: readonly Given[]
  /** The same values in the order in which they would have left if memory had been short. Default: as they are. */
  readonly inOrder?: () => readonly Given[]
}

/**
 * Compiles what was made of a recording to run on from what is there.
 *
 * @throws {@link BudgetError} if it fits from scratch neither.
 */
export function resume(beginnings: Beginnings, budget: Budget, arithmetic: Arithmetic | undefined): Resumed {
  const { planned, moves } = new Resuming(beginnings, budget).best()
  return { executable: compilePlanned(planned, { arithmetic }), moves }
}

/** Whether what was made of a recording can run on from what is there, as {@link resume} would. */
export const runsOn = (beginnings: Beginnings, budget: Budget): boolean =>
  new Resuming(beginnings, budget).onwards() !== undefined

class Resuming {
  readonly #program: Program
  readonly #there: readonly Given[]
  readonly #inOrder: () => readonly Given[]
  readonly #budget: Budget
  readonly #limitBytes: number
  readonly #lineOf: readonly (number | undefined)[]

  constructor({ recorded, program, there, inOrder = () => there }: Beginnings, budget: Budget) {
    this.#program = program
    this.#there = there
    this.#inOrder = inOrder
    this.#budget = budget
    this.#limitBytes = budget.memoryBytes
    this.#lineOf = correspondence(recorded, program)
  }

  best(): Attempt {
    const onwards = this.onwards()
    return onwards?.planned.chosen.extraCost === 0 ? onwards : this.#orFromScratch(onwards)
  }

  /** The less is given, the longer is the list of runs: if that alone is too long, nothing is tried with less. */
  onwards(): Attempt | undefined {
    const known = this.#knownOf(this.#there)
    if (known.length === 0) return undefined
    const beginning = this.#begunWith(known)
    if (this.#exceeds(() => beginning.needs().recordBytes)) return undefined
    return this.#attemptOf(beginning) ?? this.#attemptWithFewer(this.#knownOf(this.#inOrder()))
  }

  #knownOf(values: readonly Given[]): readonly Given[] {
    return values.filter(({ value }) => this.#lineOf[value] !== undefined)
  }

  #attemptWithFewer(known: readonly Given[]): Attempt | undefined {
    const starts = new Set(SHARES.map(share => lastWithin(known, share * this.#limitBytes)))
    for (const from of starts) {
      const found = from > 0 && from < known.length && this.#attemptOf(this.#begunWith(known.slice(from)))
      if (found) return found
    }
    return undefined
  }

  #begunWith(some: readonly Given[]): Beginning {
    const { program: rest, given } = withGiven(
      this.#program,
      some.map(({ value }) => this.#lineOf[value] as number),
    )
    const regions = new Regions()
    let known: ReturnType<typeof atLeast> | undefined
    const needs = () => {
      known ??= atLeast(rest, regions)
      return known
    }
    return { program: rest, given: given.map(k => some[k] as Given), regions, needs }
  }

  /** Undefined if no plan fits, or what is given cannot be brought to where it is wanted. */
  #attemptOf(beginning: Beginning): Attempt | undefined {
    if (this.#exceeds(() => beginning.needs().bytes)) return undefined
    const { program: rest, regions } = beginning
    const planned = planIfAnyKeeping(rest, [], this.#budget, regions)
    return planned && this.#moved(beginning, planned)
  }

  /** Whether that is more than there is, which without a budget need not be found out. */
  #exceeds(bytes: () => number): boolean {
    return this.#limitBytes < Number.POSITIVE_INFINITY && bytes() > this.#limitBytes
  }

  #moved({ given }: Beginning, planned: Planned): Attempt | undefined {
    const places = planned.chosen.inputOffsets.slice(this.#program.inputs.length)
    const moves = given.map(({ offset, bytes }, at) => ({ from: offset, to: places[at] as number, bytes }))
    const ordered = orderMoves(moves, Math.min(this.#limitBytes, ARENA_LIMIT_BYTES))
    return ordered && { planned, moves: ordered }
  }

  #orFromScratch(onwards: Attempt | undefined): Attempt {
    const scratch = this.#begunWith([])
    if (!onwards) {
      const { program: rest, regions } = scratch
      return this.#moved(scratch, planForArena(rest, [], this.#budget, regions)) as Attempt
    }
    if (scratch.needs().cost >= costOfPlanned(onwards.planned)) return onwards
    const other = this.#attemptOf(scratch)
    return other && costOfPlanned(other.planned) < costOfPlanned(onwards.planned) ? other : onwards
  }
}

/** What is left of a program with values given. */
interface Beginning {
  readonly program: Program
  readonly given: readonly Given[]
  readonly regions: Regions
  /** What no plan of it has less of. */
  needs(): ReturnType<typeof atLeast>
}

interface Attempt {
  readonly planned: Planned
  readonly moves: readonly Relocation[]
}

/** From where on a list has no more than so many bytes. */
function lastWithin(there: readonly Given[], bytes: number): number {
  let from = there.length
  for (let left = bytes; from > 0; from--) {
    left -= (there[from - 1] as Given).bytes
    if (left < 0) break
  }
  return from
}

/** Brings what is given to its place in the arena, of which nothing else is needed. */
export function bringToPlace(arena: Arena, { executable, moves }: Resumed): void {
  arena.reserve(moves.reduce((end, { to, bytes }) => Math.max(end, to + bytes), 0))
  for (const { from, to, bytes } of moves) arena.move(from, to, bytes)
  arena.load(executable)
}
