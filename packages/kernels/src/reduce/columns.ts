/**
 * Reduction along an outer axis, vectorised over the inner ones: 8 rows are combined as a tree and added to an
 * accumulator row; after a leaf of 256 rows accumulators are combined as a balanced binary tree, kept as the stack
 * of a binary counter as in `rows.ts`. Columns are done in blocks whose accumulators stay in the nearest cache.
 */
import { elementBytes } from '../dtype.js'
import type { KernelContext } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, type I32, i32, type Local } from '../wasm/index.js'
import { combineTree, type Reduction } from './reduction.js'
import type { Stage } from './rows.js'

type V = Local<'v128'>

/** Rows that an accumulator row adds up before the tree begins. */
export const LEAF_ROWS = 256
/** Rows that are combined before they are added to it. */
export const GROUP_ROWS = 8
/** Columns whose accumulators stay in the nearest cache. */
export const BLOCK_COLUMNS = 512

/** Rows of some columns, in their order. */
export interface RowsSource {
  /** Emits what is to be done before the next so many rows. */
  beginLeaf(rows: number): void
  /** Emits what makes the next so many rows lie in memory: where, and bytes from one to the next. */
  next(rows: number): { readonly at: Local<'i32'>; readonly rowBytes: number }
}

/** [outer, length, inner] → [outer, inner]. */
export interface ColumnSizes {
  readonly outer: number
  readonly length: number
  readonly inner: number
}

const vectorsOf = ({ lanes }: Reduction, columns: number) => Math.ceil(columns / lanes)

/** Bytes of stack that columns need. */
export function columnStackBytes(reduction: Reduction, { length, inner }: ColumnSizes): number {
  if (length <= LEAF_ROWS) return 0
  const slots = Math.ceil(Math.log2(Math.ceil(length / LEAF_ROWS))) + 2
  return slots * vectorsOf(reduction, Math.min(inner, BLOCK_COLUMNS)) * reduction.stride
}

/** [outer, length, inner] → [outer, inner]; length ≥ 1. */
export function emitColumnReduction(
  { f }: Pick<KernelContext, 'f'>,
  reduction: Reduction,
  { from, to, stack }: Stage,
  sizes: ColumnSizes,
): void {
  const { outer, length, inner } = sizes
  const bytes = elementBytes[reduction.dtype]
  const outerAxis = { length: outer, steps: [length * inner * bytes, inner * bytes] }
  nest(f, [outerAxis], [from, to], pointers => {
    const [source, target] = pointers.map(pointer => f.int(pointer)) as [Local<'i32'>, Local<'i32'>]
    const block = (columns: number) => {
      const cursor = f.int(source)
      const rows: RowsSource = {
        beginLeaf() {},
        next(count) {
          const at = f.int(cursor)
          f.increase(cursor, count * inner * bytes)
          return { at, rowBytes: inner * bytes }
        },
      }
      emitColumns(f, reduction, rows, { to: target, stack }, length, columns)
      f.increase(source, columns * bytes)
      f.increase(target, columns * bytes)
    }
    const blocks = Math.floor(inner / BLOCK_COLUMNS)
    f.for(f.local('i32'), 0, blocks, 1, () => block(BLOCK_COLUMNS))
    if (inner % BLOCK_COLUMNS > 0) block(inner % BLOCK_COLUMNS)
  })
}

/** [length, columns] → [columns]; at most {@link BLOCK_COLUMNS} columns. */
export function emitColumns(
  f: FunctionBuilder,
  reduction: Reduction,
  source: RowsSource,
  { to, stack }: Pick<Stage, 'to' | 'stack'>,
  length: number,
  columns: number,
): void {
  const vectors = vectorsOf(reduction, columns)
  const leaf = (rows: number, target: Local<'i32'>) => {
    emitLeaf(f, reduction, source, target, rows, vectors)
  }
  if (length <= LEAF_ROWS) {
    leaf(length, to)
    return
  }
  const slotBytes = vectors * reduction.stride
  const top = f.int(stack)
  const merge = () => {
    f.increase(top, -slotBytes)
    emitVectors(f, vectors, reduction, [top], ([slot]) => {
      const [below, above] = [0, slotBytes].map(offset => f.local(reduction.load(slot as I32, offset)))
      return reduction.store(slot as I32, reduction.combine(below as V, above as V))
    })
  }
  const index = f.local('i32')
  const push = (rows: number) => {
    leaf(rows, top)
    const ones = f.int(index)
    f.while(i32.and(ones, 1), () => {
      merge()
      f.set(ones, i32.shrU(ones, 1))
    })
    f.increase(top, slotBytes)
  }
  f.for(index, 0, Math.floor(length / LEAF_ROWS), 1, () => push(LEAF_ROWS))
  if (length % LEAF_ROWS > 0) push(length % LEAF_ROWS)
  f.increase(top, -slotBytes)
  f.while(i32.gtU(top, stack), merge)
  emitVectors(f, vectors, reduction, [stack, to], ([slot, target]) =>
    reduction.store(target as Local<'i32'>, reduction.load(slot as Local<'i32'>)),
  )
}

/** Reduces the next rows into a target. */
function emitLeaf(
  f: FunctionBuilder,
  reduction: Reduction,
  source: RowsSource,
  target: Local<'i32'>,
  rows: number,
  vectors: number,
): void {
  const group = (count: number, first: boolean) => {
    const { at, rowBytes } = source.next(count)
    emitVectors(f, vectors, reduction, [at, target], ([from, place]) => {
      const loads = Array.from({ length: count }, (_, row) =>
        f.local(reduction.load(from as I32, row * rowBytes)),
      )
      const sum = combineTree(reduction, loads, value => f.local(value))
      const total = first ? sum : reduction.combine(f.local(reduction.load(place as I32)), sum)
      return reduction.store(place as I32, total)
    })
  }
  source.beginLeaf(rows)
  const groups = Math.floor(rows / GROUP_ROWS)
  if (groups > 0) group(GROUP_ROWS, true)
  if (groups > 1) f.for(f.local('i32'), 1, groups, 1, () => group(GROUP_ROWS, false))
  if (rows % GROUP_ROWS > 0) group(rows % GROUP_ROWS, groups === 0)
}

/** One statement for each vector along rows that start at the pointers. */
function emitVectors(
  f: FunctionBuilder,
  vectors: number,
  { stride }: Reduction,
  pointers: readonly Local<'i32'>[],
  statement: (pointers: readonly Local<'i32'>[]) => ReturnType<Reduction['store']>,
): void {
  nest(f, [{ length: vectors, steps: pointers.map(() => stride) }], pointers, at => f.do(statement(at)))
}
