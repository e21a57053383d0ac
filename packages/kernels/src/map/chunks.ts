/**
 * Fused computations of many nodes in chunks: each is a function, and what passes from one to another lies in the working space,
 * a few vectors at a time, however long rows are. Chunks that do the same are one function.
 */
import type { V } from '../algebra/index.js'
import { registerOf } from '../math/index.js'
import { sizeOf } from '../shape.js'
import { type Func, type FunctionBuilder, type Local, v128 } from '../wasm/index.js'
import { type FusedNode, type FusedSpec, lanesOfAll } from './fused-spec.js'
import { type Emitting, emitNodes, RESULT_BYTES, takesResults } from './nodes.js'
import { INTERLEAVE, type Vectors } from './rows.js'

/** Most nodes of a function: their values are as many registers, and code takes time to compile. */
const MOST_NODES = 256

/** Emits the nodes of a fused computation for some vectors. */
export function emitFused(context: Emitting, spec: FusedSpec, vectors: Vectors): void {
  const { inputs, nodes, outputs } = spec
  if (nodes.length > MOST_NODES) {
    emitChunks(context, spec, vectors)
    return
  }
  const values: V[] = []
  const outputsOf = new Map<number, number[]>()
  outputs.forEach((node, output) => {
    outputsOf.set(node, [...(outputsOf.get(node) ?? []), output])
  })
  emitNodes(context, nodes, {
    count: vectors.count,
    operandOf: k => (k < inputs.length ? vectors.input(k) : (values[k - inputs.length] as V)),
    made(value) {
      const node = values.push(value) - 1
      for (const output of outputsOf.get(node) ?? []) vectors.store(output, value)
    },
  })
}

/** Bytes that a fused computation needs for itself, from the beginning of the working space on. */
export function ownBytes(spec: FusedSpec): number {
  if (spec.nodes.length <= MOST_NODES) return takesResults(spec.nodes) ? RESULT_BYTES : 0
  const registers = Math.min(INTERLEAVE, Math.ceil(sizeOf(spec.shape) / lanesOfAll(spec)))
  return RESULT_BYTES + chunksOf(spec).slots * 16 * registers
}

/** Nodes behind one another. */
interface Chunk {
  readonly nodes: readonly FusedNode[]
  /** Number of the first one among the operands. */
  readonly first: number
}

interface Chunks {
  readonly chunks: readonly Chunk[]
  /** The slot of each operand that a later chunk reads, and of each output. */
  readonly slotOf: ReadonlyMap<number, number>
  readonly slots: number
}

const known = new WeakMap<FusedSpec, Chunks>()

function chunksOf(spec: FusedSpec): Chunks {
  const found = known.get(spec) ?? cut(spec)
  known.set(spec, found)
  return found
}

/** Cuts nodes into chunks. A slot is taken again behind the last chunk that reads what lies there. */
function cut({ inputs, nodes, outputs }: FusedSpec): Chunks {
  const chunks = Array.from({ length: Math.ceil(nodes.length / MOST_NODES) }, (_, k): Chunk => {
    const from = k * MOST_NODES
    return { nodes: nodes.slice(from, from + MOST_NODES), first: inputs.length + from }
  })
  const lastReader = new Map<number, number>()
  chunks.forEach(({ nodes }, k) => {
    for (const operand of nodes.flatMap(({ operands }) => operands)) lastReader.set(operand, k)
  })
  for (const node of outputs) lastReader.set(inputs.length + node, chunks.length)
  const slotOf = new Map<number, number>()
  const free: number[] = []
  let slots = 0
  const take = (operand: number, maker: number) => {
    if ((lastReader.get(operand) ?? maker) > maker) slotOf.set(operand, free.pop() ?? slots++)
  }
  for (const operand of inputs.keys()) take(operand, -1)
  const leaving = chunks.map((): number[] => [])
  for (const [operand, reader] of lastReader) leaving[reader]?.push(operand)
  chunks.forEach(({ nodes, first }, k) => {
    for (const node of nodes.keys()) take(first + node, k)
    for (const operand of leaving[k] as number[]) {
      const slot = slotOf.get(operand)
      if (slot !== undefined) free.push(slot)
    }
  })
  return { chunks, slotOf, slots }
}

function emitChunks(context: Emitting, spec: FusedSpec, { count, input, store }: Vectors): void {
  const { f, scratch } = context
  const { inputs, outputs } = spec
  const { chunks, slotOf } = chunksOf(spec)
  for (const operand of inputs.keys()) {
    const slot = slotOf.get(operand)
    if (slot !== undefined) storeSlot(f, scratch, slot, input(operand), count)
  }
  for (const chunk of chunks) f.call(defineChunk(context, chunk, slotOf, count), scratch)
  outputs.forEach((node, output) => {
    store(output, loadSlot(f, scratch, slotOf.get(inputs.length + node) as number, count))
  })
}

/** Defines chunk(working space). */
function defineChunk(
  { module }: Emitting,
  { nodes, first }: Chunk,
  slotOf: ReadonlyMap<number, number>,
  count: number,
): Func {
  const nameOf = (operand: number) => (operand < first ? slotOf.get(operand) : `+${operand - first}`)
  const written = nodes.map(({ name, algebra, dtype, operands }, k) => {
    const slot = slotOf.get(first + k)
    return `${name}.${algebra}.${dtype}(${operands.map(nameOf)})${slot === undefined ? '' : `→${slot}`}`
  })
  return module.define(`chunk:${count}:${written.join(';')}`, ['i32'], [], (f, scratch) => {
    const values = new Map<number, V>()
    let made = first
    emitNodes({ module, f, scratch }, nodes, {
      count,
      operandOf: operand => {
        // As late as can be, so that few registers wait.
        const value = values.get(operand) ?? loadSlot(f, scratch, slotOf.get(operand) as number, count)
        values.set(operand, value)
        return value
      },
      made: value => {
        const slot = slotOf.get(made)
        if (slot !== undefined) storeSlot(f, scratch, slot, value, count)
        values.set(made++, value)
      },
    })
  })
}

const offsetOf = (slot: number, count: number) => RESULT_BYTES + slot * 16 * count

const loadSlot = (f: FunctionBuilder, scratch: Local<'i32'>, slot: number, count: number): V => ({
  registers: Array.from({ length: count }, (_, k) =>
    f.local(v128.load(scratch, offsetOf(slot, count) + 16 * k)),
  ),
})

function storeSlot(f: FunctionBuilder, scratch: Local<'i32'>, slot: number, value: V, count: number): void {
  for (let k = 0; k < count; k++) {
    f.do(v128.store(scratch, registerOf(value, k), offsetOf(slot, count) + 16 * k))
  }
}
