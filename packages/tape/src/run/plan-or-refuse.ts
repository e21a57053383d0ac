import { BudgetError } from '../errors.js'
import { type Plan, plan } from '../plan/index.js'
import { type Aval, formatAval, type Program, writtenOp } from '../program/index.js'
import type { Lowered } from './lowered.js'

/** Plans a program within a budget, or says of its instructions why not. */
export function planOrRefuse(
  program: Program,
  lowered: Lowered,
  budgetBytes: number,
): { readonly chosen: Plan } | { readonly refused: BudgetError } {
  try {
    return { chosen: plan(lowered.graph, { budgetBytes }) }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    return { refused: tooTight(program, lowered, error) }
  }
}

/** What the planner says of steps, said of instructions. */
function tooTight(program: Program, { instructionOf }: Lowered, cause: BudgetError): BudgetError {
  const { budgetBytes, leastBytes } = cause
  const step = cause.data.step
  const instruction =
    typeof step === 'number' ? program.instructions[instructionOf[step] as number] : undefined
  return new BudgetError({
    summary: `No plan fits ${budgetBytes} bytes.`,
    expected: `a budget of at least ${leastBytes} bytes`,
    at: instruction && describe(program, instruction),
    fix: `give at least ${leastBytes} bytes, or use smaller batches or layers`,
    budgetBytes,
    leastBytes,
    cause,
  })
}

/** An instruction of a program as it is written in messages. */
export function describe(program: Program, instruction: Program['instructions'][number]): string {
  const { inputs, outputs, at } = instruction
  const written = (values: readonly number[]) =>
    values.map(value => `%${value} ${formatAval(program.avals[value] as Aval)}`).join(', ')
  return `${written(outputs)} = ${writtenOp(instruction, 0)} ${written(inputs)}${at === undefined ? '' : `, recorded at ${at}`}`
}
