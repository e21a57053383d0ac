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

/**
 * Compiles what was made of a recording to run on from what is there.
 *
 * @param there values of the recording.
 * @param limitBytes the budget; infinity for none.
 * @param inOrder the same values in the order in which they would have left if memory had been short.
 * @throws {@link BudgetError} if it fits from scratch neither.
 */
export function resume(
  recorded: Program,
  program: Program,
  there: readonly Given[],
  limitBytes: number,
  arithmetic: Arithmetic | undefined,
  inOrder: () => readonly Given[] = () => there,
): Resumed {
  const budget = { memoryBytes: limitBytes, spillBytes: 0 }
  const lineOf = correspondence(recorded, program)
  const knownOf = (values: readonly Given[]) => values.filter(({ value }) => lineOf[value] !== undefined)
  const onwards = attemptOnwards(knownOf(there))
  const { planned, moves } = onwards?.planned.chosen.extraCost === 0 ? onwards : orFromScratch(onwards)
  return { executable: compilePlanned(planned, { arithmetic }), moves }

  /** The less is given, the longer is the list of runs: if that alone is too long, nothing is tried with less. */
  function attemptOnwards(known: readonly Given[]): Attempt | undefined {
    if (known.length === 0) return undefined
    const beginning = begunWith(known)
    if (beginning.needs().recordBytes > limitBytes) return undefined
    return attemptOf(beginning) ?? attemptWithFewer(knownOf(inOrder()))
  }

  function attemptWithFewer(known: readonly Given[]): Attempt | undefined {
    const starts = new Set(SHARES.map(share => lastWithin(known, share * limitBytes)))
    for (const from of starts) {
      const found = from > 0 && from < known.length && attemptOf(begunWith(known.slice(from)))
      if (found) return found
    }
    return undefined
  }

  function begunWith(some: readonly Given[]): Beginning {
    const { program: rest, given } = withGiven(
      program,
      some.map(({ value }) => lineOf[value] as number),
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
  function attemptOf(beginning: Beginning): Attempt | undefined {
    if (beginning.needs().bytes > limitBytes) return undefined
    const { program: rest, regions } = beginning
    const planned = planIfAnyKeeping(rest, [], budget, regions)
    return planned && moved(beginning, planned)
  }

  function moved({ given }: Beginning, planned: Planned): Attempt | undefined {
    const places = planned.chosen.inputOffsets.slice(program.inputs.length)
    const moves = given.map(({ offset, bytes }, at) => ({ from: offset, to: places[at] as number, bytes }))
    const ordered = orderMoves(moves, Math.min(limitBytes, ARENA_LIMIT_BYTES))
    return ordered && { planned, moves: ordered }
  }

  function orFromScratch(onwards: Attempt | undefined): Attempt {
    const scratch = begunWith([])
    if (!onwards) {
      const { program: rest, regions } = scratch
      return moved(scratch, planForArena(rest, [], budget, regions)) as Attempt
    }
    if (scratch.needs().cost >= costOfPlanned(onwards.planned)) return onwards
    const other = attemptOf(scratch)
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
