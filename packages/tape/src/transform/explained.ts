import { BudgetError } from '../errors.js'
import { checkFunction } from '../options.js'
import type { Aval, Program } from '../program/index.js'
import {
  type ArgumentLeaf,
  argumentsOf,
  avalOf,
  flattenTree,
  hasData,
  isArgumentLeaf,
  MOST_LINES,
  type Recording,
  record,
  recordOn,
  Tape,
  Tensor,
  type Tree,
  tensor,
  unflattenTree,
  withLines,
} from '../record/index.js'
import { simplify } from '../rewrite/index.js'
import type { Explanation } from '../run/index.js'
import type { Engine } from './engine.js'

/** A tree of tensors as {@link Transformed} takes it to explain a call: avals and numbers will do. */
export type AvalsOf<T> = unknown extends T
  ? T
  : T extends Tensor
    ? Tensor | Aval | number
    : T extends number
      ? Tensor | Aval | number
      : T extends readonly unknown[] | object
        ? { [K in keyof T]: AvalsOf<T[K]> }
        : T

/** What transformations make of a function: a function, and what its calls would do. */
export interface Transformed<A extends readonly unknown[], R> {
  (...args: A): R
  /**
   * How a call with such arguments is run within the memory: the function is recorded again, and planned as a whole. A dynamic
   * one takes its path with the values it is given; its calls go on from what the recording has left in memory, which may
   * cost less. Values know the lines of the code that they come from.
   *
   * @throws {@link BudgetError} if no plan fits the memory.
   */
  explain(...args: { [K in keyof A]: AvalsOf<A[K]> }): Explanation
}

/** What is expanded: a function, and how. */
interface Expansion {
  /** The transformation, as errors name it. */
  readonly name: string
  readonly fn: unknown
  readonly expand: (recording: Recording, inputs: readonly Tensor[]) => Tree<Tensor>
  readonly check: ((count: number) => void) | undefined
  readonly dynamic: boolean
}

/** Explains the calls of a transformed function. */
export const explainer =
  (engine: Engine, { name, fn, expand, check, dynamic }: Expansion) =>
  (...args: readonly unknown[]): Explanation => {
    check?.(args.length)
    const { leaves, structure } = flattenTree<ArgumentLeaf>(args, isArgumentLeaf, argumentsOf(name))
    const concrete = leaves.map(leaf => (typeof leaf === 'number' ? tensor(leaf) : leaf))
    const byRun = dynamic && concrete.every(leaf => leaf instanceof Tensor && hasData(leaf))
    const own = unflattenTree<unknown>(structure, byRun ? concrete : leaves.map(avalOf)) as readonly unknown[]
    const whole = withLines(() =>
      record(
        (...inputs: readonly Tensor[]) => {
          const recordedOn = (tape: Tape) => recordOn(tape, fn as () => Tree<Tensor>, own, name)
          const recorded = byRun
            ? engine.recording(residents => recordedOn(new Tape(residents)))
            : recordedOn(new Tape())
          return expand(recorded, [...inputs, ...recorded.captures])
        },
        ...leaves.map(avalOf),
      ),
    )
    return engine.explain(simplify(whole.program))
  }

/**
 * Plans a recorded program. If no plan fits, it is recorded again with the lines of the code, so that the error has them.
 */
export const plannedWithLines = <T>(
  recorded: Program,
  again: () => Recording,
  plan: (program: Program) => T,
): T =>
  againWithLines(
    () => plan(simplify(recorded)),
    () => plan(simplify(again().program)),
    () => recorded.instructions.length,
  )

/**
 * Runs something that records and plans; if there is no plan that fits, again with the lines of the code, so that the error
 * has them. Planning again takes as long as the refusal did, so what has more instructions than lines are looked up for is not
 * recorded a second time, and the error says why it names no line.
 *
 * @param instructionCount of what was recorded.
 * @example
 * const lossOf = memoryBytes => compile(record(x => exp(x).sum(), tensor([1, 2])).program, { memoryBytes })
 * againWithLines(() => lossOf(64), () => lossOf(64), () => 2) // → throws BUDGET
 */
export function againWithLines<T>(
  run: () => T,
  again: () => T,
  instructionCount: () => number,
  namesCaller = true,
): T {
  checkFunction('againWithLines', run)
  try {
    return run()
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    const count = instructionCount()
    if (count > MOST_LINES) throw withoutLine(error, count)
    throw errorOf(() => withLines(again, namesCaller), error)
  }
}

/** A refusal that says why it names no line. */
function withoutLine({ parts, budgetBytes, leastBytes }: BudgetError, count: number): BudgetError {
  const at = parts.at && `${parts.at}, of ${count} instructions: too many to look up their lines`
  return new BudgetError({ ...parts, at, budgetBytes, leastBytes })
}

/** The budget error of a second attempt; the first one if there is another outcome, as of a function that is not pure. */
function errorOf(run: () => unknown, first: BudgetError): BudgetError {
  try {
    run()
  } catch (error) {
    if (error instanceof BudgetError && error.leastBytes === first.leastBytes) return error
  }
  return first
}
