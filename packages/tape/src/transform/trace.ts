import { replay } from '../derive/index.js'
import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, type Program } from '../program/index.js'
import {
  type ArgumentLeaf,
  argumentsOf,
  fitted,
  flattenTree,
  inTree,
  isArgumentLeaf,
  type Recording,
  recordOn,
  type Structure,
  Tape,
  Tensor,
  type Tree,
  type TreeName,
  tensor,
  treeNamed,
} from '../record/index.js'

/** A recorded function and its values at some tensors. */
export interface Traced {
  readonly recording: Recording
  /** Tensors in place of the inputs of the program: leaves of the arguments, then captures. */
  readonly inputs: readonly Tensor[]
  /** A tensor for each value of the program. */
  readonly values: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

/** Records a function of trees at the avals of arguments. */
export const recorded = (owner: string, fn: object, args: readonly unknown[]): Recording =>
  fitted(owner, fn, args, () => recordOn(new Tape(), fn as (...args: unknown[]) => Tree<Tensor>, args, owner))

/**
 * Records a function of trees at the avals of arguments, and replays it on them.
 *
 * @param rewritten what is made of the program before.
 */
export function trace(
  owner: string,
  fn: object,
  args: readonly unknown[],
  rewritten: (program: Program) => Program = program => program,
): Traced {
  const leaves = leavesOf(args, argumentsOf(owner))
  const asRecorded = recorded(owner, fn, args)
  const recording = { ...asRecorded, program: rewritten(asRecorded.program) }
  const inputs = [...leaves, ...recording.captures]
  const values = replay(recording.program, inputs)
  const outputs = recording.program.outputs.map(value => values[value] as Tensor)
  return { recording, inputs, values, outputs }
}

/** The leaves of a tree as tensors. */
export function leavesOf(tree: unknown, name: TreeName): readonly Tensor[] {
  const { leaves, paths } = flattenTree<ArgumentLeaf>(tree, isArgumentLeaf, name)
  return leaves.map((leaf, k) => tensorOf(leaf, name, paths[k] as string))
}

/** @throws {@link OptionError} for an aval. */
export function tensorOf(leaf: ArgumentLeaf, name: TreeName, path: string): Tensor {
  if (leaf instanceof Tensor) return leaf
  if (typeof leaf === 'number') return tensor(leaf)
  throw new OptionError({
    summary: `${inTree(name, path, 'an aval')}.`,
    expected: 'tensors or numbers; only record and explain take avals',
    at: callerLocation(),
  })
}

/** What errors call tangents, one for each argument. */
export const tangentsOf = (owner: string): TreeName => argumentsOf(owner, k => `tangent ${k}`)

/**
 * The leaves of a tree of tangents or cotangents.
 *
 * @throws {@link ShapeError} unless it is nested like, and has the avals of, what it belongs to.
 */
export function alike(
  op: string,
  what: string,
  tree: unknown,
  structure: Structure,
  avals: readonly Aval[],
  name = treeNamed(`${op}: a ${what}`),
): readonly Tensor[] {
  const flat = flattenTree<ArgumentLeaf>(tree, isArgumentLeaf, name)
  const leaves = leavesOf(tree, name)
  const same = JSON.stringify(flat.structure) === JSON.stringify(structure)
  const wrong = leaves.findIndex((leaf, k) => !avals[k] || formatAval(leaf.aval) !== formatAval(avals[k]))
  if (same && wrong === -1) return leaves
  const got = same ? `${formatAval((leaves[wrong] as Tensor).aval)}${flat.paths[wrong]}` : 'another tree'
  throw new ShapeError({
    summary: `${op}: a ${what} is ${got}.`,
    expected: same
      ? `${formatAval(avals[wrong] as Aval)}, like what it belongs to`
      : 'the same nesting and keys',
    at: callerLocation(),
  })
}
