import { checkArgument } from './options.js'
import type { Aval } from './program/index.js'
import {
  avalFor,
  type Flat,
  flattenTree,
  isArgumentLeaf,
  leafCount,
  type Structure,
  Tensor,
  type TreeOf,
  treeNamed,
  unflattenTree,
} from './record/index.js'

export { type Structure, sameStructure, type Tree, type TreeOf } from './record/index.js'

/**
 * Takes a tree of tensors apart: its leaves in order, a path for each, and its structure as plain data.
 *
 * @param name what errors call it, such as `update: the gradient`.
 * @throws {@link OptionError} for anything that is neither tensor, array nor plain object.
 * @example
 * flatten({ b: tensor(1), a: [tensor(2)] }).paths // → ['.a[0]', '.b']
 */
export function flatten(tree: unknown, name = 'flatten: the tree'): Flat<Tensor> {
  checkName('flatten', name)
  return flattenTree(tree, (node): node is Tensor => node instanceof Tensor, treeNamed(name))
}

const checkName = (owner: string, name: unknown) =>
  checkArgument(owner, 'what errors say', name, typeof name === 'string', 'a string')

/**
 * As {@link flatten}, for the avals of a tree: its leaves are avals, or tensors and numbers that have one.
 *
 * @param owner what is named by errors of avals.
 * @param name what errors call the tree.
 * @throws {@link OptionError} for anything else, and for avals with a dtype or a length that there is not.
 * @example
 * flattenAvals({ w: { dtype: 'f32', shape: [2, 3] }, b: tensor([1, 2]) }).leaves.map(formatAval) // → ['f32[2]', 'f32[2,3]']
 */
export function flattenAvals(tree: unknown, owner = 'record', name?: string): Flat<Aval> {
  checkName('flattenAvals', owner)
  if (name !== undefined) checkName('flattenAvals', name)
  const flat = flattenTree(tree, isArgumentLeaf, treeNamed(name ?? `${owner}: the tree`))
  return { ...flat, leaves: flat.leaves.map(leaf => avalFor(owner, leaf)) }
}

/**
 * Puts a tree together again.
 *
 * @throws {@link OptionError} for anything else than a structure and as many leaves as it has.
 * @example
 * const { structure, leaves } = flatten({ a: tensor(1), b: tensor(2) })
 * unflatten(structure, leaves.map(x => x.mul(10))).b.item() // → 20
 */
export function unflatten<T extends TreeOf<T>>(structure: Structure, leaves: readonly Tensor[]): T {
  checkArgument('unflatten', 'the structure', structure, isStructure(structure), 'that of `flatten`')
  const count = leafCount(structure)
  const fits = Array.isArray(leaves) && leaves.length === count
  checkArgument('unflatten', 'what takes the places of leaves', leaves, fits, `a list of ${count} tensors`)
  return unflattenTree(structure, leaves) as T
}

function isStructure(node: unknown): boolean {
  const { list, keys, of } = Object(node) as { list?: unknown; keys?: unknown; of?: unknown }
  if (Array.isArray(list)) return list.every(isStructure)
  return node === '*' || (Array.isArray(keys) && Array.isArray(of) && of.every(isStructure))
}
