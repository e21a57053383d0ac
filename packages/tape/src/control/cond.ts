import { DTypeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkFunction, shown } from '../options.js'
import { formatAval } from '../program/index.js'
import {
  argumentsOf,
  resultNamed,
  type Structure,
  sameStructure,
  Tensor,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { firstDifference } from './closed.js'
import { emitCond } from './cond-op.js'
import { leavesOf } from './tree-function.js'

/**
 * One of two functions of the same operands, chosen by a value: only that one runs. Mapped over a batch with a condition
 * for each element, both run, and each element takes its own.
 *
 * What a function computes from tensors of outside alone, not from its operands, is computed before either runs.
 *
 * @param condition a bool scalar.
 * @returns what the chosen function returns; both return trees with the same nesting and avals.
 * @throws {@link DTypeError} unless the condition is a bool scalar; {@link ShapeError} if the functions return different
 * avals.
 * @example
 * const f = jit(x => cond(x.greater(0), y => y.square(), y => y.neg(), x))
 * f(tensor(3)).item() // → 9
 * f(tensor(-2)).item() // → 2
 * grad(x => cond(x.greater(0), y => y.square(), y => y.neg(), x))(tensor(3)).item() // → 6
 */
export function cond<A extends readonly unknown[], R extends TreeOf<R>>(
  condition: Tensor,
  whenTrue: (...operands: A) => R,
  whenFalse: (...operands: A) => R,
  ...operands: A
): R {
  checkFunction('cond', whenTrue)
  checkFunction('cond', whenFalse)
  checkCondition('cond', condition)
  const structures: Structure[] = []
  const given = leavesOf(
    argumentsOf('cond', k => `operand ${k}`),
    operands,
  )
  const leaves = (branch: (...operands: A) => R, name: string) => (inputs: readonly Tensor[]) => {
    const own = unflattenTree(given.structure, inputs) as unknown as A
    const { tensors, structure } = leavesOf(resultNamed(`cond: what ${name} returned`), branch(...own))
    structures.push(structure)
    return tensors
  }
  const chosen = emitCond(
    condition,
    leaves(whenTrue, 'whenTrue'),
    leaves(whenFalse, 'whenFalse'),
    given.tensors,
    (yes, no) => {
      const [a, b] = structures as [Structure, Structure]
      const same = sameStructure(a, b)
      const wrong = same ? firstDifference(yes, no) : -1
      if (same && wrong < 0) return
      const avals =
        wrong < 0
          ? ''
          : `: ${[yes, no].map(avals => formatAval(avals[wrong] as (typeof yes)[number])).join(' and ')}`
      throw new ShapeError({
        summary: `cond: the two functions return different ${same ? 'avals' : 'trees'}${avals}.`,
        expected: 'trees with the same nesting and avals',
        at: callerLocation(),
      })
    },
  )
  return unflattenTree(structures[0] as Structure, chosen) as R
}

/** @throws DTypeError unless a condition is a bool scalar. */
export function checkCondition(op: string, condition: unknown): void {
  const tensor = condition instanceof Tensor ? condition : undefined
  if (tensor?.dtype === 'bool' && tensor.rank === 0) return
  throw new DTypeError({
    summary: `${op}: the condition is ${tensor ? formatAval(tensor.aval) : `${shown(condition)}, no tensor`}.`,
    expected: 'a bool scalar, as comparisons of scalars give it',
    at: callerLocation(),
    fix: mendOf(tensor),
  })
}

function mendOf(condition: Tensor | undefined): string {
  if (!condition) return 'compare tensors: x.greater(0); what is known beforehand needs no condition'
  if (condition.rank > 0)
    return 'where(condition, a, b) chooses element by element; any and all make a scalar'
  return 'compare it: x.notEqual(0)'
}
