import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkFunction, checkOneOf, checkOptions, shown } from '../options.js'
import { formatAval } from '../program/index.js'
import {
  resultNamed,
  type Structure,
  type Tensor,
  type TreeOf,
  treeNamed,
  unflattenTree,
} from '../record/index.js'
import { emitScan } from './scan-op.js'
import { isStepCount, STEPS } from './steps.js'
import { difference, type Leaves, leavesOf } from './tree-function.js'

/** Which way a scan goes. */
export interface ScanLoopOptions {
  /** Number of steps; default: the length of the arrays. */
  readonly length?: number
  /** From the last rows to the first; results are in the order of the rows all the same. */
  readonly reverse?: boolean
}

/**
 * A loop of known length: carries a state from step to step, takes rows of arrays in turn, and gives a row of results
 * for each step. It is one instruction of the program however long it is, and differentiable to any order, forward and
 * in reverse: reverse accumulation keeps of each step what its pullback reads, or, within fewer bytes, states from which steps
 * run again.
 *
 * @param step from the carry and a row of each array to `[carry, results]`; the carry keeps its nesting and avals.
 * @param init the first carry, a tree of tensors.
 * @param arrays a tree of tensors with one row for each step along their first axis; null for none.
 * @returns the last carry, and the results with one row for each step.
 * @throws {@link ShapeError} if the step changes the avals of the carry, or arrays differ in length;
 * {@link OptionError} if the length is unknown or is not that of the arrays.
 * @example
 * const [total, before] = scan((sum, x) => [sum.add(x), sum], tensor(0), tensor([1, 2, 3]))
 * total.item() // → 6
 * before.toArray() // → [0, 1, 3]
 * grad(x => scan((c, y) => [c.mul(y), null], tensor(1), x)[0])(tensor([2, 3, 4])).toArray() // → [12, 8, 6]
 */
export function scan<C extends TreeOf<C>, X extends TreeOf<X> | null, Y extends TreeOf<Y> | null>(
  step: (carry: C, row: X) => readonly [C, Y],
  init: C,
  arrays: X,
  options: ScanLoopOptions = {},
): readonly [C, Y] {
  checkFunction('scan', step)
  checkOptions('scan', options, ['length', 'reverse'])
  checkOneOf('reverse', options.reverse, [true, false])
  const carry = leavesOf(treeNamed('scan: the first carry'), init)
  const rows = leavesOf(treeNamed('scan: the tree of arrays'), arrays ?? [])
  const length = lengthOf(rows, options.length)
  let results: Structure | null = null
  const { carry: last, results: stacked } = emitScan(
    (state, row) => {
      const returned: unknown = step(
        unflattenTree(carry.structure, state) as C,
        (arrays === null ? null : unflattenTree(rows.structure, row)) as X,
      )
      const [next, result] = checkPair(returned)
      const nextCarry = leavesOf(resultNamed('scan: the carry that the step returned'), next)
      checkCarry('scan', nextCarry, { ...carry, tensors: state })
      const given = leavesOf(resultNamed('scan: the result of the step'), result ?? [])
      results = result === null || result === undefined ? null : given.structure
      return { carry: nextCarry.tensors, results: given.tensors }
    },
    carry.tensors,
    rows.tensors,
    { length, reverse: options.reverse ?? false },
  )
  const tree = results === null ? null : unflattenTree(results as Structure, stacked)
  return [unflattenTree(carry.structure, last) as C, tree as Y]
}

/** @throws ShapeError unless the state that a step returns is like the one it was given. */
export function checkCarry(op: string, got: Leaves, expected: Leaves): void {
  const wrong = difference(got, expected)
  if (wrong === undefined) return
  throw new ShapeError({
    summary: `${op}: the step returned a carry with ${wrong}.`,
    expected: 'the nesting and the avals of the carry it was given',
    at: callerLocation(),
    fix: 'start with a carry that has them already; convert and broadcastTo make one',
  })
}

function checkPair(returned: unknown): readonly [unknown, unknown] {
  if (Array.isArray(returned) && returned.length === 2) return returned as [unknown, unknown]
  throw new ShapeError({
    summary: `scan: the step returned ${Array.isArray(returned) ? `${returned.length} values` : 'no list'}.`,
    expected: '[carry, results], with null for no results',
    at: callerLocation(),
  })
}

function lengthOf({ tensors, paths }: Leaves, given: number | undefined): number {
  const scalar = tensors.findIndex(x => x.rank === 0)
  if (scalar >= 0) {
    throw new ShapeError({
      summary: `scan: the array${paths[scalar] ? ` ${paths[scalar]}` : ''} is a scalar, ${formatAval((tensors[scalar] as Tensor).aval)}.`,
      expected: 'arrays with a row for each step along their first axis',
      at: callerLocation(),
    })
  }
  const lengths = new Set([
    ...(given === undefined ? [] : [given]),
    ...tensors.map(x => x.shape[0] as number),
  ])
  const [length] = lengths
  if (lengths.size === 1 && isStepCount(length)) return length
  if (lengths.size > 1 && given === undefined) {
    throw new ShapeError({
      summary: `scan: arrays differ in length: ${tensors.map(x => formatAval(x.aval)).join(', ')}.`,
      expected: 'one length along the first axis of all arrays',
      at: callerLocation(),
    })
  }
  throw new OptionError({
    summary: length === undefined ? 'scan: the number of steps is unknown.' : `scan: length ${shown(given)}.`,
    expected:
      tensors.length > 0 ? `the length of the arrays, ${tensors[0]?.shape[0]}` : `${STEPS}, in \`length\``,
    at: callerLocation(),
    data: { option: 'length' },
  })
}
