import { type Algebra, algebraOf, type V } from '../algebra/index.js'
import { type DType, elementBytes } from '../dtype.js'
import type { Kernel, KernelContext } from '../kernel.js'
import { registerOf } from '../math/index.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type Func, FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { collapse } from './broadcast.js'
import type { ElementBody } from './element.js'
import { emitRows, INTERLEAVE } from './rows.js'
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

/** Where a computation is emitted. */
type Emitting = Pick<KernelContext, 'module' | 'f' | 'scratch'>

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
        body: values => emitNodes(context, spec, values),
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
      body: values => emitNodes({ module, f, scratch: pointers.at(-1) as Local<'i32'> }, spec, values),
    })
  })
  f.call(func, ...from, to, scratch)
}

/** The node whose value is the only output. */
export const outputOf = ({ nodes, outputs }: FusedSpec): FusedNode => nodes[outputs[0] as number] as FusedNode

/** Space that a fused computation needs for itself, from the beginning of the working space on. */
export const ownBytes = ({ nodes }: FusedSpec): number => (often(nodes).size > 0 ? RESULT_BYTES : 0)

/** FLOP equivalents of an element. */
export const elementWork = ({ nodes }: FusedSpec): number =>
  nodes.reduce((sum, node) => sum + weightOf(node, node.operands.length), 0)

/** Text that identifies the nodes. */
export const writtenNodes = ({ nodes, outputs }: FusedSpec): string =>
  `${nodes.map(({ name, algebra, dtype, operands }) => `${name}.${algebra}.${dtype}(${operands})`).join(';')}→${outputs}`

/** Lanes in all vectors: 2 where f64 takes part, 4 otherwise. */
function lanesOfAll({ inputs, nodes }: FusedSpec): 2 | 4 {
  const dtypes = new Set([
    ...inputs.map(({ dtype }) => dtype),
    ...nodes.flatMap(({ dtype, algebra }) => [dtype, algebra]),
  ])
  if (!dtypes.has('f64')) return 4
  if (!dtypes.has('f32') && !dtypes.has('i32')) return 2
  throw new TypeError(`fused: expected dtypes of one width, got ${[...dtypes].join(', ')}`)
}

function emitNodes(context: Emitting, { nodes, outputs }: FusedSpec, inputs: readonly V[]): V[] {
  const algebras = new Map<DType, Algebra>()
  const algebra = (dtype: DType) => {
    const known = algebras.get(dtype) ?? algebraOf(dtype, context)
    algebras.set(dtype, known)
    return known
  }
  const count = inputs.reduce((most, { registers }) => Math.max(most, registers.length), 1)
  const shared = sharedFunctions(context, nodes, count)
  const values = [...inputs]
  for (const node of nodes) {
    const operands = node.operands.map(k => values[k] as V)
    const func = shared.get(nameOf(node))
    values.push(func ? called(context, func, operands, count) : node.body(algebra(node.algebra), ...operands))
  }
  return outputs.map(node => values[inputs.length + node] as V)
}

const nameOf = ({ name, algebra }: FusedNode) => `${name}:${algebra}`

/** A computation that occurs as often is a function if its code is longer than a call is worth. */
const OFTEN = 16
const LONG_BYTES = 96
/** Space for the results of a function. */
const RESULT_BYTES = 16 * INTERLEAVE

/** Names of computations that occur often. */
function often(nodes: readonly FusedNode[]): ReadonlySet<string> {
  if (nodes.length < OFTEN) return new Set()
  const counts = new Map<string, number>()
  for (const node of nodes) counts.set(nameOf(node), (counts.get(nameOf(node)) ?? 0) + 1)
  return new Set([...counts].flatMap(([name, count]) => (count >= OFTEN ? [name] : [])))
}

/** Functions for what is long and occurs often, of so many interleaved vectors. */
function sharedFunctions(
  { module }: Pick<Emitting, 'module'>,
  nodes: readonly FusedNode[],
  count: number,
): ReadonlyMap<string, Func> {
  const names = often(nodes)
  const functions = new Map<string, Func>()
  for (const node of nodes) {
    const name = nameOf(node)
    if (functions.has(name) || !names.has(name)) continue
    const params = ['i32' as const, ...node.operands.flatMap(() => new Array<'v128'>(count).fill('v128'))]
    const build = (f: FunctionBuilder, [to, ...xs]: readonly Local[]) => {
      const registers = xs as readonly Local<'v128'>[]
      const values = node.operands.map(
        (_, k): V => ({ registers: registers.slice(k * count, (k + 1) * count) }),
      )
      const result = node.body(algebraOf(node.algebra, { module, f }), ...values)
      for (let k = 0; k < count; k++) f.do(v128.store(to as Local<'i32'>, registerOf(result, k), 16 * k))
    }
    const sample = new FunctionBuilder(params)
    build(sample, sample.params)
    if (sample.encode().length < LONG_BYTES) continue
    functions.set(
      name,
      module.define(`element:${name}:${count}`, params, [], (f, ...locals) => build(f, locals)),
    )
  }
  return functions
}

/** The value that a function computes, by way of the working space. */
function called({ f, scratch }: Emitting, func: Func, operands: readonly V[], count: number): V {
  const places = Array.from({ length: count }, (_, k) => k)
  f.call(func, scratch, ...operands.flatMap(operand => places.map(k => registerOf(operand, k))))
  return { registers: places.map(k => f.local(v128.load(scratch, 16 * k))) }
}
