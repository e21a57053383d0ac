/**
 * Reduction of rows that lie side by side: leaves of 1,024 elements, in each of which 8 vector accumulators run
 * (so a lane adds at most 64 elements), and above them a balanced binary tree, kept as the stack of a binary
 * counter: after leaf i as many partial results are combined as i has trailing ones. The error of a sum is
 * O(log n) (Higham 1993, "The accuracy of floating point summation"), the order fixed by the length of the row.
 */
import { elementBytes } from '../dtype.js'
import type { KernelContext } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { combineTree, firstLanes, identityBytes, type Reduction } from './reduction.js'

/** Elements of a row that accumulators add up before the tree begins. */
export const LEAF = 1024
const ACCUMULATORS = 8
const SLOT_BYTES = 16

/** Addresses of one stage of a reduction. */
export interface Stage {
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
  /** Space for the stack. */
  readonly stack: Local<'i32'>
}

/** Emits what makes the next so many elements of a row lie side by side; where they do. */
export type NextElements = (elements: number) => Local<'i32'>

/** Bytes of stack that rows of a length need. */
export const rowStackBytes = (length: number): number =>
  length <= LEAF ? 0 : SLOT_BYTES * (Math.ceil(Math.log2(Math.ceil(length / LEAF))) + 1)

/** [outer, length] → [outer]; length ≥ 1. */
export function emitRowReduction(
  { f }: Pick<KernelContext, 'f'>,
  reduction: Reduction,
  { from, to, stack }: Stage,
  outer: number,
  length: number,
): void {
  const bytes = elementBytes[reduction.dtype]
  nest(f, [{ length: outer, steps: [length * bytes, bytes] }], [from, to], ([row, target]) => {
    const cursor = f.int(row as Local<'i32'>)
    const next: NextElements = elements => {
      const at = f.int(cursor)
      f.increase(cursor, elements * bytes)
      return at
    }
    emitRow({ f }, reduction, next, { to: target as Local<'i32'>, stack }, length)
  })
}

/** [length] → []; length ≥ 1. */
export function emitRow(
  { f }: Pick<KernelContext, 'f'>,
  reduction: Reduction,
  next: NextElements,
  { to, stack }: Pick<Stage, 'to' | 'stack'>,
  length: number,
): void {
  const total =
    length <= LEAF
      ? emitLeaf(f, reduction, next(length), length)
      : emitTree(f, reduction, next, f.int(stack), length)
  f.do(reduction.storeElement(to, emitLanes(f, reduction, total)))
}

function emitTree(
  f: FunctionBuilder,
  reduction: Reduction,
  next: NextElements,
  top: Local<'i32'>,
  length: number,
): Local<'v128'> {
  const sum = f.local('v128')
  const bottom = f.int(top)
  const pop = () => {
    f.increase(top, -SLOT_BYTES)
    f.set(sum, reduction.combine(f.local(v128.load(top)), sum))
  }
  const leaves = Math.floor(length / LEAF)
  const leaf = f.local('i32')
  const push = (elements: number) => {
    f.set(sum, emitLeaf(f, reduction, next(elements), elements))
    const ones = f.int(leaf)
    f.while(i32.and(ones, 1), () => {
      pop()
      f.set(ones, i32.shrU(ones, 1))
    })
    f.do(v128.store(top, sum))
    f.increase(top, SLOT_BYTES)
  }
  f.for(leaf, 0, leaves, 1, () => push(LEAF))
  if (length % LEAF > 0) push(length % LEAF)
  f.increase(top, -SLOT_BYTES)
  f.set(sum, v128.load(top))
  f.while(i32.gtU(top, bottom), pop)
  return sum
}

/** Reduces elements to one vector and moves the cursor past whole ones. */
function emitLeaf(
  f: FunctionBuilder,
  reduction: Reduction,
  cursor: Local<'i32'>,
  elements: number,
): Local<'v128'> {
  const { lanes, stride, combine, load } = reduction
  const whole = Math.floor(elements / lanes)
  const blocks = Math.floor(whole / ACCUMULATORS)
  const accumulators: Local<'v128'>[] = []
  const add = (k: number, value: ReturnType<typeof load>) => {
    const accumulator = accumulators[k]
    if (accumulator) f.set(accumulator, combine(accumulator, f.local(value)))
    else accumulators.push(f.local(value))
  }
  const block = (vectors: number) => {
    for (let k = 0; k < vectors; k++) add(k, load(cursor, k * stride))
    f.increase(cursor, vectors * stride)
  }
  if (blocks > 0) block(ACCUMULATORS)
  if (blocks > 1) f.for(f.local('i32'), 1, blocks, 1, () => block(ACCUMULATORS))
  const vectors = whole % ACCUMULATORS
  if (vectors > 0) block(vectors)
  const rest = elements % lanes
  if (rest > 0) {
    const mask = f.constant(`first:${rest}`, v128.const(firstLanes(reduction, rest)))
    const identity = f.constant('identity', v128.const(identityBytes(reduction)))
    add(vectors, v128.bitselect(load(cursor), identity, mask))
  }
  return combineTree(reduction, accumulators, value => f.local(value))
}

/** Combines the lanes of a vector: upper half with lower half, until one is left. */
function emitLanes(f: FunctionBuilder, { lanes, stride, combine }: Reduction, vector: Local<'v128'>) {
  let sum = vector
  for (let half = stride / 2; half >= stride / lanes; half /= 2) {
    const upper = Array.from({ length: 16 }, (_, byte) => (byte + half) % 16)
    sum = f.local(combine(sum, f.local(v128.shuffle(sum, sum, upper))))
  }
  return sum
}
