import { type DType, elementBytes } from '../dtype.js'
import { type Expr, type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import type { Walk } from './broadcast.js'
import { copyElement } from './elements.js'
import { nest } from './nest.js'

type Pointer = Local<'i32'>
type Vector = Expr<'v128'>

/** Rows of the output that are written together, so that a cache line of the input is used while it is near. */
const BAND = 8

/** Columns that are done for all rows before the next ones: so many streams are read, each of them in order. */
const STREAMS = 64

/** Elements along a side of a block that is transposed in registers. */
const sideOf = (dtype: DType): number => 16 / elementBytes[dtype]

/**
 * The axis along which the input of a copy lies side by side, where blocks of it and of the last axis are worth
 * transposing in registers; undefined if there is none.
 */
export function transposedAxis(dtype: DType, { lengths, strides }: Walk): number | undefined {
  if (dtype === 'bool') return undefined
  const axis = strides[0]?.indexOf(1) ?? -1
  const side = sideOf(dtype)
  const worthwhile = axis >= 0 && (lengths[axis] ?? 0) >= side && (lengths.at(-1) ?? 0) >= side
  return worthwhile ? axis : undefined
}

/** A copy whose input is contiguous along {@link transposedAxis}: 4 × 4 or, of f64, 2 × 2 elements at a time. */
export function emitTransposed(
  f: FunctionBuilder,
  operands: readonly Pointer[],
  dtype: DType,
  walk: Walk,
): void {
  const axis = transposedAxis(dtype, walk) as number
  const last = walk.lengths.length - 1
  const [rows, columns] = [walk.lengths[axis] as number, walk.lengths[last] as number]
  const bytes = elementBytes[dtype]
  const side = sideOf(dtype)
  const steps: Steps = {
    column: [(walk.strides[0]?.[last] as number) * bytes, bytes],
    row: [bytes, (walk.strides[1]?.[axis] as number) * bytes],
  }
  const others = walk.lengths
    .map((length, k) => ({ length, steps: walk.strides.map(operand => (operand[k] as number) * bytes) }))
    .filter((_, k) => k !== axis && k !== last)

  nest(f, others, operands, corner => {
    /** Runs the body for each block of an area. */
    const tiles = (
      area: { rows: [number, number]; columns: [number, number] },
      [tall, wide]: readonly [number, number],
      body: (pointers: readonly Pointer[]) => void,
    ) => {
      const count = ([from, to]: [number, number], by: number) => Math.floor((to - from) / by)
      const axes = [
        { length: count(area.rows, tall), steps: steps.row.map(step => step * tall) },
        { length: count(area.columns, wide), steps: steps.column.map(step => step * wide) },
      ]
      const start = corner.map((pointer, k) =>
        f.int(
          i32.add(
            pointer,
            area.rows[0] * (steps.row[k] as number) + area.columns[0] * (steps.column[k] as number),
          ),
        ),
      )
      nest(f, axes, start, body)
    }
    const single = ([from, to]: readonly Pointer[]) =>
      f.do(copyElement(dtype, from as Pointer, to as Pointer))
    const banded = rows - (rows % BAND)
    const streamed = columns - (columns % STREAMS)
    const wholeRows = rows - (rows % side)
    const wholeColumns = columns - (columns % side)
    const band = (pointers: readonly Pointer[]) => {
      for (let row = 0; row < BAND; row += side) emitBlock(f, pointers, steps, side, row)
    }
    const within = { length: STREAMS / side, steps: steps.column.map(step => step * side) }
    const bands = { length: banded / BAND, steps: steps.row.map(step => step * BAND) }
    tiles({ rows: [0, 1], columns: [0, streamed] }, [1, STREAMS], pointers => {
      nest(f, [bands, within], pointers, band)
    })
    tiles({ rows: [0, banded], columns: [streamed, wholeColumns] }, [BAND, side], band)
    tiles({ rows: [banded, wholeRows], columns: [0, wholeColumns] }, [side, side], pointers => {
      emitBlock(f, pointers, steps, side, 0)
    })
    tiles({ rows: [0, wholeRows], columns: [wholeColumns, columns] }, [1, 1], single)
    tiles({ rows: [wholeRows, rows], columns: [0, columns] }, [1, 1], single)
  })
}

/** Bytes in the input and in the output from a column to the next and from a row to the next. */
interface Steps {
  readonly column: readonly number[]
  readonly row: readonly number[]
}

/** Columns of the input become rows of the output, as many as a vector has elements. */
function emitBlock(
  f: FunctionBuilder,
  pointers: readonly Pointer[],
  { column, row }: Steps,
  side: number,
  first: number,
): void {
  const [from, to] = pointers as [Pointer, Pointer]
  const vectors = Array.from({ length: side }, (_, k) =>
    f.local(v128.load(i32.add(from, first * (row[0] as number) + k * (column[0] as number)))),
  )
  transposed(f, vectors).forEach((vector, k) => {
    f.do(v128.store(i32.add(to, (first + k) * (row[1] as number)), vector))
  })
}

/** The columns of a square block whose rows are given. */
function transposed(f: FunctionBuilder, rows: readonly Local<'v128'>[]): readonly Vector[] {
  const bytes = 16 / rows.length
  const shuffle = (x: Vector, y: Vector, list: readonly number[]) =>
    v128.shuffle(
      x,
      y,
      list.flatMap(element => Array.from({ length: bytes }, (_, byte) => element * bytes + byte)),
    )
  const [a, b, c, d] = rows as readonly Vector[] as [Vector, Vector, Vector, Vector]
  if (rows.length === 2) return [shuffle(a, b, [0, 2]), shuffle(a, b, [1, 3])]
  const [low, high] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ] as const
  const [ab, cd] = [f.local(shuffle(a, b, low)), f.local(shuffle(c, d, low))]
  const [AB, CD] = [f.local(shuffle(a, b, high)), f.local(shuffle(c, d, high))]
  const [even, odd] = [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ] as const
  return [shuffle(ab, cd, even), shuffle(ab, cd, odd), shuffle(AB, CD, even), shuffle(AB, CD, odd)]
}
