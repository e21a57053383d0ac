/** Blocks of a product in which a row of A or a column of B is raised; see `range.ts`. */
import type { FloatDType } from '../dtype.js'
import { type Expr, type Func, type I32, i32, type Local, type ModuleBuilder, select } from '../wasm/index.js'
import { BLOCK_STRIDE, BLOCK_VECTORS, defineBlockCopy, defineBlockTranspose } from './block.js'
import { lanesOf } from './lanes.js'
import { defineTransposingCopy } from './pack.js'
import { defineLowered, defineRaisedColumns, defineRaisedRows } from './range.js'
import { defineTile, MC, tileRows } from './tile.js'

type Int = Local<'i32'>

/** Bytes for the numbers of the rows, at the start of the scratch; those of the columns follow. */
export const ROW_BYTES = MC * 8

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple

/** Bytes of scratch of blocks of at most so many columns of C and terms. */
export function raisedBytes(dtype: FloatDType, columns: number, k: number): number {
  const { bytes, count } = lanesOf[dtype]
  return ROW_BYTES + roundUp(columns * bytes, 16) + roundUp(k, count) * BLOCK_STRIDE
}

const RAISED_PARAMS = [
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
] as const

/**
 * Defines raised(a, aStride, copies, copyStride, b, bStride, c, cStride, m, n, k, add, scratch, block, transposeB, transposeC, tinyB):
 * C (+)= A·op(B), or its transpose, by copies of A and B, with the numbers of `defineTinyRows` and `defineTinyColumns` for the rows and
 * columns of C at the start of the scratch; those of columns are ones unless tinyB. It is rare, so one function does for all products of
 * a dtype.
 */
export function defineRaisedBlock(module: ModuleBuilder, dtype: FloatDType, oneRow: boolean): Func {
  const { bytes, count } = lanesOf[dtype]
  const rows = oneRow ? 1 : tileRows(BLOCK_VECTORS, module.features.fma)
  const key = `gemm-raised:${dtype}:${oneRow ? 'row' : 'rows'}`
  return module.define(key, RAISED_PARAMS, [], (f, ...params) => {
    const [a, aStride, copies, copyStride, b, bStride, c, cStride, ...others] = params
    const [m, n, k, add, scratch, block, transposeB, transposeC, tinyB] = others
    const bytesOf = (length: Int) => i32.mul(length, bytes)
    const downColumns = f.int(i32.add(scratch, ROW_BYTES))
    const panel = f.int(i32.add(downColumns, i32.and(i32.add(bytesOf(n), 15), -16)))
    const rowBytes = i32.and(i32.add(bytesOf(k), 15), -16)
    f.call(defineRaisedRows(module, dtype), a, aStride, copies, copyStride, m, rowBytes, scratch)
    const [j, to, column, end, columns] = [
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
    ]
    f.for(j, 0, n, BLOCK_VECTORS * count, () => {
      f.set(columns, i32.sub(n, j))
      f.set(
        columns,
        select(columns, i32.const(BLOCK_VECTORS * count), i32.ltU(columns, BLOCK_VECTORS * count)),
      )
      // Vectors past the last repeat the first, so nothing outside of B is read.
      const offsets = Array.from({ length: BLOCK_VECTORS - 1 }, (_, v) =>
        i32.mul(i32.gtU(columns, (v + 1) * count), (v + 1) * 16),
      )
      const raise = (from: Expr<'i32'>, stride: I32) =>
        f.call(
          defineRaisedColumns(module, dtype),
          ...([from, stride, panel, k, i32.add(downColumns, bytesOf(j))] as const),
          ...offsets,
        )
      f.if(
        transposeB,
        () => {
          f.set(to, panel)
          f.set(end, i32.add(j, columns))
          f.for(column, j, end, count, () => {
            const from = i32.add(b, i32.mul(column, bStride))
            const copy = defineTransposingCopy(module, dtype)
            f.call(copy, from, bStride, i32.sub(n, column), to, i32.const(BLOCK_STRIDE), k)
            f.increase(to, 16)
          })
          const fills = i32.ltU(columns, BLOCK_VECTORS * count)
          f.if(i32.or(tinyB, fills), () => raise(panel, BLOCK_STRIDE))
        },
        () => raise(i32.add(b, bytesOf(j)), bStride),
      )
      const tile = defineTile(module, { dtype, b: 'panel', rows, vectors: BLOCK_VECTORS })
      const sums = [block, i32.const(BLOCK_STRIDE)] as const
      f.call(tile, copies, copyStride, panel, 0, ...sums, m, k, i32.const(count), 0)
      f.call(defineLowered(module, dtype), ...sums, m, columns, scratch, i32.add(downColumns, bytesOf(j)))
      f.if(
        transposeC,
        () =>
          f.call(
            defineBlockTranspose(module, dtype),
            block,
            i32.add(c, i32.mul(j, cStride)),
            cStride,
            m,
            columns,
            add,
          ),
        () => f.call(defineBlockCopy(module, dtype), block, i32.add(c, bytesOf(j)), cStride, m, columns, add),
      )
    })
  })
}
