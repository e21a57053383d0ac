/**
 * Reduction of what an elementwise computation gives, without storing it: a block of elements at a time is computed into a
 * few kilobytes of working space, which stay in the nearest cache, and reduced from there in the order of `rows.ts` and
 * `columns.ts`. So the bits are those of the two kernels after one another.
 */
import { type DType, elementBytes } from '../dtype.js'
import { type Kernel, type KernelContext, slotBytes } from '../kernel.js'
import {
  type Box,
  callBox,
  collapse,
  elementWork,
  type FusedInput,
  type FusedSpec,
  nest,
  outputOf,
  ownBytes,
  writtenNodes,
} from '../map/index.js'
import { sizeOf } from '../shape.js'
import { i32, type Local } from '../wasm/index.js'
import {
  BLOCK_COLUMNS,
  columnStackBytes,
  emitColumns,
  GROUP_ROWS,
  LEAF_ROWS,
  type RowsSource,
} from './columns.js'
import { type ReduceKind, type Reduction, reductionOf } from './reduction.js'
import { emitRow, emitRowReduction, LEAF, rowStackBytes } from './rows.js'

/** Elements that are computed at a time. */
const BLOCK = 4096

/** A reduction of an elementwise computation with one output. */
export interface ReduceFusedSpec {
  readonly kind: ReduceKind
  readonly of: FusedSpec
  /** The axes that go. */
  readonly axes: readonly number[]
}

type Shown = Pick<FusedInput, 'strides'>

/** Walks over the axes outside of those that go, over those, and over those inside of them, with strides of each operand. */
interface Walks {
  readonly outer: Box
  readonly gone: Box
  readonly inner: Box
}

/**
 * Whether {@link reduceFused} takes a computation of a shape: the axes that go are neighbours, and so many elements at a time
 * lie along one of them.
 *
 * @example
 * isReducible([4, 8], [{ strides: [8, 1] }], [1]) // → true
 * isReducible([4, 8, 3], [{ strides: [24, 3, 1] }], [0, 2]) // → false
 */
export const isReducible = (
  shape: readonly number[],
  inputs: readonly Shown[],
  axes: readonly number[],
): boolean => walksOf(shape, inputs, axes) !== undefined

function walksOf(
  shape: readonly number[],
  inputs: readonly Shown[],
  axes: readonly number[],
): Walks | undefined {
  if (shape.includes(0)) return undefined
  const long = shape.flatMap((length, axis) => (length === 1 ? [] : [axis]))
  const gone = long.filter(axis => axes.includes(axis))
  if (gone.length === 0) return undefined
  const [first, last] = [gone[0] as number, gone.at(-1) as number]
  if (long.filter(axis => axis >= first && axis <= last).length !== gone.length) return undefined
  const along = long.at(-1) as number
  if (inputs.some(({ strides }) => strides[along] !== 0 && strides[along] !== 1)) return undefined
  const walk = (own: readonly number[]): Box =>
    collapse({
      lengths: own.map(axis => shape[axis] as number),
      strides: inputs.map(({ strides }) => own.map(axis => strides[axis] as number)),
    })
  const walks = {
    outer: walk(long.filter(axis => axis < first)),
    gone: walk(gone),
    inner: walk(long.filter(axis => axis > last)),
  }
  const isOneAxis = ({ lengths }: Box) => lengths.length === 1
  const width = sizeOf(walks.inner.lengths)
  const isRow = width === 1
  const fits = isRow
    ? isInLeaves(walks.gone) || sizeOf(walks.gone.lengths) <= BLOCK
    : // a block of one column would lie along the axis that goes
      isOneAxis(walks.gone) && isOneAxis(walks.inner) && width % BLOCK_COLUMNS !== 1
  return fits ? walks : undefined
}

/**
 * Computes all elements and combines them along axes, as `reduce` does after `fused`, with the same bits.
 *
 * @throws RangeError if {@link isReducible} does not hold.
 * @throws TypeError for sums and products of bools.
 * @example
 * const x = { dtype: 'f32', strides: [1], offset: 0 }
 * const square = { name: 'square', algebra: 'f32', dtype: 'f32', operands: [0], body: (m, a) => m.mul(a, a) }
 * const of = { shape: [3], inputs: [x], nodes: [square], outputs: [0] }
 * reduceFused({ kind: 'sum', of, axes: [0] }).outputs // → 1
 */
export function reduceFused({ kind, of, axes }: ReduceFusedSpec): Kernel {
  const { shape, inputs } = of
  const walks = walksOf(shape, inputs, axes)
  if (!walks) throw new RangeError(`reduceFused: expected neighbouring axes of [${shape}], got [${axes}]`)
  const { dtype } = outputOf(of)
  const reduction = reductionOf(kind, dtype)
  const { outer, gone, inner } = walks
  const sizes = [outer, gone, inner].map(({ lengths }) => sizeOf(lengths)) as [number, number, number]
  const [, length, columns] = sizes
  const own = ownBytes(of)
  const block = slotBytes(blockElements(walks) * elementBytes[dtype])
  const stack =
    columns === 1
      ? rowStackBytes(length)
      : columnStackBytes(reduction, { outer: sizes[0], length, inner: columns })
  const places = [outer, gone, inner].map(
    ({ lengths, strides }) => `${lengths.join('x')}+${strides.join('+')}`,
  )
  return {
    key: `reduce:fused:${kind}:${inputs.map(({ dtype, offset }) => `${dtype}@${offset}`)}:${places}:${writtenNodes(of)}`,
    inputs: inputs.length,
    outputs: 1,
    scratchBytes: own + block + stack,
    flops: sizeOf(shape) * (of.nodes.length + 1),
    work: sizeOf(shape) * (elementWork(of) + 1),
    emit(context) {
      const { f, scratch } = context
      const from = context.inputs.map((address, k) => {
        const { offset, dtype } = inputs[k] as FusedInput
        return offset === 0 ? address : f.int(i32.add(address, offset * elementBytes[dtype]))
      })
      const to = context.outputs[0] as Local<'i32'>
      const space = { block: f.int(i32.add(scratch, own)), stack: f.int(i32.add(scratch, own + block)) }
      const emit = columns > 1 ? emitAcross : length <= BLOCK ? emitBands : emitAlong
      emit(context, { of, reduction, walks }, from, to, space)
    },
  }
}

/** Whether leaves of a long row are whole rows of its last axis, of which it has two then. */
const isInLeaves = ({ lengths }: Box): boolean =>
  lengths.length === 1 || (lengths.length === 2 && LEAF % (lengths[1] as number) === 0)

/** Elements of the block. */
function blockElements({ outer, gone, inner }: Walks): number {
  const [length, width] = [sizeOf(gone.lengths), sizeOf(inner.lengths)]
  if (width === 1) return length > BLOCK ? LEAF : length * rowsOfBand(outer, length)
  const columns = Math.min(width, BLOCK_COLUMNS)
  return columns * rowsAtOnce(length, columns)
}

/** Short rows that are computed at once: as many as fill the block, along the last axis outside of them. */
const rowsOfBand = ({ lengths }: Box, length: number): number =>
  Math.max(1, Math.min(lengths.at(-1) as number, Math.floor(BLOCK / length)))

/** Rows of some columns that are computed at once: a leaf of few columns, or a group of many. */
const rowsAtOnce = (length: number, columns: number): number => {
  const leaf = Math.min(length, LEAF_ROWS)
  return columns * leaf <= BLOCK ? leaf : Math.min(length, GROUP_ROWS)
}

interface Reducing {
  readonly of: FusedSpec
  readonly reduction: Reduction
  readonly walks: Walks
}

interface Space {
  readonly block: Local<'i32'>
  readonly stack: Local<'i32'>
}

type Emit = (
  context: KernelContext,
  reducing: Reducing,
  from: readonly Local<'i32'>[],
  to: Local<'i32'>,
  space: Space,
) => void

const bytesOf = ({ inputs }: FusedSpec, k: number): number =>
  elementBytes[(inputs[k] as FusedInput).dtype as DType]

/** Moves the pointers of operands on by so many steps along an axis of a walk. */
function advance(
  { f }: KernelContext,
  of: FusedSpec,
  pointers: readonly Local<'i32'>[],
  { strides }: Box,
  axis: number,
  steps: number,
): void {
  pointers.forEach((pointer, k) => {
    const stride = strides[k]?.[axis] as number
    if (stride !== 0) f.increase(pointer, steps * stride * bytesOf(of, k))
  })
}

/** Axes of a nest over the first axes of a walk; the output has `width` elements for each of their places. */
function axesOf(of: FusedSpec, { lengths, strides }: Box, count: number, width: number, bytes: number) {
  return lengths.slice(0, count).map((length, axis) => ({
    length,
    steps: [
      ...of.inputs.map((_, k) => (strides[k]?.[axis] as number) * bytesOf(of, k)),
      lengths.slice(axis + 1).reduce((product, one) => product * one, width) * bytes,
    ],
  }))
}

/** Short rows: as many at a time as fill the block. */
const emitBands: Emit = (context, { of, reduction, walks: { outer, gone } }, from, to, { block, stack }) => {
  const { f } = context
  const bytes = elementBytes[reduction.dtype]
  const length = sizeOf(gone.lengths)
  const last = outer.lengths.length - 1
  const rows = outer.lengths[last] as number
  const most = rowsOfBand(outer, length)
  nest(f, axesOf(of, outer, last, 1, bytes), [...from, to], starts => {
    const pointers = starts.map(start => f.int(start))
    const [operands, target] = [pointers.slice(0, -1), pointers.at(-1) as Local<'i32'>]
    const band = (count: number) => {
      const box = {
        lengths: [count, ...gone.lengths],
        strides: gone.strides.map((own, k) => [outer.strides[k]?.[last] as number, ...own]),
      }
      callBox(context, of, box, operands, block)
      emitRowReduction({ f }, reduction, { from: block, to: target, stack }, count, length)
      advance(context, of, operands, outer, last, count)
      f.increase(target, count * bytes)
    }
    f.for(f.local('i32'), 0, Math.floor(rows / most), 1, () => band(most))
    if (rows % most > 0) band(rows % most)
  })
}

/** Long rows: a leaf of the tree at a time. */
const emitAlong: Emit = (context, { of, reduction, walks: { outer, gone } }, from, to, { block, stack }) => {
  const { f } = context
  const bytes = elementBytes[reduction.dtype]
  const rest = gone.lengths.slice(1)
  nest(f, axesOf(of, outer, outer.lengths.length, 1, bytes), [...from, to], starts => {
    const operands = starts.slice(0, -1).map(start => f.int(start))
    const next = (elements: number) => {
      const steps = elements / sizeOf(rest)
      callBox(context, of, { lengths: [steps, ...rest], strides: gone.strides }, operands, block)
      advance(context, of, operands, gone, 0, steps)
      return f.int(block)
    }
    emitRow({ f }, reduction, next, { to: starts.at(-1) as Local<'i32'>, stack }, sizeOf(gone.lengths))
  })
}

/** Along an outer axis: a leaf of few columns at a time, or a group of rows of many. */
const emitAcross: Emit = (
  context,
  { of, reduction, walks: { outer, gone, inner } },
  from,
  to,
  { block, stack },
) => {
  const { f } = context
  const bytes = elementBytes[reduction.dtype]
  const [length, width] = [sizeOf(gone.lengths), sizeOf(inner.lengths)]
  nest(f, axesOf(of, outer, outer.lengths.length, width, bytes), [...from, to], starts => {
    const begins = starts.map(start => f.int(start))
    const target = begins.at(-1) as Local<'i32'>
    const across = (columns: number) => {
      const operands = begins.slice(0, -1).map(begin => f.int(begin))
      const [cursor, rowBytes] = [f.int(block), columns * bytes]
      const compute = (rows: number) => {
        const strides = gone.strides.map(([down], k) => [down as number, inner.strides[k]?.[0] as number])
        callBox(context, of, { lengths: [rows, columns], strides }, operands, block)
        advance(context, of, operands, gone, 0, rows)
      }
      const isWhole = rowsAtOnce(length, columns) === Math.min(length, LEAF_ROWS)
      const source: RowsSource = {
        beginLeaf(rows) {
          if (!isWhole) return
          compute(rows)
          f.set(cursor, block)
        },
        next(rows) {
          if (!isWhole) {
            compute(rows)
            return { at: block, rowBytes }
          }
          const at = f.int(cursor)
          f.increase(cursor, rows * rowBytes)
          return { at, rowBytes }
        },
      }
      emitColumns(f, reduction, source, { to: target, stack }, length, columns)
      advance(context, of, begins.slice(0, -1), inner, 0, columns)
      f.increase(target, columns * bytes)
    }
    f.for(f.local('i32'), 0, Math.floor(width / BLOCK_COLUMNS), 1, () => across(BLOCK_COLUMNS))
    if (width % BLOCK_COLUMNS > 0) across(width % BLOCK_COLUMNS)
  })
}
