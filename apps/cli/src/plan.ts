import { crossEntropy } from '@wengert/nn'
import {
  type Aval,
  BudgetError,
  compile,
  type Executable,
  formatByteSize,
  type Program,
  record,
  simplify,
  type Tensor,
  valueAndGrad,
} from '@wengert/tape'
import { say, table } from './terminal/index.js'
import { modelFor, type Params } from './train/index.js'

/** What `wengert plan` was asked. */
export interface PlanSettings {
  readonly hidden: readonly number[]
  readonly batch: number
  readonly memory?: number
  readonly json?: true
}

/** A way to run one gradient. */
interface Way {
  readonly name: string
  readonly peakBytes: number
  /** FLOP of everything once. */
  readonly flop: number
  /** Share of all FLOP that compute again what had been dropped, from 0 to 1. */
  readonly recomputedShare: number
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
  const cells = ways.map(({ name, peakBytes, flop, recomputedShare }) => [
    name,
    `${peakBytes}`,
    formatByteSize(peakBytes),
    `${(flop / 1e6).toFixed(0)}`,
    `${(100 * recomputedShare).toFixed(1)} %`,
  ])
  say(table(cells, ['plan', 'peak bytes', '', 'MFLOP', 'computed again']))
  if (json) process.stdout.write(`${JSON.stringify({ model, batch, plans: ways })}\n`)
}

const way = (name: string, { peakBytes, cost, extraCost }: Executable): Way => ({
  name,
  peakBytes,
  flop: cost,
  recomputedShare: extraCost / (cost + extraCost),
})

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
