import { visitorKeys } from 'oxc-parser'

/** A node of a syntax tree, in so far as all of them are alike. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

/** The nodes under a key of a node: none, one or a list. */
export function nodes(node: Node, key: string): Node[] {
  const value = node[key]
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
}

/** Calls `enter` on a node and all below it, each with the nodes above it, outermost first. */
export function walk(node: Node, enter: (node: Node, above: readonly Node[]) => void): void {
  const above: Node[] = []
  const visit = (current: Node) => {
    enter(current, above)
    above.push(current)
    for (const key of visitorKeys[current.type] ?? []) for (const child of nodes(current, key)) visit(child)
    above.pop()
  }
  visit(node)
}

/** The name of an identifier, or the text of a string that stands for one. */
export function nameOf(node: Node | undefined): string {
  return String(node?.['name'] ?? node?.['value'] ?? '')
}
