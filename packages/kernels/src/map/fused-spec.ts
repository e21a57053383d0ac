import type { DType } from '../dtype.js'
import type { ElementBody } from './element.js'
import { weightOf } from './weight.js'

/** An operand of a fused computation. */
export interface FusedInput {
  readonly dtype: DType
  /** Strides along the axes of the computation, in elements; along the last one 0 or 1, unless that has length 1. */
  readonly strides: readonly number[]
  /** Element of the operand that is read first. */
  readonly offset: number
}

/** A value of a fused computation. */
export interface FusedNode {
  /** Identifies the body: nodes with equal names and algebras must have the same one. */
  readonly name: string
  /** Dtype of the algebra that computes it. */
  readonly algebra: DType
  readonly dtype: DType
  /** Inputs, then earlier nodes, by number. */
  readonly operands: readonly number[]
  readonly body: ElementBody
}

/** Elementwise computations that read one another. */
export interface FusedSpec {
  readonly shape: readonly number[]
  readonly inputs: readonly FusedInput[]
  readonly nodes: readonly FusedNode[]
  /** Nodes whose values are stored, row by row. */
  readonly outputs: readonly number[]
}

/** The node whose value is the only output. */
export const outputOf = ({ nodes, outputs }: FusedSpec): FusedNode => nodes[outputs[0] as number] as FusedNode

/** FLOP equivalents of an element. */
export const elementWork = ({ nodes }: FusedSpec): number =>
  nodes.reduce((sum, node) => sum + weightOf(node, node.operands.length), 0)

/** Text that identifies the nodes. */
export const writtenNodes = ({ nodes, outputs }: FusedSpec): string =>
  `${nodes.map(({ name, algebra, dtype, operands }) => `${name}.${algebra}.${dtype}(${operands})`).join(';')}→${outputs}`

/** Lanes in all vectors: 2 where f64 takes part, 4 otherwise. */
export function lanesOfAll({ inputs, nodes }: FusedSpec): 2 | 4 {
  const dtypes = new Set(inputs.map(({ dtype }) => dtype))
  for (const { dtype, algebra } of nodes) dtypes.add(dtype).add(algebra)
  if (!dtypes.has('f64')) return 4
  if (!dtypes.has('f32') && !dtypes.has('i32')) return 2
  throw new TypeError(`fused: expected dtypes of one width, got ${[...dtypes].join(', ')}`)
}
