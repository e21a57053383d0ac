import { DerivativeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, isFloat, type Program } from '../program/index.js'
import { type Structure, type Tensor, type Tree, unflattenTree } from '../record/index.js'
import { type Closed, recordClosed, together } from './closed.js'
import { type Leaves, leavesOf } from './tree-function.js'

/** A function with a derivative of its own, recorded: it and its rule as programs of the same outside. */
export interface Custom {
  readonly body: Program
  readonly rule: Program
  /** Number of inputs that are read from outside. */
  readonly outside: number
}

/** Records a function at arguments; tells how its result is nested. */
export function recordBody(
  op: string,
  fn: (...args: never[]) => unknown,
  args: Leaves,
): {
  readonly closed: Closed
  readonly structure: Structure
} {
  let structure: Structure = '*'
  const closed = recordClosed(
    (...tensors) => {
      const result = leavesOf(
        `${op}: what the function returned`,
        (fn as (...args: unknown[]) => unknown)(...listOf(args, tensors)),
      )
      structure = result.structure
      return result.tensors
    },
    args.tensors.map(x => x.aval),
  )
  return { closed, structure }
}

/** Arguments as trees again. */
export const listOf = ({ structure }: Leaves, tensors: readonly Tensor[]): readonly Tree<Tensor>[] =>
  unflattenTree(structure, tensors) as readonly Tree<Tensor>[]

/** Body and rule with one list of what they read from outside. */
export function joined(
  body: Closed,
  rule: Closed,
): { readonly custom: Custom; readonly outside: readonly Tensor[] } {
  const { programs, outside } = together([body, rule])
  return {
    custom: { body: programs[0] as Program, rule: programs[1] as Program, outside: outside.length },
    outside,
  }
}

/** Takes what floats of a list of tensors. */
export const floatsOf = (tensors: readonly Tensor[]): readonly Tensor[] =>
  tensors.filter(x => isFloat(x.dtype))

/** A derivative with respect to what a custom function reads from outside is not what its rule gives. */
export function refuseOutside(op: string, x: Tensor | undefined): void {
  if (!x) return
  throw new DerivativeError({
    summary: `${op}: a derivative with respect to ${formatAval(x.aval)}, which the function reads from outside.`,
    expected: 'derivatives with respect to arguments alone',
    fix: 'pass it as an argument',
  })
}

/** @throws ShapeError unless what a rule returned is as long and has the avals of what it belongs to. */
export function checkRule(op: string, what: string, got: readonly Tensor[], expected: readonly Aval[]): void {
  const wrong = expected.findIndex((aval, k) => !got[k] || formatAval(got[k].aval) !== formatAval(aval))
  if (wrong < 0 && got.length === expected.length) return
  const at = (k: number) => (got[k] ? formatAval(got[k].aval) : 'nothing')
  throw new ShapeError({
    summary:
      got.length === expected.length
        ? `${op}: the rule returned ${at(wrong)} as ${what} ${wrong + 1} of ${expected.length}.`
        : `${op}: the rule returned ${got.length} ${what}s.`,
    expected:
      got.length === expected.length
        ? formatAval(expected[wrong] as Aval)
        : `${expected.length}: ${expected.map(formatAval).join(', ')}`,
    at: callerLocation(),
  })
}
