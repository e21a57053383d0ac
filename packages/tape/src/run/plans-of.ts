import { checkProgram, type Program } from '../program/index.js'
import type { Planned } from './choose.js'
import { planKeeping } from './keep.js'
import { Regions } from './region.js'

/**
 * The plans of a program, as {@link compile} would choose them: the cheapest way that was found to run it within a number
 * of bytes, the list of runs included.
 *
 * @param pinned inputs that keep their bytes from run to run, by position; default: none
 * @param spillBytes bytes of a store for states of loops; default: none
 * @returns a function of a budget in bytes, which throws a {@link BudgetError} if nothing was found that fits
 * @example
 * const { program } = record(x => grad(y => y.sin().exp().sum())(x), tensor(new Float32Array(1000)))
 * const within = plansOf(simplify(program))
 * const { lowered, chosen } = within(Infinity)
 * simulate(lowered.graph, chosen).extraCost // → 0
 * within(chosen.peakBytes + chosen.recordBytes).chosen.extraCost // → 0
 */
export function plansOf(
  program: Program,
  pinned: readonly boolean[] = [],
  spillBytes = 0,
): (budgetBytes: number) => Planned {
  checkProgram('plansOf', program)
  const regions = new Regions()
  return budgetBytes => planKeeping(program, pinned, { memoryBytes: budgetBytes, spillBytes }, regions)
}
