import { elementWork, type FusedSpec } from './fused-spec.js'
import type { Rows } from './rows.js'

/** Most values that wait at once. There are 16 registers, and four vectors of so many values take 48. */
const MOST_WAITING = 12
/** Most FLOP equivalents of a node, on average: dearer ones are chains of instructions, which gain more by being interleaved. */
const MOST_WORK = 2
/** Fewest nodes for each node of the longest path: a chain waits for itself, and needs other vectors meanwhile. */
const FEWEST_BESIDE = 2

/**
 * How a fused computation is interleaved: where many values wait for those that read them, by two vectors instead of four, since each
 * of these is a register more for every value. What a vector computes must leave the processor something to do beside the
 * longest path.
 */
export function interleaving(spec: FusedSpec): Pick<Rows, 'interleaved'> {
  const { nodes } = spec
  const isBroad =
    nodes.length >= FEWEST_BESIDE * longestPath(spec) &&
    elementWork(spec) <= MOST_WORK * nodes.length &&
    mostWaiting(spec) > MOST_WAITING
  return isBroad ? { interleaved: 2 } : {}
}

/** Nodes of the longest chain, each of which reads the one before it. */
export function longestPath({ inputs, nodes }: FusedSpec): number {
  const lengths: number[] = []
  for (const { operands } of nodes) {
    lengths.push(1 + Math.max(0, ...operands.map(operand => lengths[operand - inputs.length] ?? 0)))
  }
  return Math.max(0, ...lengths)
}

/** Most values at a time that were read or made and will be read again, those aside that are the same along the row. */
export function mostWaiting({ inputs, nodes }: FusedSpec): number {
  const lastReader = new Map<number, number>()
  nodes.forEach(({ operands }, node) => {
    for (const operand of operands) {
      if (inputs[operand]?.strides.at(-1) !== 0) lastReader.set(operand, node)
    }
  })
  const waiting = new Set<number>()
  let most = 0
  nodes.forEach(({ operands }, node) => {
    for (const operand of operands) if (lastReader.has(operand)) waiting.add(operand)
    most = Math.max(most, waiting.size)
    for (const operand of operands) if (lastReader.get(operand) === node) waiting.delete(operand)
    if (lastReader.has(inputs.length + node)) waiting.add(inputs.length + node)
  })
  return most
}
