import { type DType, type FusedInput, type FusedNode, fused } from '@wengert/kernels'
import { type Aval, sizeOf } from './aval.js'
import { type Element, opOf, registerOp } from './op.js'
import type { Params } from './program.js'

/** Parameters of a `fused` instruction: elementwise instructions that are run as one. */
export interface Fusion {
  readonly shape: readonly number[]
  /** Where each operand is read. */
  readonly inputs: readonly Omit<FusedInput, 'dtype'>[]
  readonly nodes: readonly FusionNode[]
  /** Nodes whose values others read, their shapes, and names if they have one. */
  readonly outputs: readonly {
    readonly node: number
    readonly shape: readonly number[]
    readonly name?: string
  }[]
}

/** An instruction inside of another. */
export interface FusionNode {
  readonly op: string
  readonly params: Params
  readonly dtype: DType
  /** Operands of the whole, then earlier nodes, by number. */
  readonly operands: readonly number[]
}

/** The parameters of a `fused` instruction. */
export const fusionOf = (params: Params): Fusion => params as unknown as Fusion

registerOp({
  name: 'fused',
  infer: (_inputs, params) => {
    const { nodes, outputs } = fusionOf(params)
    return outputs.map(({ node, shape }) => ({ dtype: (nodes[node] as FusionNode).dtype, shape }))
  },
  lower(inputs, _outputs, params) {
    const { shape, nodes, outputs, ...fusion } = fusionOf(params)
    const dtypes = [...inputs, ...nodes].map(({ dtype }) => dtype)
    return fused({
      shape,
      inputs: fusion.inputs.map((input, k) => ({ ...input, dtype: dtypes[k] as DType })),
      nodes: nodes.map((node): FusedNode => {
        const avals = node.operands.map((k): Aval => ({ dtype: dtypes[k] as DType, shape }))
        const element = opOf(node.op).element?.(avals, { dtype: node.dtype, shape }, node.params) as Element
        return { ...element, dtype: node.dtype, operands: node.operands }
      }),
      outputs: outputs.map(({ node }) => node),
    })
  },
})

/** The element of an instruction that computes one by one, if it does and there are any. */
export const elementOf = (
  op: string,
  inputs: readonly Aval[],
  output: Aval,
  params: Params,
): Element | undefined => (sizeOf(output.shape) > 0 ? opOf(op).element?.(inputs, output, params) : undefined)
