/** Panels of B: columns side by side that one column of tiles computes, and their copies in the order in which tiles read them. */
import type { FloatDType } from '../dtype.js'
import { type FunctionBuilder, type I32, i32, type Local, type ModuleBuilder, select } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { definePanelCopy, defineTransposingCopy } from './pack.js'

type Int = Local<'i32'>

/** Vectors of a wide panel; all lanes of it are in use. */
export const WIDE = 6

/** What the width of panels depends on. */
export interface PanelForm {
  readonly dtype: FloatDType
  /** One row of C, which leaves registers for wider panels, or any number. */
  readonly oneRow: boolean
  /** Whether panels of {@link WIDE} vectors come first; see `wide.ts`. */
  readonly wide: boolean
}

/** What is done for a panel: its first column, its width in vectors, and live lanes in the last vector. */
export type PanelBody = (j: Int, vectors: number, live: Int) => void

/**
 * Runs the body for each panel of n columns, as wide as is chosen.
 *
 * @param choose emits one of the panels that begin at column j, by their widths in vectors.
 */
export function eachPanelOf(
  f: FunctionBuilder,
  dtype: FloatDType,
  n: Int,
  panel: PanelBody,
  choose: (j: Int, body: (vectors: number) => () => void) => void,
): void {
  const { count } = lanesOf[dtype]
  const [j, live] = [f.local('i32'), f.local('i32')]
  const body = (vectors: number) => () => {
    f.set(live, i32.sub(i32.sub(n, j), (vectors - 1) * count))
    f.set(live, select(live, i32.const(count), i32.ltU(live, count)))
    // A panel that is not the last has more columns left than it is wide: all lanes are live.
    panel(j, vectors, live)
    f.increase(j, vectors * count)
  }
  f.set(j, i32.const(0))
  f.while(i32.ltU(j, n), () => choose(j, body))
}

/**
 * Runs the body for each panel of n columns. Panels are 3 vectors wide, or twice that, and at the end 2, or 1 if there is
 * but one; a single row of C allows 8.
 */
export function eachPanel(f: FunctionBuilder, form: PanelForm, n: Int, panel: PanelBody): void {
  const { count } = lanesOf[form.dtype]
  const left = f.local('i32')
  eachPanelOf(f, form.dtype, n, panel, (j, body) => {
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
export function transposePanel(
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
