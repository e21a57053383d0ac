import { type DType, elementBytes } from '../dtype.js'
import type { V } from '../math/index.js'
import { registerOf } from '../math/index.js'
import { type FunctionBuilder, type I32, i32, type Local } from '../wasm/index.js'
import type { Walk } from './broadcast.js'
import { loadLanes, splatLanes, storeLanes } from './lanes.js'
import { nest } from './nest.js'

/**
 * Vectors computed in a turn, interleaved, unless a computation says otherwise: chains of dependent instructions leave the
 * processor time for another. More would spill registers, and the processor overlaps turns by itself.
 */
export const INTERLEAVE = 4

/** Vectors of a turn. */
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
  /** How many vectors are computed in a turn, interleaved; at most {@link INTERLEAVE}, the default. */
  readonly interleaved?: number
}

/** Where an operand is read or written next: a pointer of its own, or one that stays and how far all have come; its value where that is the same along the row. */
type Cursor = Place | V
type Place = { readonly pointer: Local<'i32'>; readonly come?: Local<'i32'> }

/** Most pointers that move along a row, each by itself. More would not stay in registers. */
const MOST_POINTERS = 8

/**
 * Emits a computation row by row in whole vectors. What it stores past the end of a row is overwritten by the next
 * row, and past the last row falls into the slack of the output.
 */
export function emitRows(f: FunctionBuilder, operands: readonly Local<'i32'>[], rows: Rows): void {
  const { dtypes, walk, lanes, interleaved = INTERLEAVE } = rows
  if (walk.lengths.includes(0)) return
  const steps = walk.strides.map((strides, k) =>
    strides.map(stride => stride * elementBytes[dtypes[k] as DType]),
  )
  const last = walk.lengths.length - 1
  const axes = walk.lengths
    .slice(0, last)
    .map((length, axis) => ({ length, steps: steps.map(bytes => bytes[axis] as number) }))
  const vectors = Math.ceil((walk.lengths[last] as number) / lanes)
  const turns = Math.floor(vectors / interleaved)
  const isMoving = (k: number) => steps[k]?.[last] !== 0

  nest(f, axes, operands, starts => {
    const isTogether = starts.filter((_, k) => isMoving(k)).length > MOST_POINTERS
    const come = new Map<number, Local<'i32'>>()
    const cursors = starts.map((start, k): Cursor => {
      const dtype = dtypes[k] as DType
      if (!isMoving(k)) return { registers: [f.local(splatLanes(dtype, start))] }
      if (!isTogether) return { pointer: f.int(start) }
      const bytes = elementBytes[dtype]
      come.set(bytes, come.get(bytes) ?? f.int(0))
      return { pointer: start, come: come.get(bytes) as Local<'i32'> }
    })
    if (turns === 1) emitTurn(f, rows, cursors, interleaved)
    else f.for(f.local('i32'), 0, turns, 1, () => emitTurn(f, rows, cursors, interleaved))
    if (vectors % interleaved > 0) emitTurn(f, rows, cursors, vectors % interleaved)
  })
}

/** Computes the next vectors, interleaved, and moves the cursors past them. */
function emitTurn(f: FunctionBuilder, rows: Rows, cursors: readonly Cursor[], vectors: number): void {
  const { dtypes, lanes, body, outputs = 1 } = rows
  const bytesOf = (k: number) => lanes * elementBytes[dtypes[k] as DType]
  const addressOf = ({ pointer, come }: Place): I32 => (come ? i32.add(pointer, come) : pointer)
  const out = cursors.length - outputs
  const fetched: V[] = []
  const fetch = (k: number): V => {
    const cursor = cursors[k] as Cursor
    if ('registers' in cursor) return cursor
    const load = (_: unknown, vector: number) =>
      f.local(loadLanes(dtypes[k] as DType, lanes, addressOf(cursor), vector * bytesOf(k)))
    return { registers: Array.from({ length: vectors }, load) }
  }
  body({
    count: cursors.slice(0, out).every(cursor => 'registers' in cursor) ? 1 : vectors,
    input(k) {
      fetched[k] ??= fetch(k)
      return fetched[k]
    },
    store(output, value) {
      const k = out + output
      for (let vector = 0; vector < vectors; vector++) {
        const target = addressOf(cursors[k] as Place)
        f.do(storeLanes(dtypes[k] as DType, lanes, target, registerOf(value, vector), vector * bytesOf(k)))
      }
    },
  })
  const moved = new Set<Local<'i32'>>()
  cursors.forEach((cursor, k) => {
    if ('registers' in cursor) return
    const local = cursor.come ?? cursor.pointer
    if (!moved.has(local)) f.increase(local, vectors * bytesOf(k))
    moved.add(local)
  })
}
