import { type DType, elementBytes } from '../dtype.js'
import type { V } from '../math/index.js'
import { registerOf } from '../math/index.js'
import type { FunctionBuilder, Local } from '../wasm/index.js'
import type { Walk } from './broadcast.js'
import { loadLanes, splatLanes, storeLanes } from './lanes.js'
import { nest } from './nest.js'

/**
 * Vectors computed in a turn, interleaved unless a computation says otherwise: chains of dependent instructions leave the
 * processor time for another. More would spill registers, and the processor overlaps iterations by itself.
 */
export const INTERLEAVE = 4

/** Vectors that are computed interleaved. */
export interface Vectors {
  /** How many there are; 1 where all inputs are the same along the row. */
  readonly count: number
  /** An input, fetched where it is asked for first. */
  input(k: number): V
  /** Stores an output, which frees its registers. */
  store(output: number, value: V): void
}

/** An elementwise computation over rows. */
export interface Rows {
  readonly lanes: number
  /** Dtypes of the inputs, then of the outputs. */
  readonly dtypes: readonly DType[]
  /** Strides in the same order; along the last axis 1 or 0, of outputs 1. */
  readonly walk: Walk
  /** Computes the outputs of some vectors. */
  readonly body: (vectors: Vectors) => void
  /** Default 1. */
  readonly outputs?: number
  /** How many of the vectors of a turn are computed interleaved. Default all. */
  readonly interleaved?: number
}

/** Where an operand is read or written next, or its value where that is the same along the row. */
type Cursor = Local<'i32'> | V

/**
 * Emits a computation row by row in whole vectors. What it stores past the end of a row is overwritten by the next
 * row, and past the last row falls into the slack of the output.
 */
export function emitRows(f: FunctionBuilder, operands: readonly Local<'i32'>[], rows: Rows): void {
  const { dtypes, walk, lanes } = rows
  if (walk.lengths.includes(0)) return
  const steps = walk.strides.map((strides, k) =>
    strides.map(stride => stride * elementBytes[dtypes[k] as DType]),
  )
  const last = walk.lengths.length - 1
  const axes = walk.lengths
    .slice(0, last)
    .map((length, axis) => ({ length, steps: steps.map(bytes => bytes[axis] as number) }))
  const vectors = Math.ceil((walk.lengths[last] as number) / lanes)
  const blocks = Math.floor(vectors / INTERLEAVE)

  nest(f, axes, operands, starts => {
    const cursors = starts.map(
      (start, k): Cursor =>
        steps[k]?.[last] === 0
          ? { registers: [f.local(splatLanes(dtypes[k] as DType, start))] }
          : f.int(start),
    )
    if (blocks === 1) emitBlock(f, rows, cursors, INTERLEAVE)
    else f.for(f.local('i32'), 0, blocks, 1, () => emitBlock(f, rows, cursors, INTERLEAVE))
    if (vectors % INTERLEAVE > 0) emitBlock(f, rows, cursors, vectors % INTERLEAVE)
  })
}

/** Computes the next `count` vectors and moves the cursors past them. */
function emitBlock(f: FunctionBuilder, rows: Rows, cursors: readonly Cursor[], count: number): void {
  const { dtypes, lanes, interleaved = count } = rows
  for (let first = 0; first < count; first += interleaved) {
    emitVectors(f, rows, cursors, { first, count: Math.min(interleaved, count - first) })
  }
  cursors.forEach((cursor, k) => {
    if (!('registers' in cursor)) f.increase(cursor, count * lanes * elementBytes[dtypes[k] as DType])
  })
}

/** Computes vectors behind the cursors, interleaved. */
function emitVectors(
  f: FunctionBuilder,
  { dtypes, lanes, body, outputs = 1 }: Rows,
  cursors: readonly Cursor[],
  { first, count }: { readonly first: number; readonly count: number },
): void {
  const offsetOf = (k: number, vector: number) => (first + vector) * lanes * elementBytes[dtypes[k] as DType]
  const out = cursors.length - outputs
  const fetched: V[] = []
  const fetch = (k: number): V => {
    const cursor = cursors[k] as Cursor
    if ('registers' in cursor) return cursor
    const load = (_: unknown, vector: number) =>
      f.local(loadLanes(dtypes[k] as DType, lanes, cursor, offsetOf(k, vector)))
    return { registers: Array.from({ length: count }, load) }
  }
  body({
    count: cursors.slice(0, out).every(cursor => 'registers' in cursor) ? 1 : count,
    input(k) {
      fetched[k] ??= fetch(k)
      return fetched[k]
    },
    store(output, value) {
      const [target, dtype] = [cursors[out + output] as Local<'i32'>, dtypes[out + output] as DType]
      for (let vector = 0; vector < count; vector++) {
        f.do(storeLanes(dtype, lanes, target, registerOf(value, vector), offsetOf(out + output, vector)))
      }
    },
  })
}
