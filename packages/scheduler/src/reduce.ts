import {
  type Arena,
  type Aval,
  allocate,
  BudgetError,
  type Data,
  type FloatDType,
  pageCeil,
  sizeOf,
  Vectors,
  viewOf,
} from '@wengert/tape'
import { alignedBytes } from './data.js'
import { mostHeld, ReductionTree } from './tree.js'

/** How a partial, the gradient and value of one shard, lies flat in memory: all f32 first, then all f64. */
export interface PartialLayout {
  /** Avals of the outputs of the program, in their order. */
  readonly avals: readonly Aval[]
  /** Of each output, its first element among those of its dtype. */
  readonly firsts: readonly number[]
  readonly elements: Readonly<Record<FloatDType, number>>
  /** Bytes of a partial. */
  readonly bytes: number
}

/** Lays out partials with these avals, all f32 or f64. */
export function partialLayout(avals: readonly Aval[]): PartialLayout {
  const elements = { f32: 0, f64: 0 }
  const firsts = avals.map(({ dtype, shape }) => {
    const first = elements[dtype as FloatDType]
    elements[dtype as FloatDType] += sizeOf(shape)
    return first
  })
  return { avals, firsts, elements, bytes: alignedBytes(4 * elements.f32) + alignedBytes(8 * elements.f64) }
}

/** Bytes of the arena in which the partials of so many shards are reduced: whole pages. */
export function reducerBytes(layout: PartialLayout, shards: number): number {
  return pageCeil(Vectors.begin + mostHeld(shards) * layout.bytes)
}

/** The partials of a call and their sum, in an arena of its own. */
export class Reducer {
  readonly #layout: PartialLayout
  readonly #vectors: Vectors
  readonly #arena: Arena
  readonly #tree: ReductionTree<number>
  /** Numbers of slots that hold nothing. */
  readonly #free: number[]

  /** @throws {@link BudgetError} if the arena is smaller than {@link reducerBytes}. */
  constructor(arena: Arena, layout: PartialLayout, shards: number) {
    const needed = reducerBytes(layout, shards)
    if (needed > arena.maximumBytes) throw tooLarge(needed, arena.maximumBytes)
    arena.reserve(needed)
    this.#layout = layout
    this.#vectors = new Vectors(arena, layout.elements)
    this.#arena = arena
    this.#tree = new ReductionTree(shards, (left, right) => this.#add(left, right))
    this.#free = Array.from({ length: this.#tree.bound }, (_, k) => this.#tree.bound - 1 - k)
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
    if (divisor !== 1) this.#vectors.divide(this.#addresses(slot), divisor)
    return this.#views(slot).map((view, k) => {
      const out = allocate(this.#layout.avals[k] as Aval)
      out.set(view)
      return out
    })
  }

  /** Where the vectors of a slot begin. */
  #addresses(slot: number): Record<FloatDType, number> {
    const f32 = Vectors.begin + slot * this.#layout.bytes
    return { f32, f64: f32 + alignedBytes(4 * this.#layout.elements.f32) }
  }

  #views(slot: number): Data[] {
    const { avals, firsts } = this.#layout
    const addresses = this.#addresses(slot)
    return avals.map((aval, k) => {
      const first = (firsts[k] as number) * (aval.dtype === 'f32' ? 4 : 8)
      return viewOf(aval, this.#arena.memory.buffer, addresses[aval.dtype as FloatDType] + first)
    })
  }

  /** left += right; frees the slot of the right one. */
  #add(left: number, right: number): number {
    this.#vectors.add(this.#addresses(left), this.#addresses(right))
    this.#free.push(right)
    return left
  }
}

const tooLarge = (leastBytes: number, budgetBytes: number) =>
  new BudgetError({
    summary: `The partial gradients of a reduction need ${leastBytes} bytes, more than an arena of ${budgetBytes} has.`,
    budgetBytes,
    leastBytes,
  })
