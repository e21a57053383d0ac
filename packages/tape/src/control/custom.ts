import { DerivativeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, isFloat, type Program } from '../program/index.js'
import {
  resultNamed,
  type Structure,
  sameStructure,
  type Tensor,
  type Tree,
  unflattenTree,
} from '../record/index.js'
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
        resultNamed(`${op}: what the function returned`),
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
    at: callerLocation(),
    fix: 'pass it as an argument',
  })
}

/** @throws ShapeError unless what a rule returned is nested like, and has the avals of, what it belongs to. */
export function checkRule(
  op: string,
  what: string,
  got: Leaves,
  structure: Structure,
  expected: readonly Aval[],
): void {
  const { tensors } = got
  const wrong = expected.findIndex((aval, k) => !alike(tensors[k]?.aval, aval))
  const asMany = tensors.length === expected.length
  if (wrong < 0 && asMany && sameStructure(got.structure, structure)) return
  const at = (k: number) => (tensors[k] ? formatAval(tensors[k].aval) : 'nothing')
  const [summary, wanted] = !asMany
    ? [`${tensors.length} ${what}s`, `${expected.length}: ${expected.map(formatAval).join(', ')}`]
    : wrong >= 0
      ? [`${at(wrong)} as ${what} ${wrong + 1} of ${expected.length}`, formatAval(expected[wrong] as Aval)]
      : [`a ${what} with another nesting or other keys`, 'a tree like what it belongs to']
  throw new ShapeError({
    summary: `${op}: the rule returned ${summary}.`,
    expected: wanted,
    at: callerLocation(),
  })
}

const alike = (a: Aval | undefined, b: Aval) => a !== undefined && formatAval(a) === formatAval(b)
