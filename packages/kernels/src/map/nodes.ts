import { type Algebra, algebraOf, type V } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import type { KernelContext } from '../kernel.js'
import { registerOf } from '../math/index.js'
import { type Func, FunctionBuilder, type Local, v128 } from '../wasm/index.js'
import type { FusedNode } from './fused-spec.js'
import { INTERLEAVE } from './rows.js'

/** Where a computation is emitted. */
export type Emitting = Pick<KernelContext, 'module' | 'f' | 'scratch'>

/** What nodes are emitted among. */
export interface Among {
  /** Vectors that are computed interleaved. */
  readonly count: number
  /** The value of an operand: an input, or a node that was made. */
  readonly operandOf: (operand: number) => V
  readonly made: (value: V) => void
}

/** Emits nodes in their order. */
export function emitNodes(
  context: Emitting,
  nodes: readonly FusedNode[],
  { count, operandOf, made }: Among,
): void {
  const algebras = new Map<DType, Algebra>()
  const algebra = (dtype: DType) => {
    const known = algebras.get(dtype) ?? algebraOf(dtype, context)
    algebras.set(dtype, known)
    return known
  }
  const shared = sharedFunctions(context, nodes, count)
  for (const node of nodes) {
    const operands = node.operands.map(operandOf)
    const func = shared.get(nameOf(node))
    made(func ? called(context, func, operands, count) : node.body(algebra(node.algebra), ...operands))
  }
}

const nameOf = ({ name, algebra }: FusedNode) => `${name}:${algebra}`

/** A computation that occurs as often is a function if its code is longer than a call is worth. */
const OFTEN = 16
const LONG_BYTES = 96

/** Space for the results of a function, at the beginning of the working space. */
export const RESULT_BYTES = 16 * INTERLEAVE

/** Whether {@link emitNodes} may take space for results of functions. */
export const takesResults = (nodes: readonly FusedNode[]): boolean => often(nodes).size > 0

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
  const names = new Set(often(nodes))
  const functions = new Map<string, Func>()
  for (const node of nodes) {
    const name = nameOf(node)
    if (!names.delete(name)) continue
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
