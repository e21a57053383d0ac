import {
  type DType,
  type FusedInput,
  type FusedNode,
  type FusedSpec,
  fused,
  reduceFused,
} from '@wengert/kernels'
import { type Aval, bytesOf, sizeOf } from './aval.js'
import { type Element, opOf, type Reduced, registerOp } from './op.js'
import type { Instruction, Params } from './program.js'

/** Parameters of a `fused` instruction: elementwise instructions that are run as one, with what reduces their only result. */
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
  /** How the only output is combined; it has the shape of the whole then. */
  readonly reduced?: Reduced
}

/** An instruction inside of another. */
export interface FusionNode {
  readonly op: string
  readonly params: Params
  readonly dtype: DType
  /** Operands of the whole, then earlier nodes, by number. */
  readonly operands: readonly number[]
  /** The line of the user's code that it comes from, where that was asked for. */
  readonly at?: string
}

/** The parameters of a `fused` instruction. */
export const fusionOf = (params: Params): Fusion => params as unknown as Fusion

/** Ops that are written out; of more, the first ones are left out. */
const MOST_WRITTEN = 4

/**
 * What computes an output of an instruction, for people: its op, or of fused instructions those that the output takes, such
 * as `mul+add+tanh`.
 *
 * @example
 * writtenOp({ op: 'exp', inputs: [0], outputs: [1], params: {} }, 0) // → 'exp'
 */
export function writtenOp({ op, params }: Pick<Instruction, 'op' | 'params'>, output: number): string {
  if (op !== 'fused') return op
  const { inputs, nodes, outputs, reduced } = fusionOf(params)
  const last = (outputs[output] as Fusion['outputs'][number]).node
  const taken = new Set([last])
  for (let node = last; node >= 0; node--) {
    if (!taken.has(node)) continue
    for (const operand of (nodes[node] as FusionNode).operands) {
      if (operand >= inputs.length) taken.add(operand - inputs.length)
    }
  }
  const ops = nodes.filter((_, node) => taken.has(node)).map(node => node.op)
  if (reduced) ops.push(reduced.kind)
  return ops.length > MOST_WRITTEN ? `…+${ops.slice(-MOST_WRITTEN).join('+')}` : ops.join('+')
}

registerOp({
  name: 'fused',
  infer: (_inputs, params) => {
    const { nodes, outputs, reduced } = fusionOf(params)
    const left = (shape: readonly number[]) => shape.filter((_, axis) => !reduced?.axes.includes(axis))
    return outputs.map(({ node, shape }) => ({
      dtype: (nodes[node] as FusionNode).dtype,
      shape: left(shape),
    }))
  },
  lower(inputs, _outputs, params) {
    const { shape, nodes, outputs, reduced, ...fusion } = fusionOf(params)
    const dtypes = [...inputs, ...nodes].map(({ dtype }) => dtype)
    const spec: FusedSpec = {
      shape,
      inputs: fusion.inputs.map((input, k) => ({ ...input, dtype: dtypes[k] as DType })),
      nodes: nodes.map((node): FusedNode => {
        const avals = node.operands.map((k): Aval => ({ dtype: dtypes[k] as DType, shape }))
        const element = opOf(node.op).element?.(avals, { dtype: node.dtype, shape }, node.params) as Element
        return { ...element, dtype: node.dtype, operands: node.operands }
      }),
      outputs: outputs.map(({ node }) => node),
    }
    return reduced ? reduceFused({ ...reduced, of: spec }) : fused(spec)
  },
})

/** Bytes that a `fused` instruction reads: of each operand, those of what it is shown of it. */
export function readBytes(inputs: readonly Aval[], params: Params): number {
  const fusion = fusionOf(params)
  return inputs.reduce((sum, { dtype }, k) => {
    const strides = fusion.inputs[k]?.strides ?? []
    const shown = fusion.shape.filter((_, axis) => strides[axis] !== 0)
    return sum + bytesOf({ dtype, shape: shown })
  }, 0)
}

/** The element of an instruction that computes one by one, if it does and there are any. */
export const elementOf = (
  op: string,
  inputs: readonly Aval[],
  output: Aval,
  params: Params,
): Element | undefined => (sizeOf(output.shape) > 0 ? opOf(op).element?.(inputs, output, params) : undefined)
