import { RecordError } from '../errors.js'
import { type Aval, formatAval } from '../program/index.js'
import {
  flattenTree,
  noTree,
  type Structure,
  sameStructure,
  Tensor,
  type TreeName,
  tensor,
} from '../record/index.js'

/** A tree of tensors taken apart; numbers in it are f32 scalars. */
export interface Leaves {
  readonly tensors: readonly Tensor[]
  readonly paths: readonly string[]
  readonly structure: Structure
}

/** Takes apart a tree of tensors and numbers that a function was given or has returned. */
export function leavesOf(name: TreeName, tree: unknown): Leaves {
  const { leaves, paths, structure } = flattenTree(tree, isLeaf, name)
  const tensors = leaves.map((leaf, k) => {
    if (leaf instanceof Tensor) return leaf
    if (typeof leaf === 'number') return tensor(leaf)
    if (typeof leaf === 'boolean') return tensor(leaf)
    throw new RecordError(noTree(name, paths[k] as string, leaf))
  })
  return { tensors, paths, structure }
}

const isLeaf = (node: unknown): node is unknown =>
  node instanceof Tensor || typeof node !== 'object' || node === null

/** How a tree differs from another, in words; undefined if it is nested alike and has the same avals. */
export function difference(got: Leaves, expected: Leaves): string | undefined {
  if (!sameStructure(got.structure, expected.structure)) return 'another nesting or other keys'
  const k = got.tensors.findIndex((x, k) => !alike(x.aval, (expected.tensors[k] as Tensor).aval))
  if (k < 0) return undefined
  const [is, was] = [got.tensors[k] as Tensor, expected.tensors[k] as Tensor]
  return `${formatAval(is.aval)} instead of ${formatAval(was.aval)}${got.paths[k] ? ` at ${got.paths[k]}` : ''}`
}

const alike = (a: Aval, b: Aval) => formatAval(a) === formatAval(b)
