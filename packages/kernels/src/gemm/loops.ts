/**
 * The loops around the micro-kernel: k0 → j0 → pack B → i0 → pack A → panel of B → tiles. Goto & van de Geijn 2008,
 * figure 4, with the block of B (KC × NC) and the block of A (MC × KC) together in the second-level cache.
 */
import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type Func,
  type FunctionBuilder,
  type I32,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { definePanelCopy, defineStripCopy, defineTransposingCopy, STRIP_GAP } from './pack.js'
import { defineIsTiny, defineRaise } from './range.js'
import { defineRowTimesTranspose } from './row-times-transpose.js'
import { defineTile, STRIP, type TileForm, tileRows } from './tile.js'

/** What the code of the loops depends on; sizes are parameters. */
export interface LoopForm {
  readonly dtype: FloatDType
  readonly transposeA: boolean
  readonly transposeB: boolean
  /** Whether B is packed or read in place; a transposed one is packed unless there is but one row. */
  readonly packB: boolean
  readonly transposeC: boolean
  /** One row of C, or any number. */
  readonly oneRow: boolean
  /** Whether blocks of tiny numbers are raised; see `range.ts`. */
  readonly raises: boolean
  /** Whether panels of {@link WIDE} vectors come first; see `wide.ts`. */
  readonly wide: boolean
}

/** Vectors of a wide panel; all lanes of it are in use. */
const WIDE = 6

/** Rows of A in a block: a multiple of every tile's rows and of a strip. */
export const MC = 24

/** Rows of a block of A that is not packed that are raised at a time: what every tile's rows divide. */
export const RAISED_ROWS = 6

type Int = Local<'i32'>

const LOOP_PARAMS = [
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
] as const

const min = (a: Int, b: ReturnType<typeof i32.sub>) => select(a, b, i32.ltU(a, b))

/**
 * Defines gemm(a, aStride, b, bStride, c, cStride, m, n, k, nc, kc, add, packedA, packedB, raised): C (+)= op(A)·op(B).
 * Strides are bytes from row to row of the stored matrices.
 */
export function defineLoops(module: ModuleBuilder, form: LoopForm): Func {
  const { dtype, transposeA, transposeB, packB } = form
  const lanes = lanesOf[dtype]
  const letter = (flag: boolean) => (flag ? 't' : 'n')
  const flags = `${letter(transposeA)}${letter(transposeB)}${letter(form.transposeC)}`
  const key = `gemm:${dtype}:${flags}:${packB ? 'pack' : 'in-place'}:${form.oneRow ? 'row' : 'rows'}${form.raises ? ':raise' : ''}${form.wide ? ':wide' : ''}`
  const tileOf = (rows: number, vectors: number) =>
    defineTile(module, {
      dtype,
      a: transposeA ? 'strips' : 'rows',
      b: packB ? 'panel' : 'matrix',
      c: form.transposeC ? 'columns' : 'rows',
      rows,
      vectors,
      ...(vectors === WIDE ? { full: true } : {}),
    } satisfies TileForm)

  return module.define(key, LOOP_PARAMS, [], (f, ...params) => {
    const [a, aStride, b, bStride, c, cStride, m, n, k, nc, kc, add, packedA, packedB, raised] = params
    const [k0, j0, i0] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [kLength, nLength, mLength] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [adds, aBlock, aBlockStride] = [f.local('i32'), f.local('i32'), f.int(aStride)]
    const [bBlock, cBlock, panelColumnBytes] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [bBlockStride, i1, rows, lower] = [f.int(bStride), f.local('i32'), f.local('i32'), f.local('i32')]
    const [aTiny, bTiny, rowBytes] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const isTiny = (into: Int, ...block: [Int, Int, Int, Int]) =>
      f.setAll([into], defineIsTiny(module, dtype), block)
    const raise = (...args: [Int, I32, Int, I32, I32, I32]) => f.call(defineRaise(module, dtype), ...args)
    const whole = (size: Expr<'i32'>) => i32.and(i32.add(size, 15), -16)
    const bytes = (count: Int) => i32.mul(count, lanes.bytes)
    const entry = (stride: Int, row: Int, column: Int) => i32.add(i32.mul(row, stride), bytes(column))

    f.for(k0, 0, k, kc, () => {
      f.set(kLength, min(kc, i32.sub(k, k0)))
      f.set(adds, i32.or(add, i32.ne(k0, 0)))
      f.set(
        panelColumnBytes,
        i32.mul(i32.and(i32.add(kLength, 2 * lanes.count - 1), -lanes.count), lanes.bytes),
      )
      f.for(j0, 0, n, nc, () => {
        f.set(nLength, min(nc, i32.sub(n, j0)))
        f.set(bBlock, i32.add(b, transposeB ? entry(bStride, j0, k0) : entry(bStride, k0, j0)))
        if (form.oneRow && transposeB) {
          const at = i32.add(c, bytes(j0))
          const row = defineRowTimesTranspose(module, dtype)
          f.call(row, i32.add(a, bytes(k0)), bBlock, bStride, at, nLength, kLength, adds)
          return
        }
        if (packB) {
          emitPackB(f, module, form, { bBlock, bStride, nLength, kLength, packedB, panelColumnBytes })
        }
        if (form.raises) {
          if (transposeB) isTiny(bTiny, bBlock, bStride, nLength, kLength)
          else isTiny(bTiny, bBlock, bStride, kLength, nLength)
          f.set(bBlockStride, bStride)
          f.if(bTiny, () => {
            if (packB) {
              f.set(
                rowBytes,
                i32.mul(i32.and(i32.add(nLength, lanes.count - 1), -lanes.count), panelColumnBytes),
              )
              raise(packedB, 0, packedB, 0, 1, rowBytes)
              return
            }
            f.set(rowBytes, whole(bytes(nLength)))
            raise(bBlock, bStride, packedB, rowBytes, kLength, rowBytes)
            f.set(bBlock, packedB)
            f.set(bBlockStride, rowBytes)
          })
        }
        f.for(i0, 0, m, MC, () => {
          f.set(mLength, i32.sub(m, i0))
          f.set(mLength, min(mLength, i32.const(MC)))
          f.set(rows, mLength)
          f.set(aTiny, i32.const(0))
          f.set(aBlock, i32.add(a, transposeA ? entry(aStride, k0, i0) : entry(aStride, i0, k0)))
          if (form.raises) {
            if (transposeA) isTiny(aTiny, aBlock, aStride, kLength, mLength)
            else isTiny(aTiny, aBlock, aStride, mLength, kLength)
            if (!transposeA) f.set(rows, select(i32.const(RAISED_ROWS), rows, aTiny))
          }
          if (transposeA) {
            f.call(defineStripCopy(module, dtype), aBlock, aStride, packedA, mLength, kLength)
            f.set(aBlockStride, i32.add(i32.mul(kLength, STRIP * lanes.bytes), STRIP_GAP))
            if (form.raises)
              f.if(aTiny, () => {
                const strips = i32.divU(i32.add(mLength, STRIP - 1), STRIP)
                raise(packedA, 0, packedA, 0, 1, whole(i32.mul(strips, aBlockStride)))
              })
          }
          f.set(lower, i32.add(aTiny, bTiny))
          f.for(i1, 0, mLength, rows, () => {
            f.set(rows, select(rows, i32.sub(mLength, i1), i32.leU(i32.add(i1, rows), mLength)))
            if (transposeA) f.set(aBlock, packedA)
            else if (form.raises) {
              f.set(aBlock, i32.add(a, i32.add(entry(aStride, i0, k0), i32.mul(i1, aStride))))
              f.set(aBlockStride, aStride)
              f.if(aTiny, () => {
                f.set(rowBytes, whole(bytes(kLength)))
                raise(aBlock, aStride, raised, rowBytes, rows, rowBytes)
                f.set(aBlock, raised)
                f.set(aBlockStride, rowBytes)
              })
            }
            f.set(cBlock, i32.add(c, form.transposeC ? entry(cStride, j0, i0) : entry(cStride, i0, j0)))
            f.increase(cBlock, form.transposeC ? bytes(i1) : i32.mul(i1, cStride))
            eachPanel(f, form, nLength, (j, vectors, live) => {
              f.call(
                tileOf(form.oneRow ? 1 : tileRows(vectors, module.features.fma), vectors),
                aBlock,
                aBlockStride,
                packB ? i32.add(packedB, i32.mul(j, panelColumnBytes)) : i32.add(bBlock, bytes(j)),
                bBlockStride,
                i32.add(cBlock, form.transposeC ? i32.mul(j, cStride) : bytes(j)),
                cStride,
                rows,
                kLength,
                live,
                adds,
                lower,
              )
            })
          })
        })
      })
    })
  })
}

/**
 * Runs the body for each panel of n columns: first column, width in vectors, live lanes in the last vector. Panels are
 * 3 vectors wide, or twice that, and at the end 2, or 1 if there is but one; a single row of C allows 8.
 */
function eachPanel(
  f: FunctionBuilder,
  form: LoopForm,
  n: Int,
  panel: (j: Int, vectors: number, live: Int) => void,
): void {
  const { count } = lanesOf[form.dtype]
  const [j, left, live] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const body = (vectors: number) => () => {
    f.set(live, i32.sub(i32.sub(n, j), (vectors - 1) * count))
    f.set(live, min(live, i32.const(count)))
    // A panel that is not the last has more columns left than it is wide: all lanes are live.
    panel(j, vectors, live)
    f.increase(j, vectors * count)
  }
  f.set(j, i32.const(0))
  f.while(i32.ltU(j, n), () => {
    f.set(left, i32.divU(i32.add(i32.sub(n, j), count - 1), count))
    const small = () => f.if(i32.eq(left, 1), body(1), body(2))
    if (form.oneRow) f.if(i32.geU(left, 8), body(8), () => f.if(i32.geU(left, 3), body(3), small))
    else {
      const narrow = () => f.if(i32.or(i32.ltU(left, 3), i32.eq(left, 4)), small, body(3))
      if (form.wide) f.if(i32.leU(i32.add(j, WIDE * count), n), body(WIDE), narrow)
      else narrow()
    }
  })
}

interface PackB {
  readonly bBlock: Int
  readonly bStride: Int
  readonly nLength: Int
  readonly kLength: Int
  readonly packedB: Int
  /** Bytes that one column of a packed panel takes: k rounded up to whole vectors, and one vector more. */
  readonly panelColumnBytes: Int
}

/** Rows of B that are copied at a time to all panels, so that their lines and pages stay at hand. */
const PACK_STEP = 16

function emitPackB(f: FunctionBuilder, module: ModuleBuilder, form: LoopForm, block: PackB): void {
  const { bBlock, bStride, nLength, kLength, packedB, panelColumnBytes } = block
  const { count, bytes } = lanesOf[form.dtype]
  const panelAt = (j: Int) => i32.add(packedB, i32.mul(j, panelColumnBytes))
  if (form.transposeB) {
    const copy = defineTransposingCopy(module, form.dtype)
    eachPanel(f, form, nLength, (j, vectors, live) => {
      const to = f.int(panelAt(j))
      const from = f.int(i32.add(bBlock, i32.mul(j, bStride)))
      for (let v = 0; v < vectors; v++) {
        const rows = v < vectors - 1 ? i32.const(count) : live
        f.call(copy, from, bStride, rows, i32.add(to, v * 16), i32.const(vectors * 16), kLength)
        f.increase(from, i32.mul(bStride, count))
      }
    })
    return
  }
  const [p0, rows] = [f.local('i32'), f.local('i32')]
  f.for(p0, 0, kLength, PACK_STEP, () => {
    f.set(rows, i32.sub(kLength, p0))
    f.set(rows, min(rows, i32.const(PACK_STEP)))
    eachPanel(f, form, nLength, (j, vectors) => {
      const from = i32.add(bBlock, i32.add(i32.mul(p0, bStride), i32.mul(j, bytes)))
      const to = i32.add(panelAt(j), i32.mul(p0, vectors * 16))
      f.call(definePanelCopy(module, form.dtype, vectors), from, bStride, to, rows)
    })
  })
}
