import { OptionError } from '../errors.js'
import { checkArgument } from '../options.js'
import type { Tensor } from './tensor.js'
import { containsItself, noTree, type TreeName } from './tree-name.js'

/** Nested arrays and plain objects of leaves. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> }

/**
 * What a type has to extend to be a tree of tensors: `<P extends TreeOf<P>>`. Interfaces do, which `Tree` with its index
 * signature would refuse.
 */
export type TreeOf<T> = Tree<Tensor> | Fields<T>

/** Fields of an object that are trees again; nothing for what has no fields. */
type Fields<T> = [T] extends [Tree<Tensor> | ((...args: never[]) => unknown)]
  ? never
  : [T] extends [object]
    ? { readonly [K in keyof T]: TreeOf<T[K]> }
    : never

/** The shape of a tree without its leaves; plain data. */
export type Structure =
  | '*'
  | { readonly list: readonly Structure[] }
  | { readonly keys: readonly string[]; readonly of: readonly Structure[] }

/** A tree taken apart. */
export interface Flat<Leaf> {
  readonly leaves: readonly Leaf[]
  /** Path of each leaf, such as `.layers[0].w`; empty for a tree that is a leaf. */
  readonly paths: readonly string[]
  readonly structure: Structure
}

/**
 * Takes a tree apart; keys of objects are visited in sorted order, so equal trees have equal leaves.
 *
 * @param isLeaf tells leaves from nodes.
 * @param name what errors call it.
 * @throws {@link OptionError} for anything that is neither leaf, array nor plain object, and for what contains itself.
 */
export function flattenTree<Leaf>(
  tree: unknown,
  isLeaf: (node: unknown) => node is Leaf,
  name: TreeName,
): Flat<Leaf> {
  const leaves: Leaf[] = []
  const paths: string[] = []
  const around = new Set<unknown>()
  const visit = (node: unknown, path: string): Structure => {
    if (isLeaf(node)) {
      leaves.push(node)
      paths.push(path)
      return '*'
    }
    if (around.has(node)) {
      throw new OptionError(containsItself(name, path))
    }
    around.add(node)
    const structure = within(node, path)
    around.delete(node)
    return structure
  }
  const within = (node: unknown, path: string): Structure => {
    // Not by `map`, which leaves out what a list has no element for.
    if (Array.isArray(node)) return { list: Array.from(node, (child, k) => visit(child, `${path}[${k}]`)) }
    if (isPlainObject(node)) {
      const keys = Object.keys(node).sort()
      return { keys, of: keys.map(key => visit(node[key], `${path}.${key}`)) }
    }
    throw new OptionError(noTree(name, path, node))
  }
  const structure = visit(tree, '')
  return { leaves, paths, structure }
}

/** Puts a tree together again from its structure and as many leaves as it has. */
export function unflattenTree<Leaf>(structure: Structure, leaves: readonly Leaf[]): Tree<Leaf> {
  let next = 0
  const build = (node: Structure): Tree<Leaf> => {
    if (node === '*') return leaves[next++] as Leaf
    if ('list' in node) return node.list.map(build)
    return Object.fromEntries(node.keys.map((key, k) => [key, build(node.of[k] as Structure)]))
  }
  return build(structure)
}

/** Number of leaves of a structure. */
export function leafCount(structure: Structure): number {
  if (structure === '*') return 1
  return ('list' in structure ? structure.list : structure.of).reduce(
    (sum, child) => sum + leafCount(child),
    0,
  )
}

/**
 * Whether two trees have the same nesting and keys.
 *
 * @example
 * sameStructure(flatten({ a: tensor(1) }).structure, flatten({ b: tensor(1) }).structure) // → false
 */
export const sameStructure = (a: Structure, b: Structure): boolean => textOf(a) === textOf(b)

/** @throws {@link OptionError} for what is no structure, and has no text. */
function textOf(structure: Structure): string {
  try {
    return JSON.stringify(structure)
  } catch {
    checkArgument('sameStructure', 'a structure', structure, false, 'one of `flatten`')
    return ''
  }
}

function isPlainObject(node: unknown): node is Record<string, unknown> {
  if (typeof node !== 'object' || node === null) return false
  const prototype: unknown = Object.getPrototypeOf(node)
  return prototype === Object.prototype || prototype === null
}
