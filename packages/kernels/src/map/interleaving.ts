import { elementWork, type FusedSpec } from './fused-spec.js'
import type { Rows } from './rows.js'

/** Fewest nodes for which it matters how many values wait. */
const FEWEST_NODES = 16
/** Most values that wait at once. Of four vectors each they are several times as many as there are registers already. */
const MOST_WAITING = 12
/** Most FLOP equivalents of a node, on average: dearer ones are chains of instructions, which gain more by being interleaved. */
const MOST_WORK = 2

/**
 * How a fused computation is interleaved. Where many values wait for those that read them, each vector more is as many registers
 * more to store and to fetch again, and two vectors keep the processor as busy as four.
 */
export function interleaving(spec: FusedSpec): Pick<Rows, 'interleaved'> {
  const { nodes } = spec
  if (nodes.length < FEWEST_NODES || elementWork(spec) > MOST_WORK * nodes.length) return {}
  return mostWaiting(spec) > MOST_WAITING ? { interleaved: 2 } : {}
}

/** Most values at a time that were read or made and will be read again. */
export function mostWaiting({ inputs, nodes }: FusedSpec): number {
  const lastReader = new Map<number, number>()
  nodes.forEach(({ operands }, node) => {
    for (const operand of operands) lastReader.set(operand, node)
  })
  const waiting = new Set<number>()
  let most = 0
  nodes.forEach(({ operands }, node) => {
    for (const operand of operands) waiting.add(operand)
    most = Math.max(most, waiting.size)
    for (const operand of operands) if (lastReader.get(operand) === node) waiting.delete(operand)
    if (lastReader.has(inputs.length + node)) waiting.add(inputs.length + node)
  })
  return most
}
