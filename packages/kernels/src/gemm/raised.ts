/** Blocks of a product of which a row of A or a column of B is raised; see `range.ts`. */
import type { FloatDType } from '../dtype.js'
import { type Expr, type Func, i32, type Local, type ModuleBuilder } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { definePanelCopy, defineTransposingCopy } from './pack.js'
import { eachPanelOf, type PanelBody, transposePanel } from './panels.js'
import { defineRaisedPanel, defineRaisedRows } from './range.js'
import { defineTile, MC } from './tile.js'

type Int = Local<'i32'>

/** What the code of a raised block depends on. */
export interface RaisedForm {
  readonly dtype: FloatDType
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly transposeC: boolean
  readonly oneRow: boolean
}

/** Bytes for the numbers of the rows, at the start of the scratch; those of the columns follow. */
export const ROW_BYTES = MC * 8

/** Rows and vectors of a tile; what is left of the columns is done a vector at a time, so that there is little code for what is rare. */
const [ROWS, VECTORS] = [3, 3]

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple

/** Bytes of scratch of blocks of at most so many rows and columns of C and terms. */
export function raisedBytes(dtype: FloatDType, rows: number, columns: number, k: number): number {
  const { bytes, count } = lanesOf[dtype]
  const copies = roundUp(rows, count) * roundUp(k * bytes, 16)
  const panel = roundUp(k, count) * Math.min(VECTORS, Math.ceil(columns / count)) * 16
  return ROW_BYTES + roundUp(columns * bytes, 16) + copies + panel
}

/**
 * Defines raised(a, aStride, b, bStride, c, cStride, m, n, k, add, scratch): C (+)= op(A)·op(B) by copies of A and B, with the numbers
 * of `defineTinyRows` and `defineTinyColumns` for the rows and columns of C at the start of the scratch.
 */
export function defineRaisedBlock(module: ModuleBuilder, form: RaisedForm): Func {
  const { dtype, transposeA, transposeB, transposeC, oneRow } = form
  const { bytes, count } = lanesOf[dtype]
  const letters = [transposeA, transposeB, transposeC].map(flag => (flag ? 't' : 'n')).join('')
  const key = `gemm-raised:${dtype}:${letters}:${oneRow ? 'row' : 'rows'}`
  const params = [
    ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
    ...(['i32', 'i32', 'i32', 'i32', 'i32'] as const),
  ] as const
  const whole = (size: Expr<'i32'>, multiple: number) => i32.and(i32.add(size, multiple - 1), -multiple)
  return module.define(key, params, [], (f, a, aStride, b, bStride, c, cStride, m, n, k, add, scratch) => {
    const bytesOf = (length: Int) => i32.mul(length, bytes)
    const downColumns = f.int(i32.add(scratch, ROW_BYTES))
    const copies = f.int(i32.add(downColumns, whole(bytesOf(n), 16)))
    const rowBytes = f.int(whole(bytesOf(k), 16))
    const panel = f.int(i32.add(copies, i32.mul(whole(m, count), rowBytes)))
    const raise = defineRaisedRows(module, dtype)
    if (transposeA) {
      const p = f.local('i32')
      const copy = defineTransposingCopy(module, dtype)
      f.for(p, 0, k, count, () => {
        const [from, to] = [i32.add(a, i32.mul(p, aStride)), i32.add(copies, bytesOf(p))]
        f.call(copy, from, aStride, i32.sub(k, p), to, rowBytes, m)
      })
      f.call(raise, copies, rowBytes, copies, rowBytes, m, rowBytes, scratch)
    } else f.call(raise, a, aStride, copies, rowBytes, m, rowBytes, scratch)
    const downs = f.local('i32')
    const panelAt: PanelBody = (j, vectors, live) => {
      if (transposeB) {
        const from = i32.add(b, i32.mul(j, bStride))
        transposePanel(f, module, dtype, { from, stride: bStride, vectors, live, to: panel, k })
      } else f.call(definePanelCopy(module, dtype, vectors), i32.add(b, bytesOf(j)), bStride, panel, k)
      f.set(downs, i32.add(downColumns, bytesOf(j)))
      f.call(defineRaisedPanel(module, dtype, vectors), panel, k, downs)
      const tile = defineTile(module, {
        ...{ dtype, a: 'rows', b: 'panel', c: transposeC ? 'columns' : 'rows', raised: true },
        rows: oneRow ? 1 : ROWS,
        vectors,
      })
      const at = i32.add(c, transposeC ? i32.mul(j, cStride) : bytesOf(j))
      const operands = [copies, rowBytes, panel, i32.const(0), at, cStride] as const
      f.call(tile, ...operands, m, k, live, add, scratch, downs)
    }
    eachPanelOf(f, dtype, n, panelAt, (j, body) => {
      f.if(i32.gtU(i32.sub(n, j), (VECTORS - 1) * count), body(VECTORS), body(1))
    })
  })
}
