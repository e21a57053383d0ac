/**
 * The loops around the micro-kernel: k0 → j0 → pack B → i0 → pack A → panel of B → tiles. Goto & van de Geijn 2008,
 * figure 4, with the block of B (KC × NC) and the block of A (MC × KC) together in the second-level cache.
 */
import type { FloatDType } from '../dtype.js'
import { type Func, i32, type Local, type ModuleBuilder, select } from '../wasm/index.js'
import { BLOCK_STRIDE, defineBlockTranspose } from './block.js'
import { lanesOf } from './lanes.js'
import { defineRowsCopy, ROW_GAP } from './pack.js'
import { eachPanel, packPanels, WIDE, type Width } from './panels.js'
import { defineRaisedBlock, ROW_BYTES } from './raised.js'
import { defineTinyColumns, defineTinyRows, emitUsual } from './range.js'
import { defineRowTimesTranspose } from './row-times-transpose.js'
import { defineTile, MC, tileRows } from './tile.js'

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
  /** Whether rows and columns of tiny numbers are raised; see `range.ts`. */
  readonly raises: boolean
  /** Widths of panels of B. */
  readonly widths: readonly Width[]
}

type Int = Local<'i32'>

const LOOP_PARAMS = [
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
  ...(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const),
] as const

const min = (a: Int, b: ReturnType<typeof i32.sub>) => select(a, b, i32.ltU(a, b))

/**
 * Defines gemm(a, aStride, b, bStride, c, cStride, m, n, k, nc, kc, add, packedA, packedB, raised, block):
 * C (+)= op(A)·op(B). Strides are bytes from row to row of the stored matrices.
 */
export function defineLoops(module: ModuleBuilder, form: LoopForm): Func {
  const { dtype, transposeA, transposeB, packB } = form
  const lanes = lanesOf[dtype]
  const letter = (flag: boolean) => (flag ? 't' : 'n')
  const flags = `${letter(transposeA)}${letter(transposeB)}${letter(form.transposeC)}`
  const key = `gemm:${dtype}:${flags}:${packB ? 'pack' : 'in-place'}:${form.oneRow ? 'row' : 'rows'}${form.raises ? ':raise' : ''}:${form.widths.map(({ vectors }) => vectors)}`
  const tileOf = (vectors: number) =>
    defineTile(module, {
      dtype,
      b: packB ? 'panel' : 'matrix',
      rows: form.oneRow ? 1 : tileRows(vectors, module.features.fma),
      vectors,
      ...(vectors === WIDE ? { full: true } : {}),
    })

  return module.define(key, LOOP_PARAMS, [], (f, ...params) => {
    const [a, aStride, b, bStride, c, cStride, m, n, k, nc, kc, add, packedA, packedB, ...working] = params
    const [raised, block] = working
    const [k0, j0, i0] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [kLength, nLength, mLength] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [adds, aBlock, aFrom, aFromStride] = [
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
      f.int(aStride),
    ]
    const [bBlock, cBlock, panelColumnBytes] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const copyStride = f.local('i32')
    const downColumns = i32.add(raised, ROW_BYTES)
    const [aTiny, bTiny] = [f.local('i32'), f.local('i32')]
    const bytes = (count: Int) => i32.mul(count, lanes.bytes)
    const entry = (stride: Int, row: Int, column: Int) => i32.add(i32.mul(row, stride), bytes(column))

    f.for(k0, 0, k, kc, () => {
      f.set(kLength, min(kc, i32.sub(k, k0)))
      f.set(adds, i32.or(add, i32.ne(k0, 0)))
      f.set(
        panelColumnBytes,
        i32.mul(i32.and(i32.add(kLength, 2 * lanes.count - 1), -lanes.count), lanes.bytes),
      )
      f.set(copyStride, i32.add(i32.and(i32.add(bytes(kLength), 15), -16), ROW_GAP))
      f.for(j0, 0, n, nc, () => {
        f.set(nLength, min(nc, i32.sub(n, j0)))
        f.set(bBlock, i32.add(b, transposeB ? entry(bStride, j0, k0) : entry(bStride, k0, j0)))
        if (form.raises) {
          const find = transposeB ? defineTinyRows(module, dtype) : defineTinyColumns(module, dtype)
          const [rows, columns] = transposeB ? [nLength, kLength] : [kLength, nLength]
          f.setAll([bTiny], find, [bBlock, bStride, rows, columns, downColumns])
        }
        const pack = { b: bBlock, stride: bStride, n: nLength, k: kLength, to: packedB }
        if (packB)
          f.if(i32.eqz(bTiny), () => packPanels(f, module, form, { ...pack, columnBytes: panelColumnBytes }))
        f.for(i0, 0, m, MC, () => {
          f.set(mLength, i32.sub(m, i0))
          f.set(mLength, min(mLength, i32.const(MC)))
          f.set(aBlock, i32.add(a, transposeA ? entry(aStride, k0, i0) : entry(aStride, i0, k0)))
          f.set(cBlock, i32.add(c, form.transposeC ? entry(cStride, j0, i0) : entry(cStride, i0, j0)))
          f.set(aFrom, aBlock)
          if (transposeA) {
            f.call(defineRowsCopy(module, dtype), aBlock, aStride, packedA, copyStride, mLength, kLength)
            f.set(aFrom, packedA)
            f.set(aFromStride, copyStride)
          }
          const usual = () => {
            if (form.oneRow && transposeB) {
              const row = defineRowTimesTranspose(module, dtype)
              f.call(row, aBlock, bBlock, bStride, cBlock, nLength, kLength, adds)
              return
            }
            eachPanel(f, form, nLength, (j, vectors, live) => {
              const panel = packB ? i32.add(packedB, i32.mul(j, panelColumnBytes)) : i32.add(bBlock, bytes(j))
              const from = [aFrom, aFromStride, panel, bStride] as const
              if (!form.transposeC) {
                const to = [i32.add(cBlock, bytes(j)), cStride] as const
                f.call(tileOf(vectors), ...from, ...to, mLength, kLength, live, adds)
                return
              }
              f.call(tileOf(vectors), ...from, block, BLOCK_STRIDE, mLength, kLength, live, 0)
              const to = [i32.add(cBlock, i32.mul(j, cStride)), cStride] as const
              const columns = i32.add(live, (vectors - 1) * lanes.count)
              f.call(defineBlockTranspose(module, dtype), block, ...to, mLength, columns, adds)
            })
          }
          if (!form.raises) {
            usual()
            return
          }
          f.setAll([aTiny], defineTinyRows(module, dtype), [aFrom, aFromStride, mLength, kLength, raised])
          f.if(
            i32.or(aTiny, bTiny),
            () => {
              f.if(i32.eqz(bTiny), () => emitUsual(f, dtype, nLength, downColumns))
              f.if(i32.eqz(aTiny), () => emitUsual(f, dtype, mLength, raised))
              f.call(
                defineRaisedBlock(module, dtype, form.oneRow),
                ...([aFrom, aFromStride, packedA, copyStride, bBlock, bStride, cBlock, cStride] as const),
                ...([mLength, nLength, kLength, adds, raised, block] as const),
                ...([transposeB ? 1 : 0, form.transposeC ? 1 : 0, bTiny] as const),
              )
            },
            usual,
          )
        })
      })
    })
  })
}
