import { type Flat, flattenTree, type Structure, Tensor, type Tree, unflattenTree } from './record/index.js'

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
 * Puts a tree together again.
 *
 * @example
 * const { structure, leaves } = flatten({ a: tensor(1), b: tensor(2) })
 * unflatten(structure, leaves.map(x => x.mul(10))).b.item() // → 20
 */
export const unflatten = <T extends Tree<Tensor>>(structure: Structure, leaves: readonly Tensor[]): T =>
  unflattenTree(structure, leaves) as T
