import type { ErrorParts } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'

/** How errors name a tree and what is in it. */
export interface TreeName {
  /** Arguments may be closed over instead, and what a function gives is not there if it gives nothing. */
  readonly role: 'argument' | 'result' | 'tree'
  /** What a path is in, such as `grad: argument 1`, and the path within that. */
  place(path: string): readonly [whole: string, within: string]
}

/** A tree with a name, such as `scan: the first carry`. */
export const treeNamed = (whole: string): TreeName => ({ role: 'tree', place: path => [whole, path] })

/** What a function returned, such as `jit: what the function returned`. */
export const resultNamed = (whole: string): TreeName => ({ role: 'result', place: path => [whole, path] })

/** A list of arguments, of which each has a name by its position, such as `grad: argument 1`. */
export const argumentsOf = (
  owner: string,
  nameOf = (position: number) => `argument ${position}`,
): TreeName => ({
  role: 'argument',
  place(path) {
    const [, position, within] = /^\[(\d+)\](.*)$/s.exec(path) ?? []
    if (position === undefined || within === undefined) return [`${owner}: the list of arguments`, path]
    return [`${owner}: ${nameOf(Number(position))}`, within]
  },
})

/** That something is in a tree, as `grad: argument 1 has null at .w`, or is all of it. */
export function inTree(name: TreeName, path: string, found: string): string {
  const [whole, within] = name.place(path)
  return within ? `${whole} has ${found} at ${within}` : `${whole} is ${found}`
}

const NESTED = 'in nested arrays and plain objects'
const EXPECTED = `tensors ${NESTED}`

/** What an error says of a tree that has itself in it. */
export function containsItself(name: TreeName, path: string): ErrorParts {
  const [whole, within] = name.place(path)
  return { summary: `${whole} contains itself, at ${within}.`, expected: EXPECTED, at: callerLocation() }
}

/** What an error says of something in a tree that is no tensor, array or plain object. */
export const noTree = (name: TreeName, path: string, node: unknown): ErrorParts => ({
  summary: `${inTree(name, path, shown(node))}.`,
  expected: name.role === 'argument' ? `tensors or numbers, or those ${NESTED}` : EXPECTED,
  at: callerLocation(),
  fix: mendOf(node, name.role, name.place(path)[1] === ''),
})

function mendOf(node: unknown, role: TreeName['role'], isAll: boolean): string | undefined {
  if (typeof Object(node).then === 'function') {
    return role === 'result' ? 'await what it needs before, and pass it as an argument' : 'await it before'
  }
  if (node === undefined || node === null) return isAll ? INSTEAD_OF_NOTHING[role] : 'leave it out'
  if (ArrayBuffer.isView(node)) return 'make it a tensor: tensor(data)'
  if (typeof node === 'object') {
    return 'trees are arrays and plain objects, not instances of classes: give its tensors as { name: tensor, … }'
  }
  if (role === 'argument') return 'close over it: arguments are tensors and numbers'
  return typeof node === 'number' || typeof node === 'boolean' ? 'make it a tensor: tensor(…)' : undefined
}

const INSTEAD_OF_NOTHING: Readonly<Record<TreeName['role'], string | undefined>> = {
  argument: 'give a tensor or a number, or leave it out',
  result: 'return a tensor: a function in braces needs `return`',
  tree: undefined,
}
