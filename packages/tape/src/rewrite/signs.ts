import type { FusionNode } from '../program/index.js'

/** Nodes, and the numbers of those whose values are given out. */
export interface Nodes {
  readonly nodes: readonly FusionNode[]
  readonly outputs: readonly number[]
}

/**
 * The nodes of a fusion without negations that nothing reads but sums and differences: x + (−y) is x − y, and x − (−y) is
 * x + y, to the bit (IEEE 754-2019, 5.4.1). Pullbacks of differences are made of such sums.
 *
 * @param inputs how many operands come before the nodes
 * @example
 * const [params, dtype] = [{}, 'f32']
 * const neg = { op: 'neg', params, dtype, operands: [0] }
 * const add = { op: 'add', params, dtype, operands: [1, 2] }
 * withoutNegations({ nodes: [neg, add], outputs: [1] }, 2).nodes // → [{ op: 'sub', params, dtype, operands: [1, 0] }]
 */
export function withoutNegations({ nodes, outputs }: Nodes, inputs: number): Nodes {
  const isNegation = (operand: number | undefined) => nodes[(operand as number) - inputs]?.op === 'neg'
  const places = nodes.map(node => negatedPlace(node, isNegation))
  const read = new Set(outputs.map(node => inputs + node))
  nodes.forEach(({ operands }, k) => {
    for (const [place, operand] of operands.entries()) if (place !== places[k]) read.add(operand)
  })
  const isGone = (operand: number) => isNegation(operand) && !read.has(operand)
  const left: FusionNode[] = []
  const numbers: number[] = Array.from({ length: inputs }, (_, operand) => operand)
  const numberOf = (operand: number) => numbers[operand] as number
  nodes.forEach((node, k) => {
    if (isGone(inputs + k)) return
    numbers[inputs + k] = inputs + left.length
    const place = places[k] as number
    const negated = node.operands[place] as number
    if (place < 0 || !isGone(negated)) {
      left.push({ ...node, operands: node.operands.map(numberOf) })
      return
    }
    const [opposite] = (nodes[negated - inputs] as FusionNode).operands as readonly [number]
    const operands = [node.operands[1 - place] as number, opposite].map(numberOf)
    left.push({ ...node, op: node.op === 'add' ? 'sub' : 'add', operands })
  })
  return { nodes: left, outputs: outputs.map(node => numberOf(inputs + node) - inputs) }
}

/** Which operand of a node may be taken with the other sign, if one can that is a negation; otherwise −1. */
function negatedPlace(
  { op, operands: [first, second] }: FusionNode,
  isNegation: (operand: number | undefined) => boolean,
): number {
  if (op !== 'add' && op !== 'sub') return -1
  if (isNegation(second)) return 1
  return op === 'add' && isNegation(first) ? 0 : -1
}
