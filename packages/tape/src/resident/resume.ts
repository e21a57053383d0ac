/**
 * Running on from what is resident: when the backward begins, the path is known, and is planned as a whole with the values
 * that are still in the arena given. The more of them are given, the less is computed again, but what is given cannot leave
 * and come back; so it is also planned as if less memory had been there, with what would be left then, and from scratch.
 * The cheapest that fits is taken.
 */
import { BudgetError } from '../errors.js'
import type { Program } from '../program/index.js'
import { withGiven } from '../rewrite/index.js'
import {
  type Arena,
  type Arithmetic,
  compilePlanned,
  type Executable,
  inPages,
  type Planned,
  pageFloor,
  planWithin,
} from '../run/index.js'
import { orderMoves } from './moves.js'

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
  /** Which they are, by position among those that were there. */
  readonly given: readonly number[]
}

/** Shares of the budget with which a recording might have been content. */
const SHARES = [1, 3 / 4, 1 / 2, 1 / 4]

/**
 * Compiles a program to run on from what is there.
 *
 * @param there in the order in which they would have left if memory had been short.
 * @param memoryBytes the budget; undefined for none.
 * @throws {@link BudgetError} if it fits from scratch neither.
 */
export function resume(
  program: Program,
  there: readonly Given[],
  memoryBytes: number | undefined,
  arithmetic: Arithmetic | undefined,
): Resumed {
  const limitBytes = memoryBytes === undefined ? Number.POSITIVE_INFINITY : pageFloor(memoryBytes)
  const starts = SHARES.map(share => lastWithin(there, share * limitBytes))
  const attempts: Attempt[] = []
  for (const from of new Set([...starts, there.length])) {
    try {
      const attempt = attemptFrom(from)
      if (attempt) attempts.push(attempt)
      if (attempt?.planned.chosen.extraCost === 0) break
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      if (from === there.length && attempts.length === 0) throw inPages(error, memoryBytes ?? limitBytes)
    }
  }
  const { planned, given } = attempts.reduce((best, one) => (costOf(one) < costOf(best) ? one : best))
  return { executable: compilePlanned(planned, { arithmetic }), given }

  /** With what is there from a position on; undefined if it could not be brought to where it is wanted. */
  function attemptFrom(from: number): Attempt | undefined {
    const begun = withGiven(
      program,
      there.slice(from).map(({ value }) => value),
    )
    const given = begun.given.map(k => from + k)
    const planned = planWithin(begun.program, [], limitBytes)
    const places = planned.chosen.inputOffsets.slice(program.inputs.length)
    return movesOf(there, given, places, limitBytes) && { planned, given }
  }
}

interface Attempt {
  readonly planned: Planned
  readonly given: readonly number[]
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

/** How given values get to where a program wants them; undefined if there is no room for it. */
function movesOf(
  there: readonly Given[],
  given: readonly number[],
  places: readonly number[],
  limitBytes: number,
) {
  return orderMoves(
    given.map((k, at) => {
      const { offset, bytes } = there[k] as Given
      return { from: offset, to: places[at] as number, bytes }
    }),
    limitBytes,
  )
}

/**
 * Brings what is given to its place in the arena; false if there is no room for it, and then nothing has moved. Nothing
 * else may be resident.
 */
export function settle(arena: Arena, { executable, given }: Resumed, there: readonly Given[]): boolean {
  const places = executable.inputs.slice(executable.inputs.length - given.length).map(({ offset }) => offset)
  const moves = movesOf(there, given, places, arena.maximumBytes)
  if (!moves) return false
  const end = moves.reduce((end, { to, bytes }) => Math.max(end, to + bytes), executable.peakBytes)
  arena.reserve(end)
  for (const { from, to, bytes } of moves) arena.move(from, to, bytes)
  return true
}
