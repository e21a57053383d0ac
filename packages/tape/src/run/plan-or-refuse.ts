import { BudgetError } from '../errors.js'
import { atLeastBytes, type Plan, planIfAny, refusalOf } from '../plan/index.js'
import { type Aval, countBytes, formatAval, type Program, writtenOp } from '../program/index.js'
import type { Lowered } from './lowered.js'
import { remedyOf } from './remedy.js'

/** That nothing fits. */
export interface Refusal {
  /** Fewer bytes will not do. */
  readonly atLeastBytes: number
  /** Why, with the fewest bytes that will do; found out when it is asked for, since that takes long. */
  readonly error: () => BudgetError
}

/** Tells a refusal from what was found. */
export const isRefusal = (outcome: object): outcome is Refusal => 'atLeastBytes' in outcome

/** The refusal of several, which asks for the fewest bytes of them. */
export const leastOf = (refusals: readonly Refusal[]): Refusal => ({
  atLeastBytes: Math.min(...refusals.map(({ atLeastBytes }) => atLeastBytes)),
  error: () => errorOf(refusals),
})

/** The error that asks for the fewest bytes. */
function errorOf(refusals: readonly Refusal[]): BudgetError {
  const [first, ...others] = refusals.toSorted((a, b) => a.atLeastBytes - b.atLeastBytes) as [Refusal]
  return others.reduce((least, { atLeastBytes, error }: Refusal) => {
    if (atLeastBytes >= least.leastBytes) return least
    const other = error()
    return other.leastBytes < least.leastBytes ? other : least
  }, first.error())
}

/**
 * Plans a program within a budget, or says of its instructions why not.
 *
 * @param belowCost a plan of this cost or more need not be found.
 */
export function planOrRefuse(
  program: Program,
  lowered: Lowered,
  budgetBytes: number,
  belowCost?: number,
): Plan | Refusal {
  const { graph } = lowered
  const found = planIfAny(graph, { budgetBytes, belowCost })
  if (found !== undefined) return found
  return { atLeastBytes: atLeastBytes(graph), error: () => tooTight(program, lowered, budgetBytes) }
}

/** What the planner says of steps, said of instructions. */
export function tooTight(
  program: Program,
  { graph, instructionOf }: Lowered,
  budgetBytes: number,
): BudgetError {
  const { leastBytes, data } = refusalOf(graph, budgetBytes)
  const { step } = data
  const instruction =
    typeof step === 'number' ? program.instructions[instructionOf[step] as number] : undefined
  return new BudgetError({
    summary: `No plan fits ${countBytes(budgetBytes)}.`,
    expected: `a budget of at least ${leastBytes} bytes`,
    at: instruction && describe(program, instruction),
    fix: remedyOf(program, leastBytes),
    budgetBytes,
    leastBytes,
  })
}

/** An instruction of a program as it is written in messages: what it computes and of what, and its line. */
export function describe(program: Program, instruction: Program['instructions'][number]): string {
  const { inputs, outputs, at } = instruction
  const place = at === undefined ? '' : `, recorded at ${at}`
  return `${listed(program, outputs)} = ${writtenOp(instruction, 0)} ${listed(program, inputs)}${place}`
}

/** Values that are written out; of more, such as those of a loop, the first ones and how many there are. */
const MOST_LISTED = 3

function listed({ avals }: Program, values: readonly number[]): string {
  const few = values.length > MOST_LISTED ? values.slice(0, MOST_LISTED - 1) : values
  const written = few.map(value => `%${value} ${formatAval(avals[value] as Aval)}`).join(', ')
  return few === values ? written : `${written} and ${values.length - few.length} more`
}
