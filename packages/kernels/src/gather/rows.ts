/**
 * Rows of an array chosen by indices, and the transpose of that: rows added where indices say. Negative indices count
 * from the end; those that are still outside choose nothing.
 */
import { type DType, elementBytes } from '../dtype.js'
import { lanesOf, storePart } from '../gemm/index.js'
import type { Kernel } from '../kernel.js'
import { emitRuns, emitZeros, nest } from '../map/index.js'
import {
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  i32x4,
  i64,
  type Local,
  select,
  v128,
} from '../wasm/index.js'

type Pointer = Local<'i32'>

/** The sizes of a choice: x [batch, outer, length, inner], indices [batch, count], rows [batch, outer, count, inner]. */
export interface RowsSpec {
  readonly dtype: DType
  readonly batch: number
  readonly outer: number
  /** Rows to choose from. */
  readonly length: number
  /** Indices. */
  readonly count: number
  /** Elements of a row. */
  readonly inner: number
}

/** What a row is whose index is outside: zeros, or of floats NaN. */
type Missing = 'zero' | 'nan'

const sizesOf = ({ batch, outer, length, count, inner }: RowsSpec) =>
  [batch, outer, length, count, inner].join('x')

/**
 * Out[b, o, k, :] = x[b, o, indices[b, k], :]. Where there is no such row, zeros or, of floats, NaN.
 *
 * @example
 * takeRows({ dtype: 'f32', batch: 1, outer: 1, length: 9, count: 3, inner: 4, missing: 'zero' }).inputs // → 2
 */
export function takeRows(spec: RowsSpec & { readonly missing: Missing }): Kernel {
  const { dtype, inner, missing } = spec
  return {
    key: `takeRows:${dtype}:${sizesOf(spec)}:${missing}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs: [x, indices], outputs: [out] }) {
      const rowBytes = inner * elementBytes[dtype]
      eachIndex(f, spec, [x, indices, out] as Pointer[], (row, chosen, outside) => {
        f.if(
          outside,
          () => emitMissing(f, dtype, row, inner, missing),
          () => emitRuns(f, [chosen, row], dtype, { lengths: [inner], strides: [[1], [1]] }),
        )
        f.increase(row, rowBytes)
      })
    },
  }
}

/**
 * Out[b, o, indices[b, k], :] += rows[b, o, k, :], from zeros on and in the order of k, so that the bits of the sums
 * depend on the operands alone.
 *
 * @throws TypeError for bools.
 * @example
 * scatterAddRows({ dtype: 'f32', batch: 1, outer: 1, length: 9, count: 3, inner: 4 }).inputs // → 2
 */
export function scatterAddRows(spec: RowsSpec): Kernel {
  const { dtype, batch, outer, length, count, inner } = spec
  if (dtype === 'bool') throw new TypeError('scatterAddRows: expected numbers, got bool')
  const [lanes, bytes] = [dtype === 'f64' ? 2 : 4, elementBytes[dtype]]
  const { add } = { f32: f32x4, f64: f64x2, i32: i32x4 }[dtype]
  const whole = inner - (inner % lanes)
  return {
    key: `scatterAddRows:${dtype}:${sizesOf(spec)}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: batch * outer * count * inner,
    emit({ f, inputs: [rows, indices], outputs: [out] }) {
      emitZeros(f, out as Pointer, batch * outer * length * inner * bytes)
      eachIndex(f, spec, [out, indices, rows] as Pointer[], (row, chosen, outside) => {
        f.if(i32.eqz(outside), () => {
          const [from, to] = [f.int(row), f.int(chosen)]
          const part = (live: number) => {
            const sum = f.local(add(v128.load(to), v128.load(from)))
            storePart(f, lanesOf[dtype === 'f64' ? 'f64' : 'f32'], to, sum, live)
            for (const cursor of [from, to]) f.increase(cursor, live * bytes)
          }
          f.for(f.local('i32'), 0, whole / lanes, 1, () => part(lanes))
          if (inner > whole) part(inner - whole)
        })
        f.increase(row, inner * bytes)
      })
    },
  }
}

/**
 * Runs the body for every index in order: with the address in the small array, which the body moves on, the one of the
 * chosen row in the large array, and whether there is none.
 */
function eachIndex(
  f: FunctionBuilder,
  { dtype, batch, outer, length, count, inner }: RowsSpec,
  operands: readonly Pointer[],
  body: (row: Pointer, chosen: Pointer, outside: Local<'i32'>) => void,
): void {
  if (batch * outer * count * inner === 0) return
  const rowBytes = inner * elementBytes[dtype]
  const axes = [
    { length: batch, steps: [outer * length * rowBytes, count * 4, outer * count * rowBytes] },
    { length: outer, steps: [length * rowBytes, 0, count * rowBytes] },
  ]
  const [index, outside, chosen] = [f.local('i32'), f.local('i32'), f.local('i32')]
  nest(f, axes, operands, ([large, indices, small]) => {
    const [cursor, row] = [f.int(indices as Pointer), f.int(small as Pointer)]
    f.for(f.local('i32'), 0, count, 1, () => {
      f.set(index, i32.load(cursor))
      f.set(index, select(i32.add(index, length), index, i32.ltS(index, 0)))
      f.set(outside, i32.geU(index, length))
      f.set(chosen, i32.add(large as Pointer, i32.mul(index, rowBytes)))
      body(row, chosen, outside)
      f.increase(cursor, 4)
    })
  })
}

const F32_NAN = 0x7fc00000
const F64_NAN = 0x7ff8000000000000n

/** A row of zeros or NaN. */
function emitMissing(f: FunctionBuilder, dtype: DType, row: Pointer, inner: number, missing: Missing): void {
  const nan = missing === 'nan'
  const bytes = elementBytes[dtype]
  const cursor = f.int(row)
  f.for(f.local('i32'), 0, inner, 1, () => {
    if (dtype === 'f64') f.do(i64.store(cursor, i64.const(nan ? F64_NAN : 0n)))
    else if (dtype === 'bool') f.do(i32.store8(cursor, 0))
    else f.do(i32.store(cursor, nan && dtype === 'f32' ? F32_NAN : 0))
    f.increase(cursor, bytes)
  })
}
