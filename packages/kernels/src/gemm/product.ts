import type { FloatDType } from '../dtype.js'
import { type Address, type KernelContext, SLACK_BYTES } from '../kernel.js'
import { type I32, i32, int } from '../wasm/index.js'
import { BLOCK_STRIDE } from './block.js'
import { lanesOf } from './lanes.js'
import { defineLoops, type LoopForm } from './loops.js'
import { ROW_GAP } from './pack.js'
import { widthsOf } from './panels.js'
import { raisedBytes } from './raised.js'
import { MC } from './tile.js'
import { isWide } from './wide.js'

/** One matrix product C[m, n] (+)= op(A)·op(B); rows of the stored matrices are contiguous. */
export interface ProductSpec {
  readonly dtype: FloatDType
  /** Rows of C, or the most there are where the number is known at run time only. */
  readonly m: number
  readonly n: number
  /** Length of the sums, or the greatest one. */
  readonly k: number
  /** A is stored [k, m] instead of [m, k]. */
  readonly transposeA: boolean
  /** B is stored [n, k] instead of [k, n]. */
  readonly transposeB: boolean
  /** Elements from a stored row to the next; default: the length of a row. */
  readonly rows?: { readonly a?: number; readonly b?: number; readonly c?: number }
}

/** How a product of a given shape is computed. */
export interface ProductPlan {
  readonly spec: ProductSpec
  readonly form: Omit<LoopForm, 'widths'>
  /** Whether panels of six vectors come first; see `wide.ts`. */
  readonly wide: boolean
  /** Cᵀ = op(B)ᵀ·op(A)ᵀ is computed instead, with A and B in each other's place. */
  readonly swapped: boolean
  readonly nc: number
  readonly kc: number
  /** Bytes for packed blocks, bounded whatever the shape. */
  readonly scratchBytes: number
}

/** What a product works on at run time. */
export interface ProductOperands {
  readonly a: Address
  readonly b: Address
  readonly c: Address
  /** Working space of the plan's size. */
  readonly scratch: Address
  /** Rows of C, if not the plan's. */
  readonly m?: I32
  /** Length of the sums, if not the plan's. */
  readonly k?: I32
  /** Adds to C where it is not 0. */
  readonly add?: I32
}

/** Longest block of k: a panel of B (24 KB) then stays in the first-level cache. */
const KC = 512
/** Bytes of a row of the packed block of B, which with KC rows (half a megabyte) stays in the second-level cache. */
const NC_BYTES = 1056
/** Up to this size B stays in the first-level cache and is read in place. */
const IN_PLACE_BYTES = 20480
/** With fewer rows of C than this, packing B costs more than it saves. */
const PACK_ROWS = 20
/** Rows that are a multiple of so many bytes apart share sets of a first-level cache. */
const WAY_BYTES = 4096
/** Lines of a set of a first-level cache. More rows of B, {@link WAY_BYTES} or half of that apart, drive one another out; */
const WAYS = 8
/** then B is packed from fewer rows of C on, */
const CROWDED_ROWS = 4
/** unless it is as small as this. */
const CROWDED_BYTES = 2048
/** Of longer sums, rows half as far apart are fetched in time. */
const FETCHED_TERMS = 64
/** Sums of fewer terms are not worth a look at the size of numbers. It is their length alone that counts; see `range.ts`. */
const RAISED_TERMS = 32
/** With at most so many columns of C, Aᵀ·B is computed as its transpose. */
const SWAP_COLUMNS = 36
/** With at most so many rows of C, and twice as many columns or more, A·Bᵀ is computed as its transpose, */
const SWAP_ROWS = 64
/** if sums have so many terms: the transpose takes longer to store. */
const SWAP_TERMS = 96

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple

/** Splits an extent into equal blocks of at most `limit`, each a multiple of `multiple`. */
const block = (extent: number, limit: number, multiple: number) =>
  Math.max(multiple, roundUp(extent / Math.ceil(extent / limit || 1), multiple))

/**
 * Whether sums of so many terms are made in one block of k, so that adding them to what is in C rounds as adding the
 * whole product does.
 *
 * @example
 * [0, 32, 512, 513].map(k => sumsAtOnce(k)) // → [false, true, true, false]
 */
export const sumsAtOnce = (k: number): boolean => k > 0 && k <= KC

/** Chooses form, blocking and scratch from the shape alone, and the blocks of k from k alone. */
export function planProduct(spec: ProductSpec): ProductPlan {
  const { dtype, transposeA, transposeB } = spec
  const { bytes, count } = lanesOf[dtype]
  const swapped = isSwapped(spec)
  const [m, n] = swapped ? [spec.n, spec.m] : [spec.m, spec.n]
  const oneRow = m === 1
  const transposed = swapped ? !transposeA : transposeB
  const packB = transposed
    ? !oneRow
    : isPacked({ m, n, k: spec.k, bytes, row: rowOfB(spec, swapped) * bytes })
  const form = {
    dtype,
    // One row, or one column, is the same vector either way.
    transposeA: !oneRow && (swapped ? !transposeB : transposeA),
    transposeB: transposed,
    packB,
    transposeC: swapped && !oneRow,
    oneRow,
    raises: spec.k >= RAISED_TERMS,
  }
  const kc = block(spec.k, KC, 8)
  const nc = block(n, NC_BYTES / bytes, 3 * count)
  const longest = Math.min(kc, spec.k)
  const columns = Math.min(nc, roundUp(n, count))
  const { packedA, packedB, raised, block: sums } = workingSpace(form, { m, n: columns, k: longest })
  const scratchBytes = spec.m * n * spec.k === 0 ? 0 : packedA + packedB + raised + sums
  return { spec, form, wide: isWide() && !oneRow && !swapped, swapped, nc, kc, scratchBytes }
}

/**
 * Whether Cᵀ is computed. x·y = y·x, so it has the same sums. One column is one row; Aᵀ·B with few columns packs less as Bᵀ·A,
 * and A·Bᵀ with few rows as B·Aᵀ, which reads B in place.
 */
function isSwapped({ m, n, k, transposeA, transposeB }: ProductSpec): boolean {
  if (m === 1) return false
  if (n === 1) return true
  if (transposeA === transposeB) return false
  if (transposeA) return n <= SWAP_COLUMNS && n < m
  return m <= SWAP_ROWS && 2 * m <= n && k >= SWAP_TERMS && !isWide()
}

/** Elements from a stored row to the next of what is in the place of B. */
const rowOfB = ({ m, n, rows = {} }: ProductSpec, swapped: boolean): number =>
  swapped ? (rows.a ?? m) : (rows.b ?? n)

/** Whether a B that is not transposed is packed, by the bytes of an element and from row to row. */
function isPacked(of: { m: number; n: number; k: number; bytes: number; row: number }): boolean {
  const { m, n, k, bytes, row } = of
  const size = n * k * bytes
  if (m >= PACK_ROWS && size > IN_PLACE_BYTES) return true
  if (size <= CROWDED_BYTES) return false
  if (row % WAY_BYTES === 0) return m >= CROWDED_ROWS && k > WAYS
  return (2 * row) % WAY_BYTES === 0 && m >= 2 * CROWDED_ROWS && k > 2 * WAYS && k <= FETCHED_TERMS
}

/** Bytes of the parts of the working space of blocks of at most so many rows, columns and terms. */
function workingSpace(
  { dtype, transposeA, transposeC, packB, raises }: ProductPlan['form'],
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
) {
  const { bytes, count } = lanesOf[dtype]
  const rows = roundUp(Math.min(m, MC), count)
  return {
    packedA: transposeA || raises ? rows * (roundUp(k * bytes, 16) + ROW_GAP) : 0,
    packedB: packB ? roundUp((roundUp(k, count) + count) * n * bytes + SLACK_BYTES, 16) : 0,
    raised: raises ? raisedBytes(dtype, n, k) : 0,
    block: transposeC || raises ? rows * BLOCK_STRIDE : 0,
  }
}

/** Emits the product; with k = 0 it emits nothing and leaves C as it is. */
export function emitProduct(
  { module, f }: KernelContext,
  plan: ProductPlan,
  operands: ProductOperands,
): void {
  const { spec, form, wide, swapped, nc, kc } = plan
  if (spec.m === 0 || spec.n === 0 || spec.k === 0) return
  const { bytes } = lanesOf[spec.dtype]
  const m = operands.m ?? spec.m
  const k = operands.k ?? spec.k
  const rowBytes = (columns: I32) =>
    typeof columns === 'number' ? int(columns * bytes) : i32.mul(columns, bytes)
  const strides = spec.rows ?? {}
  const a = [operands.a, rowBytes(strides.a ?? (spec.transposeA ? m : k))] as const
  const b = [operands.b, rowBytes(strides.b ?? (spec.transposeB ? k : spec.n))] as const
  const [rows, columns] = swapped ? [spec.n, spec.m] : [spec.m, spec.n]
  const [inBlock, longest] = [Math.min(nc, roundUp(columns, lanesOf[spec.dtype].count)), Math.min(kc, spec.k)]
  const { packedA, packedB, raised } = workingSpace(form, { m: rows, n: inBlock, k: longest })
  const isFixed = !(swapped && operands.m !== undefined)
  const widths = widthsOf({ ...form, wide }, isFixed ? [Math.min(nc, columns), columns % nc] : undefined)
  const from = (offset: number) => i32.add(operands.scratch, offset)
  f.call(
    defineLoops(module, { ...form, widths }),
    ...(swapped ? [...b, ...a] : [...a, ...b]),
    operands.c,
    rowBytes(strides.c ?? spec.n),
    ...(swapped ? [spec.n, m] : [m, spec.n]),
    k,
    nc,
    kc,
    operands.add ?? 0,
    operands.scratch,
    from(packedA),
    from(packedA + packedB),
    from(packedA + packedB + raised),
  )
}
