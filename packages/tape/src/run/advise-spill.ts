import { BudgetError } from '../errors.js'
import type { Program } from '../program/index.js'
import { hasReversals, hasUnwinding } from '../rewrite/index.js'

/** What helps where a program goes back over its loops, added to what else does. */
const ADVICE = ", or give its loops a store for their states: the option `spill`, such as { directory: '…' }"

/** The advice, if an error is of a program that has no store for the loops that it goes back over. */
export const spillAdvice = ({ data }: BudgetError): string => (data.spillable === true ? ADVICE : '')

/** A refusal of a program; without a store for the loops that it goes back over, it says so. */
export function advisingSpill(error: BudgetError, program: Program, spillBytes: number): BudgetError {
  if (spillBytes > 0 || !(hasReversals(program) || hasUnwinding(program))) return error
  const { budgetBytes, leastBytes, parts } = error
  const { fix, data } = parts
  return new BudgetError({
    ...parts,
    fix: fix && fix + ADVICE,
    data: { ...data, spillable: true },
    budgetBytes,
    leastBytes,
  })
}
