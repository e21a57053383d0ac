import { BudgetError } from '../errors.js'
import type { Program } from '../program/index.js'
import { hasReversals, hasUnwinding } from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import type { Budget } from './choose.js'

/** Whether a program goes back over loops that may keep states in a store, and has none. */
const mightSpill = (program: Program, { spillBytes }: Budget): boolean =>
  spillBytes === 0 && (hasReversals(program) || hasUnwinding(program))

/**
 * A refusal of a program. If it does with fewer bytes beside a store for the states of its loops, it says so; that number is its
 * `data.withStoreBytes`.
 *
 * @param bytesWithStore bytes that do beside a store; found out if there may be one, since that takes as long as the refusal
 */
export function advisingSpill(
  error: BudgetError,
  program: Program,
  budget: Budget,
  bytesWithStore: () => number,
): BudgetError {
  return mightSpill(program, budget) ? withStore(error, bytesWithStore()) : error
}

/** The refusal, with what a store would bring if that is less than what it asks for, and an arena may have it. */
function withStore(error: BudgetError, withStoreBytes: number): BudgetError {
  const { budgetBytes, leastBytes, parts } = error
  if (withStoreBytes >= leastBytes || withStoreBytes > ARENA_LIMIT_BYTES) return error
  return new BudgetError({
    ...parts,
    fix: parts.fix && parts.fix + adviceOf(withStoreBytes),
    data: { ...parts.data, withStoreBytes },
    budgetBytes,
    leastBytes,
  })
}

/** What helps besides, as a fix goes on. */
export const adviceOf = (bytes: number): string =>
  `, or give its loops a store for their states, the option \`spill\`, such as { directory: '…' }: then ${bytes} do`
