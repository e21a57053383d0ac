import { checkFunction, checkOptions } from '../options.js'
import { resultNamed, type Tensor, type TreeOf, treeNamed, unflattenTree } from '../record/index.js'
import { checkCondition } from './cond.js'
import { emitCond } from './cond-op.js'
import { checkCarry } from './scan.js'
import { emitScan } from './scan-op.js'
import { checkSteps } from './steps.js'
import { leavesOf } from './tree-function.js'
import { emitWhile } from './while-op.js'

/** How {@link whileLoop} is bounded. */
export interface WhileLoopOptions {
  /**
   * A bound: most steps it takes; it ends there even if the condition still holds. It is then a loop of so many steps,
   * and the states of all of them are kept for its pullback, taken or not.
   */
  readonly maxSteps?: number
}

/**
 * A loop that goes on while a condition of its state holds, differentiable to any order, forward and in reverse. Mapped
 * over a batch it goes on until no element's condition holds.
 *
 * Its pullback goes back over the states before each step. Some of them are kept while the loop runs, though its length
 * is unknown, and the others computed again from those (Stumm & Walther 2010, SIAM J. Sci. Comput. 32(2); Wang, Moin &
 * Iaccarino 2009, SIAM J. Sci. Comput. 31(4)): 64, the first one included, or within a `memory` as many as fit, up to
 * 1024. From s states, n steps cost fewer than n steps more up to n = (s+1)(s+2)/2 − 1, and r·n up to C(s+r+1, s) − 1.
 *
 * @param condition from the state to a bool scalar.
 * @param step from the state to the next, with the same nesting and avals.
 * @param init the first state, a tree of tensors.
 * @throws {@link ShapeError} if the step changes the avals of the state; {@link DTypeError} unless the condition gives a
 * bool scalar.
 * @example
 * const double = x => whileLoop(y => y.less(100), y => y.mul(2), x)
 * double(tensor(3)).item() // → 192
 * jvp(double, [tensor(3)], [tensor(1)]).tangent.item() // → 64
 * grad(double)(tensor(3)).item() // → 64
 */
export function whileLoop<S extends TreeOf<S>>(
  condition: (state: S) => Tensor,
  step: (state: S) => S,
  init: S,
  options: WhileLoopOptions = {},
): S {
  checkFunction('whileLoop', condition)
  checkFunction('whileLoop', step)
  checkOptions('whileLoop', options, ['maxSteps'])
  const { maxSteps } = options
  const first = leavesOf(treeNamed('whileLoop: the first state'), init)
  const tree = (state: readonly Tensor[]) => unflattenTree(first.structure, state) as S
  const test = (state: readonly Tensor[]) => {
    const holds = condition(tree(state))
    checkCondition('whileLoop', holds)
    return holds
  }
  const next = (state: readonly Tensor[]) => {
    const returned = leavesOf(resultNamed('whileLoop: the state that the step returned'), step(tree(state)))
    checkCarry('whileLoop', returned, { ...first, tensors: state })
    return returned.tensors
  }
  if (maxSteps === undefined) return tree(emitWhile(test, next, first.tensors))
  checkSteps('whileLoop', 'maxSteps', maxSteps)
  const bounded = emitScan(
    state => {
      const carry = emitCond(test(state), next, inputs => inputs, state)
      return { carry, results: [] }
    },
    first.tensors,
    [],
    { length: maxSteps, reverse: false },
  )
  return tree(bounded.carry)
}
