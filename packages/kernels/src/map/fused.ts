import { elementBytes } from '../dtype.js'
import type { Kernel, KernelContext } from '../kernel.js'
import { rowMajor, sizeOf } from '../shape.js'
import { i32, type Local } from '../wasm/index.js'
import { collapse } from './broadcast.js'
import { emitFused, ownBytes } from './chunks.js'
import {
  elementWork,
  type FusedInput,
  type FusedNode,
  type FusedSpec,
  lanesOfAll,
  outputOf,
  writtenNodes,
} from './fused-spec.js'
import { interleaving } from './interleaving.js'
import { emitRows } from './rows.js'

/**
 * Computes all nodes for each element of a shape, with the values between in registers: memory is read once and written
 * once. Bits are those of one kernel for each node.
 *
 * @throws RangeError if operands do not fit.
 * @throws TypeError if dtypes of 4 and of 8 bytes are mixed.
 * @example
 * const x = { dtype: 'f32', strides: [1], offset: 0 }
 * const nodes = [
 *   { name: 'exp', algebra: 'f32', dtype: 'f32', operands: [0], body: (m, a) => m.exp(a) },
 *   { name: 'neg', algebra: 'f32', dtype: 'f32', operands: [1], body: (m, a) => m.neg(a) },
 * ]
 * fused({ shape: [3], inputs: [x], nodes, outputs: [1] }).flops // → 6
 */
export function fused(spec: FusedSpec): Kernel {
  const { shape, inputs, nodes, outputs } = spec
  const lanes = lanesOfAll(spec)
  const own = rowMajor(shape)
  const walk = collapse({
    lengths: shape,
    strides: [...inputs.map(({ strides }) => strides), ...outputs.map(() => own)],
  })
  inputs.forEach((_, k) => {
    const last = walk.strides[k]?.at(-1) as number
    if (last !== 0 && last !== 1) throw new RangeError(`fused: input ${k} has the stride ${last} along rows`)
  })
  const places = walk.strides.map((strides, k) => `${inputs[k]?.offset ?? 0}+${strides.join('+')}`)
  return {
    key: `fused:${inputs.map(({ dtype }) => dtype)}:${walk.lengths.join('x')}:${places}:${writtenNodes(spec)}`,
    inputs: inputs.length,
    outputs: outputs.length,
    scratchBytes: ownBytes(spec),
    flops: sizeOf(shape) * nodes.length,
    work: sizeOf(shape) * elementWork(spec),
    emit(context) {
      const { f } = context
      const from = context.inputs.map((address, k) => {
        const { offset, dtype } = inputs[k] as FusedInput
        return offset === 0 ? address : f.int(i32.add(address, offset * elementBytes[dtype]))
      })
      emitRows(f, [...from, ...context.outputs], {
        lanes,
        dtypes: [
          ...inputs.map(({ dtype }) => dtype),
          ...outputs.map(node => (nodes[node] as FusedNode).dtype),
        ],
        walk,
        outputs: outputs.length,
        ...interleaving(spec),
        body: vectors => emitFused(context, spec, vectors),
      })
    },
  }
}

/** A box of the elements of a fused computation. */
export interface Box {
  readonly lengths: readonly number[]
  /** Strides of each operand along its axes, in elements; along the last one 0 or 1, unless that has length 1. */
  readonly strides: readonly (readonly number[])[]
}

/**
 * Calls a function that computes a box of the elements of a computation with one output, which will lie behind one another,
 * from where its operands begin.
 */
export function callBox(
  { module, f, scratch }: KernelContext,
  spec: FusedSpec,
  { lengths, strides }: Box,
  from: readonly Local<'i32'>[],
  to: Local<'i32'>,
): void {
  const walk = collapse({ lengths, strides: [...strides, rowMajor(lengths)] })
  const dtypes = [...spec.inputs, outputOf(spec)].map(({ dtype }) => dtype)
  const key = `box:${dtypes}:${walk.lengths.join('x')}:${walk.strides.map(own => own.join('+'))}:${writtenNodes(spec)}`
  const params = [...from, to, scratch].map(() => 'i32' as const)
  const func = module.define(key, params, [], (f, ...addresses) => {
    const pointers = addresses as readonly Local<'i32'>[]
    emitRows(f, pointers.slice(0, -1), {
      lanes: lanesOfAll(spec),
      dtypes,
      walk,
      ...interleaving(spec),
      body: vectors => emitFused({ module, f, scratch: pointers.at(-1) as Local<'i32'> }, spec, vectors),
    })
  })
  f.call(func, ...from, to, scratch)
}
