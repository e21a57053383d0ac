import { type DType, elementBytes } from '../dtype.js'
import { type Kernel, type KernelContext, slotBytes } from '../kernel.js'
import { copy, fill } from '../map/index.js'
import { i32, type Local } from '../wasm/index.js'
import { columnStackBytes, emitColumnReduction } from './columns.js'
import { type ReduceKind, type Reduction, reductionOf } from './reduction.js'
import { emitRowReduction, rowStackBytes } from './rows.js'

/** A reduction along axes. */
export interface ReduceSpec {
  readonly kind: ReduceKind
  readonly dtype: DType
  /** Shape of the input. */
  readonly shape: readonly number[]
  /** The axes that go, in any order; none is a copy. */
  readonly axes: readonly number[]
}

/** One axis at a time: [outer, length, inner] → [outer, inner]. */
interface StageSizes {
  readonly outer: number
  readonly length: number
  readonly inner: number
}

/**
 * Combines all elements along axes; the output has the other axes, row by row. Sums and products are combined as
 * balanced trees in an order that depends on the shape alone. `max` and `min` give NaN if there is one; on bool
 * they are any and all. Of no elements the result is the neutral one: 0 and 1 for sum and product, −∞ and ∞ for max
 * and min of floats, the smallest and largest i32, false and true.
 *
 * @throws RangeError if an axis is not one of the shape's, or twice.
 * @throws TypeError for sums and products of bools.
 * @example
 * reduce({ kind: 'sum', dtype: 'f32', shape: [2, 3, 4], axes: [0, 2] }).key // → 'reduce:sum:f32:6x4x1,1x2x3'
 */
export function reduce({ kind, dtype, shape, axes }: ReduceSpec): Kernel {
  const reduction = reductionOf(kind, dtype)
  const valid = axes.every(axis => shape[axis] !== undefined) && new Set(axes).size === axes.length
  if (!valid) throw new RangeError(`reduce: expected different axes of [${shape}], got [${axes}]`)
  const kept = shape.filter((_, axis) => !axes.includes(axis))
  const size = kept.reduce((product, length) => product * length, 1)
  if (axes.some(axis => shape[axis] === 0)) {
    const neutral = fill({ dtype, size, value: reduction.identity })
    return { ...neutral, key: `reduce:nothing:${neutral.key}`, inputs: 1 }
  }
  const stages = size === 0 ? [] : stagesOf(shape, axes)
  if (stages.length === 0) return copy({ dtype, shape: [size], strides: [1], offset: 0 })

  const names = stages.map(({ outer, length, inner }) => `${outer}x${length}x${inner}`)
  const layout = layoutOf(reduction, stages)
  return {
    key: `reduce:${kind}:${dtype}:${names}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: layout.bytes,
    flops: shape.reduce((product, length) => product * length, 1),
    emit: context => emitStages(context, reduction, stages, layout.results),
  }
}

/** The axes from last to first, neighbours that go together as one; what is left shrinks as early as it can. */
function stagesOf(shape: readonly number[], axes: readonly number[]): StageSizes[] {
  const merged: { length: number; goes: boolean }[] = []
  shape.forEach((length, axis) => {
    const goes = axes.includes(axis)
    const last = merged.at(-1)
    if (length === 1) return
    if (last?.goes === goes) last.length *= length
    else merged.push({ length, goes })
  })
  const stages: StageSizes[] = []
  let inner = 1
  merged.forEach((_, fromEnd) => {
    const at = merged.length - 1 - fromEnd
    const { length, goes } = merged[at] as (typeof merged)[number]
    const outer = merged.slice(0, at).reduce((product, axis) => product * axis.length, 1)
    if (goes) stages.push({ outer, length, inner })
    else inner *= length
  })
  return stages
}

/** Scratch space: the largest stack, then the result of every stage but the last. */
function layoutOf(
  reduction: Reduction,
  stages: readonly StageSizes[],
): { bytes: number; results: readonly number[] } {
  const stacks = stages.map(stage =>
    stage.inner === 1 ? rowStackBytes(stage.length) : columnStackBytes(reduction, stage),
  )
  let bytes = Math.ceil(Math.max(...stacks) / 16) * 16
  const results = stages.slice(0, -1).map(({ outer, inner }) => {
    const start = bytes
    bytes += slotBytes(outer * inner * elementBytes[reduction.dtype])
    return start
  })
  return { bytes, results }
}

function emitStages(
  { f, inputs, outputs, scratch }: KernelContext,
  reduction: Reduction,
  stages: readonly StageSizes[],
  results: readonly number[],
): void {
  let from = inputs[0] as Local<'i32'>
  stages.forEach((stage, k) => {
    const result = results[k]
    const to = result === undefined ? (outputs[0] as Local<'i32'>) : f.int(i32.add(scratch, result))
    const addresses = { from, to, stack: scratch }
    if (stage.inner === 1) emitRowReduction({ f }, reduction, addresses, stage.outer, stage.length)
    else emitColumnReduction({ f }, reduction, addresses, stage)
    from = to
  })
}
