import type { Aval } from './program/index.js'
import {
  avalOf,
  type Flat,
  flattenTree,
  isArgumentLeaf,
  type Structure,
  Tensor,
  type Tree,
  unflattenTree,
} from './record/index.js'

export { type Structure, sameStructure, type Tree } from './record/index.js'

/**
 * Takes a tree of tensors apart: its leaves in order, a path for each, and its structure as plain data.
 *
 * @throws {@link OptionError} for anything that is neither tensor, array nor plain object.
 * @example
 * flatten({ b: tensor(1), a: [tensor(2)] }).paths // → ['.a[0]', '.b']
 */
export const flatten = (tree: unknown): Flat<Tensor> =>
  flattenTree(tree, (node): node is Tensor => node instanceof Tensor)

/**
 * As {@link flatten}, for the avals of a tree: its leaves are avals, or tensors and numbers that have one.
 *
 * @throws {@link OptionError} for anything else, and for avals with a dtype or a length that there is not.
 * @example
 * flattenAvals({ w: { dtype: 'f32', shape: [2, 3] }, b: tensor([1, 2]) }).leaves.map(formatAval) // → ['f32[2]', 'f32[2,3]']
 */
export function flattenAvals(tree: unknown): Flat<Aval> {
  const flat = flattenTree(tree, isArgumentLeaf)
  return { ...flat, leaves: flat.leaves.map(avalOf) }
}

/**
 * Puts a tree together again.
 *
 * @example
 * const { structure, leaves } = flatten({ a: tensor(1), b: tensor(2) })
 * unflatten(structure, leaves.map(x => x.mul(10))).b.item() // → 20
 */
export const unflatten = <T extends Tree<Tensor>>(structure: Structure, leaves: readonly Tensor[]): T =>
  unflattenTree(structure, leaves) as T
