/**
 * Running on from what is resident: when the backward begins, the path is known, and is planned as a whole with the values
 * that are still in the arena given. The more of them are given, the less is computed again, but what is given cannot leave
 * and come back; so it is also planned as if less memory had been there, with what would be left then, and from scratch.
 * The first of those that fits, or the plan from scratch if that is cheaper, is taken.
 */
import { BudgetError } from '../errors.js'
import type { Program } from '../program/index.js'
import { correspondence, withGiven } from '../rewrite/index.js'
import {
  ARENA_LIMIT_BYTES,
  type Arena,
  type Arithmetic,
  compilePlanned,
  type Executable,
  type Planned,
  planKeeping,
} from '../run/index.js'
import { type Move, orderMoves } from './moves.js'

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
  readonly moves: readonly Move[]
}

/** Shares of the budget with which a recording might have been content. */
const SHARES = [1, 3 / 4, 1 / 2, 1 / 4]

/**
 * Compiles what was made of a recording to run on from what is there.
 *
 * @param there values of the recording, in the order in which they would have left if memory had been short.
 * @param limitBytes the budget; infinity for none.
 * @throws {@link BudgetError} if it fits from scratch neither.
 */
export function resume(
  recorded: Program,
  program: Program,
  there: readonly Given[],
  limitBytes: number,
  arithmetic: Arithmetic | undefined,
): Resumed {
  const lineOf = correspondence(recorded, program)
  const known = there.filter(({ value }) => lineOf[value] !== undefined)
  const attempts: Attempt[] = []
  const starts = [...new Set(SHARES.map(share => lastWithin(known, share * limitBytes)))]
  for (const from of starts.filter(from => from < known.length)) {
    const attempt = unlessTight(() => attemptWith(known.slice(from)))
    if (!attempt) continue
    attempts.push(attempt)
    break
  }
  if (attempts[0]?.planned.chosen.extraCost !== 0) {
    const scratch = () => attemptWith([]) as Attempt
    const attempt = attempts.length > 0 ? unlessTight(scratch) : scratch()
    if (attempt) attempts.push(attempt)
  }
  const { planned, moves } = attempts.reduce((best, one) => (costOf(one) < costOf(best) ? one : best))
  return { executable: compilePlanned(planned, { arithmetic }), moves }

  /** With some values given; undefined if they cannot be brought to where they are wanted. */
  function attemptWith(some: readonly Given[]): Attempt | undefined {
    const begun = withGiven(
      program,
      some.map(({ value }) => lineOf[value] as number),
    )
    const planned = planKeeping(begun.program, [], { memoryBytes: limitBytes, spillBytes: 0 })
    const places = planned.chosen.inputOffsets.slice(program.inputs.length)
    const moves = begun.given.map((k, at) => {
      const { offset, bytes } = some[k] as Given
      return { from: offset, to: places[at] as number, bytes }
    })
    const ordered = orderMoves(moves, Math.min(limitBytes, ARENA_LIMIT_BYTES))
    return ordered && { planned, moves: ordered }
  }
}

function unlessTight<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof BudgetError) return undefined
    throw error
  }
}

interface Attempt {
  readonly planned: Planned
  readonly moves: readonly Move[]
}

const costOf = ({ planned: { chosen } }: Attempt): number => chosen.cost + chosen.extraCost

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
export function settle(arena: Arena, { executable, moves }: Resumed): void {
  arena.reserve(moves.reduce((end, { to, bytes }) => Math.max(end, to + bytes), 0))
  for (const { from, to, bytes } of moves) arena.move(from, to, bytes)
  arena.load(executable)
}
