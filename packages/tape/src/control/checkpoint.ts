import { checkFunction, checkOptions } from '../options.js'
import {
  argumentsOf,
  fitted,
  resultNamed,
  type Structure,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { emitCall } from './call-op.js'
import { checkKeep, type Keep } from './keep.js'
import { leavesOf } from './tree-function.js'

/** Options of {@link checkpoint}. */
export interface CheckpointOptions {
  /** What is kept of the function's inside until its pullback. Default `'nothing'`. */
  readonly keep?: Keep
}

/**
 * A function whose inner values are not kept for reverse accumulation, but for those that `keep` names: its pullback
 * computes the others again. It computes the same bits, whatever is kept. A budget makes the engine choose what to keep by
 * itself; this says it by hand, with or without a budget (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 12).
 * Where a budget forces it, kept values too are dropped and computed again.
 *
 * Loops, branches and checkpointed functions inside are single instructions: what they give can be kept, what is inside of
 * them is theirs to keep. At order 2, what `keep` says holds of the derivative's own values as well; a predicate is asked
 * of the function's instructions alone.
 *
 * @throws {@link OptionError} for another `keep`, and at the call for a name that no value inside has or a predicate that gives no
 * boolean.
 * @example
 * const layer = checkpoint((x, w) => matmul(x, w).tanh())
 * const f = w => layer(layer(tensor([[1]]), w), w).sum()
 * grad(f)(tensor([[0.5]])).item() // ≈ 0.81125
 * const products = checkpoint((x, w) => matmul(x, w).tanh().square(), { keep: 'dots' })
 * grad(w => products(tensor([[1]]), w).sum())(tensor([[0]])).item() // → 0
 * checkpoint(x => x.exp(), { keep: ['hidden'] })(tensor(1)) // → throws OPTION
 */
export function checkpoint<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  options: CheckpointOptions = {},
): (...args: A) => R {
  checkFunction('checkpoint', fn)
  const { keep = 'nothing' } = checkOptions('checkpoint', options, ['keep'])
  checkKeep(keep)
  return (...args) => {
    let structure: Structure = '*'
    const leaves = leavesOf(argumentsOf('checkpoint'), args)
    const values = emitCall(
      operands => {
        const own = unflattenTree(leaves.structure, operands) as unknown as A
        const returned = fitted('checkpoint', fn, args, () => fn(...own))
        const result = leavesOf(resultNamed('checkpoint: what the function returned'), returned)
        structure = result.structure
        return result.tensors
      },
      leaves.tensors,
      keep,
    )
    return unflattenTree(structure, values) as R
  }
}
