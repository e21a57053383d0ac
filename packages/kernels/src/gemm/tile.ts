/**
 * The micro-kernel: a tile of `rows × vectors` accumulators that stay in registers while k runs. Goto & van de
 * Geijn 2008, "Anatomy of high-performance matrix multiplication", section 5; Van Zee & van de Geijn 2015 (BLIS).
 *
 * V8 hands out 15 vector registers, so a tile is 3 × 3 vectors (9 sums, 3 of B, 1 to 3 of A) or 6 × 2.
 * Every element of C is one chain acc = a·b + acc over ascending k, whatever the tile, so its bits do not depend
 * on where it lies in C.
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
  v128,
} from '../wasm/index.js'
import { type Lanes, lanesOf } from './lanes.js'

/** Rows of A in a block: a multiple of every tile's rows. */
export const MC = 24

/** What the code of a tile depends on. */
export interface TileForm {
  readonly dtype: FloatDType
  /** How B is read: a packed panel [k][columns], or in place with a row stride. */
  readonly b: 'panel' | 'matrix'
  readonly rows: number
  readonly vectors: number
  /** Whether all lanes of the last vector are in use, whatever `live` says. */
  readonly full?: boolean
  /**
   * Steps of k after which A goes on `jump` bytes from where they began, as a window does from one row of an image to
   * the next; the k of the tile is then the number of such runs. Steps are `stepBytes` apart. Default: A does not jump.
   */
  readonly run?: Run
}

/** A part of the steps of k; see {@link TileForm.run}. */
export interface Run {
  readonly steps: number
  readonly stepBytes: number
  readonly jump: number
}

type V = Local<'v128'>
type Int = Local<'i32'>

const TILE_PARAMS = [
  ...(['i32', 'i32', 'i32', 'i32', 'i32'] as const),
  ...(['i32', 'i32', 'i32', 'i32', 'i32'] as const),
] as const

/** Rows of a tile that is so many vectors wide: as many as the registers take, with a product not fused taking one. */
export const tileRows = (vectors: number, fused: boolean): number =>
  vectors === 1 || (vectors === 2 && fused) ? 6 : 3

/** Columns side by side that one column of tiles computes. */
export interface Panel {
  readonly first: number
  readonly vectors: number
  /** Lanes in use of the last vector. */
  readonly live: number
}

/** Panels of n columns: 3 vectors wide, and at the end 2, or 1 if there is but one. */
export function panelsOf(n: number, dtype: FloatDType): readonly Panel[] {
  const { count } = lanesOf[dtype]
  const panels: Panel[] = []
  for (let first = 0; first < n; ) {
    const left = Math.ceil((n - first) / count)
    const vectors = left < 3 ? left : left === 4 ? 2 : 3
    panels.push({ first, vectors, live: Math.min(count, n - first - (vectors - 1) * count) })
    first += vectors * count
  }
  return panels
}

/** Steps of k in one turn: without fused arithmetic more would spill. */
const unrollOf = (fused: boolean, vectors: number) => {
  if (fused) return 4
  return vectors === 3 ? 2 : 1
}

/** Runs up to so many steps are written out. */
const RUN_UNROLLED = 32

const times = (count: number) => Array.from({ length: count }, (_, k) => k)

/**
 * Defines tile(a, aStride, b, bStride, c, cStride, m, k, live, add): C[m, columns] (+)= A[m, k] · B[k, columns],
 * for one column of tiles. Strides are in bytes, from row to row; `live` counts the lanes in use of the last vector; `add` ≠ 0
 * adds to C.
 */
export function defineTile(module: ModuleBuilder, form: TileForm): Func {
  const { dtype, rows, vectors } = form
  const lanes = lanesOf[dtype]
  const fused = module.features.fma
  const { run } = form
  const runs = run ? `:${run.steps}*${run.stepBytes}/${run.jump}` : ''
  const key = `gemm-tile:${dtype}:${form.b}:${rows}x${vectors}${form.full ? ':full' : ''}${runs}`
  return module.define(key, TILE_PARAMS, [], (f, a, aStride, b, bStride, c, cStride, m, k, live, add) => {
    const aStep = run?.stepBytes ?? lanes.bytes
    const unroll = unrollOf(fused, vectors)
    const acc = times(rows).map(() => times(vectors).map(() => f.local('v128')))
    const bVectors = times(vectors).map(() => f.local('v128'))
    const factor = f.local('v128')
    const pointers = times(rows).map(() => f.local('i32'))
    const [head] = pointers as [Int]
    const panel = f.local('i32')
    const [i, end] = [f.local('i32'), f.local('i32')]

    const step = (at: number) => {
      const bOffset = form.b === 'panel' ? at * vectors * 16 : 0
      bVectors.forEach((vector, v) => {
        f.set(vector, v128.load(panel, bOffset + v * 16))
      })
      if (form.b === 'matrix') f.increase(panel, bStride)
      acc.forEach((row, r) => {
        f.set(factor, lanes.splat(pointers[r] as Int, at * aStep))
        row.forEach((sum, v) => {
          f.set(sum, lanes.madd(factor, bVectors[v] as V, sum, fused))
        })
      })
    }
    const together = (count: number) => {
      for (const at of times(count)) step(at)
      if (form.b === 'panel') f.increase(panel, count * vectors * 16)
    }
    const steps = (count: number) =>
      f.for(head, head, end, count * aStep, () => {
        together(count)
        for (const pointer of pointers.slice(1)) f.increase(pointer, count * aStep)
      })
    /** One chain of k steps. */
    const straight = () => {
      const start = f.local(head)
      f.set(end, i32.add(start, i32.mul(i32.and(k, -unroll), aStep)))
      steps(unroll)
      if (unroll > 1) {
        f.set(end, i32.add(start, i32.mul(k, aStep)))
        steps(1)
      }
    }
    /** One chain of k runs. */
    const jumping = (turn: Int, { steps: count, jump }: Run) => {
      const looped = count > RUN_UNROLLED ? count - (count % unroll) : 0
      f.for(turn, 0, k, 1, () => {
        if (looped > 0) {
          f.set(end, i32.add(head, looped * aStep))
          steps(unroll)
        }
        together(count - looped)
        for (const pointer of pointers) f.increase(pointer, jump - looped * aStep)
      })
    }

    f.for(i, 0, m, rows, () => {
      setPointers(f, pointers, { a, aStride, i, m })
      f.set(panel, b)
      for (const sum of acc.flat()) f.set(sum, v128.const(new Uint8Array(16)))
      if (run) jumping(f.local('i32'), run)
      else straight()
      storeRows(f, lanes, acc, { c, cStride, i, m, live, add }, form.full)
    })
  })
}

/** Pointers to rows; those past the last row repeat it, so nothing outside of A is read. */
function setPointers(
  f: FunctionBuilder,
  pointers: readonly Int[],
  { a, aStride, i, m }: { a: Int; aStride: Int; i: Int; m: Int },
): void {
  pointers.forEach((pointer, r) => {
    const previous = pointers[r - 1]
    if (!previous) f.set(pointer, i32.add(a, i32.mul(i, aStride)))
    else f.set(pointer, i32.add(previous, i32.mul(aStride, i32.ltU(i32.add(i, r), m))))
  })
}

interface Target {
  readonly c: Int
  readonly cStride: Int
  /** First row of the tile, and the number of rows of C. */
  readonly i: Int
  readonly m: Int
  readonly live: Int
  readonly add: Int
}

function storeRows(
  f: FunctionBuilder,
  lanes: Lanes,
  acc: readonly (readonly V[])[],
  { c, cStride, i, m, live, add }: Target,
  full = false,
): void {
  const at = f.int(i32.add(c, i32.mul(i, cStride)))
  acc.forEach((row, r) => {
    const store = () => {
      f.if(add, () => {
        row.forEach((sum, v) => {
          f.set(sum, lanes.add(v128.load(at, v * 16), sum))
        })
      })
      row.forEach((sum, v) => {
        if (full || v < row.length - 1) f.do(v128.store(at, sum, v * 16))
        else storeLive(f, lanes, at, v * 16, sum, live)
      })
      if (r < acc.length - 1) f.increase(at, cStride)
    }
    if (r === 0) store()
    else f.if(i32.ltU(i32.add(i, r), m), store)
  })
}

/** Stores the first `live` lanes of a vector. */
export function storeLive(
  f: FunctionBuilder,
  lanes: Lanes,
  at: I32,
  offset: number,
  vector: Expr<'v128'>,
  live: Int,
): void {
  const full = i32.eq(live, lanes.count)
  f.if(
    full,
    () => f.do(v128.store(at, vector, offset)),
    () => {
      if (lanes.count === 2) {
        f.do(lanes.storeLane(at, vector, 0, offset))
        return
      }
      f.if(
        i32.and(live, 2),
        () => {
          f.do(v128.store64Lane(at, vector, 0, offset))
          f.if(i32.and(live, 1), () => f.do(lanes.storeLane(at, vector, 2, offset + 8)))
        },
        () => f.do(lanes.storeLane(at, vector, 0, offset)),
      )
    },
  )
}
