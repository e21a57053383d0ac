import { elementBytes } from '../dtype.js'
import { lanesOf, storePart } from '../gemm/index.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { sizeOf } from '../shape.js'
import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  v128,
} from '../wasm/index.js'

type Vector = Expr<'v128'>
type Pointer = Local<'i32'>

/** A search for the largest or smallest element along an axis. */
export interface ArgExtremeSpec {
  readonly kind: 'max' | 'min'
  readonly dtype: 'f32' | 'f64' | 'i32'
  readonly shape: readonly number[]
  readonly axis: number
}

/** Low words of 2 lanes of i64, side by side. */
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]

/**
 * Index, as i32, of the largest or smallest element along an axis, the first of equal ones; a NaN is more extreme than
 * every number.
 *
 * @throws RangeError if there is no such axis, or nothing along it.
 * @example
 * argExtreme({ kind: 'max', dtype: 'f32', shape: [2, 3], axis: 1 }).key // → 'argExtreme:max:f32:2x3x1'
 */
export function argExtreme({ kind, dtype, shape, axis }: ArgExtremeSpec): Kernel {
  const length = shape[axis]
  if (!length) throw new RangeError(`argExtreme: expected elements along axis ${axis} of [${shape}]`)
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))]
  const bytes = elementBytes[dtype]
  const count = 16 / bytes
  return {
    key: `argExtreme:${kind}:${dtype}:${outer}x${length}x${inner}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: sizeOf(shape),
    emit({ f, inputs: [x], outputs: [out] }) {
      if (outer * inner === 0) return
      const slabs = { length: outer, steps: [length * inner * bytes, inner * 4] }
      nest(f, [slabs], [x as Pointer, out as Pointer], starts => {
        const [from, to] = starts.map(start => f.int(start)) as [Pointer, Pointer]
        const search = (live: number) => {
          const at = emitSearch(f, { kind, dtype, length, rowBytes: inner * bytes }, from)
          const words = dtype === 'f64' ? v128.shuffle(at, at, LOW_WORDS) : at
          storePart(f, lanesOf.f32, to, words, live)
          f.increase(from, live * bytes)
          f.increase(to, live * 4)
        }
        f.for(f.local('i32'), 0, Math.floor(inner / count), 1, () => search(count))
        if (inner % count > 0) search(inner % count)
      })
    },
  }
}

/** Where a value goes before the best one so far. */
function beats(kind: 'max' | 'min', dtype: ArgExtremeSpec['dtype'], x: Vector, best: Vector): Vector {
  if (dtype === 'i32') return kind === 'max' ? i32x4.gtS(x, best) : i32x4.ltS(x, best)
  const { gt, lt, ne } = dtype === 'f32' ? f32x4 : f64x2
  return v128.or(kind === 'max' ? gt(x, best) : lt(x, best), v128.andnot(ne(x, x), ne(best, best)))
}

/** Indices of the extremes of a vector of columns, as integers of the width of the lanes. */
function emitSearch(
  f: FunctionBuilder,
  {
    kind,
    dtype,
    length,
    rowBytes,
  }: Pick<ArgExtremeSpec, 'kind' | 'dtype'> & { length: number; rowBytes: number },
  from: Pointer,
): Local<'v128'> {
  const cursor = f.int(from)
  const best = f.local(v128.load(cursor))
  const [at, index] = [f.local(v128.const(new Uint8Array(16))), f.local(v128.const(new Uint8Array(16)))]
  const [value, mask] = [f.local('v128'), f.local('v128')]
  const [add, one] =
    dtype === 'f64'
      ? ([i64x2.add, i64x2.splat(i64.const(1n))] as const)
      : ([i32x4.add, i32x4.splat(i32.const(1))] as const)
  const ones = f.constant(`one:${dtype === 'f64' ? 8 : 4}`, one)
  f.for(f.local('i32'), 1, length, 1, () => {
    f.increase(cursor, rowBytes)
    f.set(index, add(index, ones))
    f.set(value, v128.load(cursor))
    f.set(mask, beats(kind, dtype, value, best))
    f.set(best, v128.bitselect(value, best, mask))
    f.set(at, v128.bitselect(index, at, mask))
  })
  return at
}
