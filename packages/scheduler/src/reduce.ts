import {
  type Arena,
  type Arithmetic,
  type Aval,
  allocate,
  BudgetError,
  type Data,
  type Executable,
  PAGE_BYTES,
  pageCeil,
  type Slot,
  sizeOf,
  viewOf,
} from '@wengert/tape'
import { alignedBytes } from './data.js'
import { dtypesOf, type PartialDType, type PieceWork, pieceWork } from './pieces.js'
import { mostHeld, ReductionTree } from './tree.js'

/** How a partial, the gradient and value of one shard, lies flat in memory: all f32 first, then all f64. */
export interface PartialLayout {
  /** Avals of the outputs of the program, in their order. */
  readonly avals: readonly Aval[]
  /** Of each output, its first element among those of its dtype. */
  readonly firsts: readonly number[]
  readonly elements: Readonly<Record<PartialDType, number>>
  /** Bytes of a partial. */
  readonly bytes: number
}

/** Lays out partials with these avals, all f32 or f64. */
export function partialLayout(avals: readonly Aval[]): PartialLayout {
  const elements = { f32: 0, f64: 0 }
  const firsts = avals.map(({ dtype, shape }) => {
    const first = elements[dtype as PartialDType]
    elements[dtype as PartialDType] += sizeOf(shape)
    return first
  })
  return { avals, firsts, elements, bytes: alignedBytes(4 * elements.f32) + alignedBytes(8 * elements.f64) }
}

/** Bytes of the arena in which the partials of so many shards are reduced: whole pages. */
export function reducerBytes(layout: PartialLayout, shards: number, arithmetic: Arithmetic): number {
  const { bytes } = pieceWork(layout.elements, arithmetic)
  return pageCeil(alignedBytes(bytes) + mostHeld(shards) * layout.bytes)
}

/** The partials of a call and their sum, in an arena of its own: the pieces that are worked on below, the held partials above. */
export class Reducer {
  readonly #layout: PartialLayout
  readonly #pieces: PieceWork
  readonly #arena: Arena
  readonly #tree: ReductionTree<number>
  /** Numbers of slots that hold nothing. */
  readonly #free: number[]

  /** @throws {@link BudgetError} if the arena is smaller than {@link reducerBytes}. */
  constructor(arena: Arena, layout: PartialLayout, shards: number, arithmetic: Arithmetic) {
    this.#layout = layout
    this.#pieces = pieceWork(layout.elements, arithmetic)
    this.#arena = arena
    this.#tree = new ReductionTree(shards, (left, right) => this.#add(left, right))
    this.#free = Array.from({ length: this.#tree.bound }, (_, k) => this.#tree.bound - 1 - k)
    arena.load(this.#pieces.sum)
    const needed = reducerBytes(layout, shards, arithmetic)
    if (needed > arena.maximumBytes) throw tooLarge(needed, arena.maximumBytes)
    if (needed > arena.bytes) arena.memory.grow((needed - arena.bytes) / PAGE_BYTES)
  }

  /** Whether there is room for the partial of a shard now. */
  admits(shard: number): boolean {
    return this.#tree.admits(shard)
  }

  /** Copies the partial of an admitted shard. */
  take(shard: number, outputs: readonly Data[]): void {
    const slot = this.#free.pop() as number
    for (const [k, view] of this.#views(slot).entries()) view.set(outputs[k] as Data)
    this.#tree.take(shard, slot)
  }

  /** Adds what can be added. */
  settle(): void {
    this.#tree.settle()
  }

  /** The sum of all partials divided by a number, once and for all: one rounding for each element. */
  quotient(divisor: number): readonly Data[] {
    const slot = this.#tree.root() as number
    if (divisor !== 1) this.#divide(slot, divisor)
    return this.#views(slot).map((view, k) => {
      const out = allocate(this.#layout.avals[k] as Aval)
      out.set(view)
      return out
    })
  }

  /** Where the vector of a dtype in a slot begins. */
  #address(slot: number, dtype: PartialDType): number {
    const base = alignedBytes(this.#pieces.bytes) + slot * this.#layout.bytes
    return dtype === 'f32' ? base : base + alignedBytes(4 * this.#layout.elements.f32)
  }

  #views(slot: number): Data[] {
    const { avals, firsts } = this.#layout
    return avals.map((aval, k) => {
      const first = (firsts[k] as number) * (aval.dtype === 'f32' ? 4 : 8)
      return viewOf(aval, this.#arena.memory.buffer, this.#address(slot, aval.dtype as PartialDType) + first)
    })
  }

  /** left += right; frees the slot of the right one. */
  #add(left: number, right: number): number {
    this.#work(this.#pieces.sum, [left, right])
    this.#free.push(right)
    return left
  }

  /** Divides what a slot holds. */
  #divide(slot: number, divisor: number): void {
    const { quotient } = this.#pieces
    this.#arena.load(quotient)
    this.#arena.write(quotient.inputs.length - 1, Float64Array.of(divisor))
    this.#work(quotient, [slot])
    this.#arena.load(this.#pieces.sum)
  }

  /** Runs an executable on slots, piece by piece; its outputs replace what the first slot holds. */
  #work(executable: Executable, slots: readonly number[]): void {
    const { elements } = this.#layout
    const vectors = dtypesOf(elements).map((dtype, k) => {
      const whole = { dtype, shape: [elements[dtype]] }
      return {
        operands: slots.map((slot, j) => ({
          vector: viewOf(whole, this.#arena.memory.buffer, this.#address(slot, dtype)),
          piece: this.#arena.view(executable.inputs[slots.length * k + j] as Slot),
        })),
        result: this.#arena.view(executable.outputs[k] as Slot),
        length: this.#pieces.elements[dtype],
      }
    })
    const pieces = Math.max(
      ...dtypesOf(elements).map(dtype => Math.ceil(elements[dtype] / this.#pieces.elements[dtype])),
    )
    for (let piece = 0; piece < pieces; piece++) {
      for (const { operands, length } of vectors) {
        for (const { vector, piece: to } of operands)
          to.set(vector.subarray(piece * length, (piece + 1) * length))
      }
      this.#arena.run()
      for (const { operands, result, length } of vectors) {
        const to = (operands[0] as (typeof operands)[number]).vector.subarray(
          piece * length,
          (piece + 1) * length,
        )
        to.set(result.subarray(0, to.length))
      }
    }
  }
}

const tooLarge = (leastBytes: number, budgetBytes: number) =>
  new BudgetError({
    summary: `The partial gradients of a reduction need ${leastBytes} bytes, more than an arena of ${budgetBytes} has.`,
    budgetBytes,
    leastBytes,
  })
