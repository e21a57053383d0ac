/** Panels of B: columns side by side that one column of tiles computes, and their copies in the order in which tiles read them. */
import type { FloatDType } from '../dtype.js'
import { type FunctionBuilder, type I32, i32, type Local, type ModuleBuilder, select } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { definePanelCopy, defineTransposingCopy } from './pack.js'

type Int = Local<'i32'>

/** Vectors of a wide panel; all lanes of it are in use. */
export const WIDE = 6

/** A width of panels in vectors, and for how many vectors that are left it is chosen. */
export interface Width {
  readonly vectors: number
  readonly not?: number
  /** Whether lanes of all vectors must be in use. */
  readonly full?: boolean
}

/**
 * Widths of panels, of which the first is chosen for which enough is left: 3 vectors, or twice that, and at the end 2, or 1 if there is
 * but one; a single row of C allows 8.
 *
 * @param wide whether panels of {@link WIDE} vectors come first; see `wide.ts`.
 * @param columns columns of blocks of C; widths that none of them has are left out. Default: any number of them.
 */
export function widthsOf(
  { dtype, oneRow, wide }: { readonly dtype: FloatDType; readonly oneRow: boolean; readonly wide: boolean },
  columns?: readonly number[],
): readonly Width[] {
  const { count } = lanesOf[dtype]
  const small = [{ vectors: 2 }, { vectors: 1 }]
  const all: readonly Width[] = oneRow
    ? [{ vectors: 8 }, { vectors: 3 }, ...small]
    : [...(wide ? [{ vectors: WIDE, full: true }] : []), { vectors: 3, not: 4 }, ...small]
  if (!columns) return all
  const used = new Set<Width>()
  for (const n of columns) {
    for (let left = n; left > 0; ) {
      const chosen = all.find(({ vectors, not, full }) => {
        const whole = full ? Math.floor(left / count) : Math.ceil(left / count)
        return whole >= vectors && whole !== not
      }) as Width
      used.add(chosen)
      left -= chosen.vectors * count
    }
  }
  return all.filter(width => used.has(width))
}

/** What is done for a panel: its first column, its width in vectors, and live lanes in the last vector. */
export type PanelBody = (j: Int, vectors: number, live: Int) => void

/** What the code of panels depends on: the widths that occur. */
export interface PanelForm {
  readonly dtype: FloatDType
  readonly widths: readonly Width[]
}

/** Runs the body for each panel of n columns, as wide as {@link widthsOf} says. */
export function eachPanel(f: FunctionBuilder, { dtype, widths }: PanelForm, n: Int, panel: PanelBody): void {
  const { count } = lanesOf[dtype]
  const [j, live, whole, left] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
  const body = ({ vectors }: Width) => {
    f.set(live, i32.sub(i32.sub(n, j), (vectors - 1) * count))
    f.set(live, select(live, i32.const(count), i32.ltU(live, count)))
    // A panel that is not the last has more columns left than it is wide: all lanes are live.
    panel(j, vectors, live)
    f.increase(j, vectors * count)
  }
  const choose = ([first, ...others]: readonly Width[]) => {
    if (!first) return
    const { vectors, not, full } = first
    const isEnough = i32.geU(full ? whole : left, vectors)
    if (others.length === 0) body(first)
    else
      f.if(
        not === undefined ? isEnough : i32.and(isEnough, i32.ne(left, not)),
        () => body(first),
        () => choose(others),
      )
  }
  f.set(j, i32.const(0))
  f.while(i32.ltU(j, n), () => {
    if (widths.length > 1) {
      f.set(whole, i32.divU(i32.sub(n, j), count))
      f.set(left, i32.divU(i32.add(i32.sub(n, j), count - 1), count))
    }
    choose(widths)
  })
}

/** A panel of a B that is stored [n, k], with the first row of it at `from`. */
interface TransposedPanel {
  readonly from: I32
  readonly stride: Int
  readonly vectors: number
  /** Live lanes of the last vector. */
  readonly live: Int
  readonly to: Int
  readonly k: Int
}

/** Copies a panel of a B that is stored [n, k]. Writes a multiple of a vector's lanes of k. */
function transposePanel(
  f: FunctionBuilder,
  module: ModuleBuilder,
  dtype: FloatDType,
  panel: TransposedPanel,
): void {
  const { stride, vectors, live, to, k } = panel
  const { count } = lanesOf[dtype]
  const from = f.int(panel.from)
  for (let v = 0; v < vectors; v++) {
    const rows = v < vectors - 1 ? i32.const(count) : live
    const copy = defineTransposingCopy(module, dtype)
    f.call(copy, from, stride, rows, i32.add(to, v * 16), i32.const(vectors * 16), k)
    if (v < vectors - 1) f.increase(from, i32.mul(stride, count))
  }
}

interface Block {
  readonly b: Int
  readonly stride: Int
  readonly n: Int
  readonly k: Int
  /** Where the panels go, one after another. */
  readonly to: Int
  /** Bytes that one column of a packed panel takes: k rounded up to whole vectors, and one vector more. */
  readonly columnBytes: Int
}

/** Rows of B that are copied at a time to all panels, so that their lines and pages stay at hand. */
const PACK_STEP = 16

/** Copies a block of B to panels. */
export function packPanels(
  f: FunctionBuilder,
  module: ModuleBuilder,
  form: PanelForm & { readonly transposeB: boolean },
  { b, stride, n, k, to, columnBytes }: Block,
): void {
  const { bytes } = lanesOf[form.dtype]
  const panelAt = (j: Int) => i32.add(to, i32.mul(j, columnBytes))
  if (form.transposeB) {
    eachPanel(f, form, n, (j, vectors, live) => {
      const from = i32.add(b, i32.mul(j, stride))
      transposePanel(f, module, form.dtype, { from, stride, vectors, live, to: f.int(panelAt(j)), k })
    })
    return
  }
  const [p0, rows] = [f.local('i32'), f.local('i32')]
  f.for(p0, 0, k, PACK_STEP, () => {
    f.set(rows, i32.sub(k, p0))
    f.set(rows, select(rows, i32.const(PACK_STEP), i32.ltU(rows, PACK_STEP)))
    eachPanel(f, form, n, (j, vectors) => {
      const from = i32.add(b, i32.add(i32.mul(p0, stride), i32.mul(j, bytes)))
      const panel = i32.add(panelAt(j), i32.mul(p0, vectors * 16))
      f.call(definePanelCopy(module, form.dtype, vectors), from, stride, panel, rows)
    })
  })
}
