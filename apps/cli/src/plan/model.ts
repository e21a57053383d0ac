import { crossEntropy } from '@wengert/nn'
import {
  type Aval,
  BudgetError,
  compile,
  type Program,
  record,
  simplify,
  type Tensor,
  valueAndGrad,
} from '@wengert/tape'
import { say } from '../terminal/index.js'
import { modelFor, type Params } from '../train/index.js'
import { sayWays, way } from './ways.js'

/** What `wengert plan` was asked. */
export interface PlanSettings {
  readonly hidden: readonly number[]
  readonly batch: number
  readonly memory?: number
  readonly json?: true
}

const DIGITS = { name: 'mnist', features: 784, classes: 10 }

/**
 * Plans the gradient of a whole batch in one arena: with everything kept, within `--memory`, and in the fewest bytes.
 *
 * @throws {@link BudgetError} if there is no plan within `--memory`.
 */
export function planCommand(model: 'mlp' | 'cnn', { hidden, batch, memory, json }: PlanSettings): void {
  const program = gradientProgram(model, hidden, batch)
  say(`One gradient of ${model} over ${batch} rows, ${program.instructions.length} instructions:`)
  const ways = [way('everything kept', compile(program))]
  if (memory !== undefined) ways.push(way('within --memory', compile(program, { memoryBytes: memory })))
  ways.push(way('fewest bytes', compile(program, { memoryBytes: leastBytes(program) })))
  sayWays(ways)
  if (json) process.stdout.write(`${JSON.stringify({ model, batch, plans: ways })}\n`)
}

/** The gradient as a program; it is recorded from avals, so no data is needed. */
function gradientProgram(model: 'mlp' | 'cnn', hidden: readonly number[], batch: number): Program {
  const { init, apply } = modelFor({ model, hidden }, DIGITS)
  const x: Aval = { dtype: 'f32', shape: [batch, DIGITS.features] }
  const y: Aval = { dtype: 'i32', shape: [batch] }
  const gradient = valueAndGrad((p: Params, x: Tensor, y: Tensor) => crossEntropy(apply(p, x), y))
  return simplify(record((p, x, y) => ({ ...gradient(p, x, y) }), init(0), x, y).program)
}

function leastBytes(program: Program): number {
  try {
    return compile(program, { memoryBytes: 1 }).peakBytes
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
}
