import {
  type Arena,
  type Arithmetic,
  type Aval,
  allocate,
  BudgetError,
  type Data,
  PAGE_BYTES,
  pageCeil,
  sizeOf,
  viewOf,
} from '@wengert/tape'
import { type Adder, adderFor, dtypesOf, type PartialDType } from './adder.js'
import { alignedBytes } from './data.js'
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
  const { executable } = adderFor(layout.elements, arithmetic)
  return pageCeil(alignedBytes(executable.peakBytes) + mostHeld(shards) * layout.bytes)
}

/** The partials of a call and their sum, in an arena of its own: the adder below, the held partials above. */
export class Reducer {
  readonly #layout: PartialLayout
  readonly #adder: Adder
  readonly #arena: Arena
  readonly #tree: ReductionTree<number>
  /** Numbers of slots that hold nothing. */
  readonly #free: number[]

  /** @throws {@link BudgetError} if the arena is smaller than {@link reducerBytes}. */
  constructor(arena: Arena, layout: PartialLayout, shards: number, arithmetic: Arithmetic) {
    this.#layout = layout
    this.#adder = adderFor(layout.elements, arithmetic)
    this.#arena = arena
    this.#tree = new ReductionTree(shards, (left, right) => this.#add(left, right))
    this.#free = Array.from({ length: this.#tree.bound }, (_, k) => this.#tree.bound - 1 - k)
    arena.load(this.#adder.executable)
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

  /** The sum of all partials divided by a number: one rounding for each element. */
  quotient(divisor: number): readonly Data[] {
    const slot = this.#tree.root() as number
    return this.#views(slot).map((view, k) => {
      const out = allocate(this.#layout.avals[k] as Aval)
      if (divisor === 1) out.set(view)
      else if (view instanceof Float32Array) divide32(out as Float32Array, view, divisor)
      else divide64(out as Float64Array, view as Float64Array, divisor)
      return out
    })
  }

  /** Where the vector of a dtype in a slot begins. */
  #address(slot: number, dtype: PartialDType): number {
    const base = alignedBytes(this.#adder.executable.peakBytes) + slot * this.#layout.bytes
    return dtype === 'f32' ? base : base + alignedBytes(4 * this.#layout.elements.f32)
  }

  #views(slot: number): Data[] {
    const { avals, firsts } = this.#layout
    return avals.map((aval, k) => {
      const first = (firsts[k] as number) * (aval.dtype === 'f32' ? 4 : 8)
      return viewOf(aval, this.#arena.memory.buffer, this.#address(slot, aval.dtype as PartialDType) + first)
    })
  }

  /** left += right, piece by piece; frees the slot of the right one. */
  #add(left: number, right: number): number {
    const { executable, pieceElements } = this.#adder
    const { elements } = this.#layout
    const vectors = dtypesOf(elements).map((dtype, k) => {
      const whole = { dtype, shape: [elements[dtype]] }
      const view = (slot: number) => viewOf(whole, this.#arena.memory.buffer, this.#address(slot, dtype))
      const piece = (of: typeof executable.inputs, index: number) =>
        this.#arena.view(of[index] as (typeof executable.inputs)[number])
      return {
        left: view(left),
        right: view(right),
        inputs: [piece(executable.inputs, 2 * k), piece(executable.inputs, 2 * k + 1)] as const,
        output: this.#arena.view(executable.outputs[k] as (typeof executable.outputs)[number]),
        length: pieceElements[dtype],
      }
    })
    for (let piece = 0; vectors.some(({ left, length }) => piece * length < left.length); piece++) {
      for (const { left, right, inputs, length } of vectors) {
        const from = Math.min(piece * length, left.length)
        inputs[0].set(left.subarray(from, from + length))
        inputs[1].set(right.subarray(from, from + length))
      }
      this.#arena.run()
      for (const { left, output, length } of vectors) {
        const from = Math.min(piece * length, left.length)
        left.set(output.subarray(0, Math.min(length, left.length - from)), from)
      }
    }
    this.#free.push(right)
    return left
  }
}

// One loop for each type of array: engines compile a loop over both to slower code.
function divide32(out: Float32Array, view: Float32Array, divisor: number): void {
  for (let k = 0; k < out.length; k++) out[k] = (view[k] as number) / divisor
}

function divide64(out: Float64Array, view: Float64Array, divisor: number): void {
  for (let k = 0; k < out.length; k++) out[k] = (view[k] as number) / divisor
}

const tooLarge = (leastBytes: number, budgetBytes: number) =>
  new BudgetError({
    summary: `The partial gradients of a reduction need ${leastBytes} bytes, more than an arena of ${budgetBytes} has.`,
    budgetBytes,
    leastBytes,
  })
