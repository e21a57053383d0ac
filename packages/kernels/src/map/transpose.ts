import { type DType, elementBytes } from '../dtype.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import type { Walk } from './broadcast.js'
import { copyElement } from './elements.js'
import { nest } from './nest.js'

/** Elements along a side of a block that is transposed in registers. */
const SIDE = 4
const BYTES = 4

/**
 * The axis along which the input of a copy lies side by side, where blocks of it and of the last axis are worth
 * transposing in registers; undefined if there is none.
 */
export function transposedAxis(dtype: DType, { lengths, strides }: Walk): number | undefined {
  if (elementBytes[dtype] !== BYTES) return undefined
  const axis = strides[0]?.indexOf(1) ?? -1
  const worthwhile = axis >= 0 && (lengths[axis] ?? 0) >= SIDE && (lengths.at(-1) ?? 0) >= SIDE
  return worthwhile ? axis : undefined
}

/** Byte numbers of a shuffle of elements. */
const elements = (...list: readonly number[]) =>
  list.flatMap(element => [0, 1, 2, 3].map(byte => BYTES * element + byte))

/** A copy of 4-byte elements whose input is contiguous along {@link transposedAxis}: 4 × 4 at a time. */
export function emitTransposed(f: FunctionBuilder, operands: readonly Local<'i32'>[], walk: Walk): void {
  const axis = transposedAxis('i32', walk) as number
  const last = walk.lengths.length - 1
  const [rows, columns] = [walk.lengths[axis] as number, walk.lengths[last] as number]
  // Bytes from a column to the next in the input, and from a row to the next in the output.
  const columnStep = (walk.strides[0]?.[last] as number) * BYTES
  const rowStep = (walk.strides[1]?.[axis] as number) * BYTES
  const others = walk.lengths
    .map((length, k) => ({ length, steps: walk.strides.map(operand => (operand[k] as number) * BYTES) }))
    .filter((_, k) => k !== axis && k !== last)

  const along = (from: number, to: number, by: number, steps: readonly number[]) => ({
    length: Math.floor((to - from) / by),
    steps: steps.map(step => step * by),
  })
  const rowAxis = (from: number, to: number, by: number) => along(from, to, by, [BYTES, rowStep])
  const columnAxis = (from: number, to: number, by: number) => along(from, to, by, [columnStep, BYTES])
  const wholeRows = rows - (rows % SIDE)
  const wholeColumns = columns - (columns % SIDE)
  const shifted = (pointers: readonly Local<'i32'>[], steps: readonly number[]) =>
    pointers.map((pointer, k) => f.int(i32.add(pointer, steps[k] as number)))

  nest(f, others, operands, corner => {
    nest(f, [rowAxis(0, wholeRows, SIDE), columnAxis(0, wholeColumns, SIDE)], corner, ([from, to]) => {
      emitBlock(f, from as Local<'i32'>, to as Local<'i32'>, columnStep, rowStep)
    })
    const single = ([from, to]: readonly Local<'i32'>[]) => {
      f.do(copyElement('i32', from as Local<'i32'>, to as Local<'i32'>))
    }
    const right = shifted(corner, [wholeColumns * columnStep, wholeColumns * BYTES])
    nest(f, [rowAxis(0, wholeRows, 1), columnAxis(wholeColumns, columns, 1)], right, single)
    const below = shifted(corner, [wholeRows * BYTES, wholeRows * rowStep])
    nest(f, [rowAxis(wholeRows, rows, 1), columnAxis(0, columns, 1)], below, single)
  })
}

/** Four columns of the input become four rows of the output. */
function emitBlock(
  f: FunctionBuilder,
  from: Local<'i32'>,
  to: Local<'i32'>,
  columnStep: number,
  rowStep: number,
): void {
  const at = (base: Local<'i32'>, bytes: number) => i32.add(base, bytes)
  const [a, b, c, d] = [0, 1, 2, 3].map(k => f.local(v128.load(at(from, k * columnStep)))) as [
    Local<'v128'>,
    Local<'v128'>,
    Local<'v128'>,
    Local<'v128'>,
  ]
  const pair = (x: Local<'v128'>, y: Local<'v128'>, list: number[]) =>
    f.local(v128.shuffle(x, y, elements(...list)))
  const [ab, cd] = [pair(a, b, [0, 4, 1, 5]), pair(c, d, [0, 4, 1, 5])]
  const [AB, CD] = [pair(a, b, [2, 6, 3, 7]), pair(c, d, [2, 6, 3, 7])]
  const rows = [
    pair(ab, cd, [0, 1, 4, 5]),
    pair(ab, cd, [2, 3, 6, 7]),
    pair(AB, CD, [0, 1, 4, 5]),
    pair(AB, CD, [2, 3, 6, 7]),
  ]
  rows.forEach((row, k) => {
    f.do(v128.store(at(to, k * rowStep), row))
  })
}
