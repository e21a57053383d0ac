/**
 * Products of numbers next to the end of the range. Intel's processors take a hundred times as long for a multiplication
 * with a subnormal operand or result, and WebAssembly cannot ask them to take zero instead. A row of A that has only tiny
 * numbers within a block of k, and a column of B, is therefore multiplied by a power of 2 on its way into the product, and
 * its sums by the reciprocal. Both are exact, so sums in which nothing is subnormal, partial sums and rounding errors included, keep
 * their bits; others are rounded once instead of at each term. What is raised is a matter of that row or column alone: the bits of
 * an element of C depend on nothing else, however many rows and columns are computed with it and wherever they lie.
 */
import type { FloatDType } from '../dtype.js'
import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from '../wasm/index.js'
import { BLOCK_STRIDE, BLOCK_VECTORS } from './block.js'
import { lanesOf } from './lanes.js'

type V = Local<'v128'>

interface Range {
  /** Below it a number is tiny; such numbers, divided by `down`, times any number, sum up to less than infinity. */
  readonly tiny: number
  readonly down: number
}

const rangeOf: Readonly<Record<FloatDType, Range>> = {
  f32: { tiny: 2 ** -96, down: 2 ** -64 },
  f64: { tiny: 2 ** -900, down: 2 ** -512 },
}

const floatsOf = (dtype: FloatDType) => (dtype === 'f32' ? f32x4 : f64x2)

const splat = (dtype: FloatDType, value: number): Expr<'v128'> =>
  dtype === 'f32' ? f32x4.splat(f32.const(value)) : f64x2.splat(f64.const(value))

const constant = (f: FunctionBuilder, dtype: FloatDType, value: number): V =>
  f.constant(`${dtype}:${value}`, splat(dtype, value))

/** Numbers of the lanes: 0, 1, … */
const lanesUp = (f: FunctionBuilder, dtype: FloatDType): V => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (let lane = 0; lane < lanesOf[dtype].count; lane++)
    if (dtype === 'f32') view.setFloat32(4 * lane, lane, true)
    else view.setFloat64(8 * lane, lane, true)
  return f.constant(`${dtype}:lanes`, v128.const(bytes))
}

/**
 * Defines rows(from, stride, rows, k, down) → whether a row has only tiny numbers, not all of them 0. If one has, it has written
 * one number for each to `down`: what its sums are to be multiplied by, 1 for usual rows.
 */
export function defineTinyRows(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const floats = floatsOf(dtype)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32'] as const
  return module.define(`gemm-tiny-rows:${dtype}`, params, ['i32'], (f, from, stride, rows, k, down) => {
    const limit = constant(f, dtype, rangeOf[dtype].tiny)
    const factors = [constant(f, dtype, rangeOf[dtype].down), constant(f, dtype, 1)] as const
    const [at, tiny, any] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [size, nonzero] = [f.local('v128'), f.local('v128')]
    const [whole, end] = [f.local('i32'), f.local('i32')]
    const isTinyAt = (address: Expr<'i32'>) =>
      dtype === 'f32'
        ? f32.lt(f32.abs(f32.load(address)), f32.const(rangeOf.f32.tiny))
        : f64.lt(f64.abs(f64.load(address)), f64.const(rangeOf.f64.tiny))
    const look = (vector: Expr<'v128'>, bytes: number) => {
      f.set(size, floats.abs(vector))
      f.set(nonzero, v128.or(nonzero, size))
      f.set(tiny, i32.eqz(v128.anyTrue(v128.not(floats.lt(size, limit)))))
      f.increase(at, bytes)
    }
    // Most blocks have no row that is tiny in its first, its middle and its last element.
    const middle = f.int(i32.mul(i32.shrU(k, 1), lanes.bytes))
    const last = f.int(i32.mul(i32.sub(k, 1), lanes.bytes))
    const count = f.int(rows)
    f.set(at, from)
    f.while(count, () => {
      f.if(isTinyAt(at), () => {
        f.set(tiny, i32.and(isTinyAt(i32.add(at, middle)), isTinyAt(i32.add(at, last))))
        f.set(any, i32.or(any, tiny))
      })
      f.increase(at, stride)
      f.increase(count, -1)
    })
    f.if(any, () => {
      f.set(any, i32.const(0))
      f.while(rows, () => {
        f.set(at, from)
        f.set(whole, i32.add(from, i32.mul(i32.and(k, -lanes.count), lanes.bytes)))
        f.set(end, i32.add(from, i32.mul(k, lanes.bytes)))
        f.set(nonzero, v128.const(new Uint8Array(16)))
        f.set(tiny, i32.const(1))
        f.while(i32.and(tiny, i32.ltU(at, whole)), () => look(v128.load(at), 16))
        f.while(i32.and(tiny, i32.ltU(at, end)), () => look(lanes.splat(at), lanes.bytes))
        f.set(tiny, i32.and(tiny, v128.anyTrue(nonzero)))
        f.do(lanes.storeLane(down, select(...factors, tiny), 0))
        f.set(any, i32.or(any, tiny))
        f.increase(down, lanes.bytes)
        f.increase(from, stride)
        f.increase(rows, -1)
      })
    })
    f.result(any)
  })
}

/**
 * Defines columns(from, stride, k, columns, down) → whether a column has only tiny numbers, not all of them 0. It has written one number
 * for each column to `down`, in whole vectors, if one has.
 */
export function defineTinyColumns(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const floats = floatsOf(dtype)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32'] as const
  return module.define(`gemm-tiny-columns:${dtype}`, params, ['i32'], (f, from, stride, k, columns, down) => {
    const limit = constant(f, dtype, rangeOf[dtype].tiny)
    const zero = v128.const(new Uint8Array(16))
    const [at, column, row] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [size, nonzero, tiny, any] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')]
    const isTiny = (vector: Expr<'v128'>) => floats.lt(vector, limit)
    // As of rows: the first element, and then the one in the middle and the last.
    f.set(at, from)
    f.for(column, 0, columns, lanes.count, () => {
      f.set(any, v128.or(any, isTiny(floats.abs(v128.load(at)))))
      f.increase(at, 16)
    })
    f.if(v128.anyTrue(any), () => {
      const middle = f.int(i32.mul(i32.shrU(k, 1), stride))
      const last = f.int(i32.mul(i32.sub(k, 1), stride))
      f.set(any, zero)
      f.set(at, from)
      f.for(column, 0, columns, lanes.count, () => {
        f.set(tiny, isTiny(floats.abs(v128.load(at))))
        for (const further of [middle, last])
          f.set(tiny, v128.and(tiny, isTiny(floats.abs(v128.load(i32.add(at, further))))))
        f.set(any, v128.or(any, tiny))
        f.increase(at, 16)
      })
    })
    f.if(v128.anyTrue(any), () => {
      f.set(any, zero)
      f.for(column, 0, columns, lanes.count, () => {
        const left = i32.sub(columns, column)
        const live = dtype === 'f32' ? f32x4.splat(f32.convertI32S(left)) : f64x2.splat(f64.convertI32S(left))
        f.set(tiny, floats.lt(lanesUp(f, dtype), live))
        f.set(nonzero, zero)
        f.set(at, from)
        f.set(row, k)
        f.while(i32.and(i32.ne(row, 0), v128.anyTrue(tiny)), () => {
          f.set(size, floats.abs(v128.load(at)))
          f.set(nonzero, v128.or(nonzero, size))
          f.set(tiny, v128.and(tiny, isTiny(size)))
          f.increase(at, stride)
          f.increase(row, -1)
        })
        f.set(tiny, v128.and(tiny, floats.ne(nonzero, zero)))
        f.set(any, v128.or(any, tiny))
        const factors = [constant(f, dtype, rangeOf[dtype].down), constant(f, dtype, 1)] as const
        f.do(v128.store(down, v128.bitselect(...factors, tiny)))
        f.increase(down, 16)
        f.increase(from, 16)
      })
    })
    f.result(v128.anyTrue(any))
  })
}

/** Emits ones for columns, in whole vectors. */
export function emitUsual(
  f: FunctionBuilder,
  dtype: FloatDType,
  columns: Local<'i32'>,
  down: Expr<'i32'>,
): void {
  const { bytes } = lanesOf[dtype]
  const [at, end] = [f.int(down), f.int(i32.add(down, i32.mul(columns, bytes)))]
  f.for(at, at, end, 16, () => f.do(v128.store(at, splat(dtype, 1))))
}

/**
 * Defines raise(from, stride, to, toStride, rows, rowBytes, down): a copy of rows of whole vectors, each divided by its number in
 * `down`; `to` may be `from`.
 */
export function defineRaisedRows(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const floats = floatsOf(dtype)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
  return module.define(
    `gemm-raised-rows:${dtype}`,
    params,
    [],
    (f, from, stride, to, toStride, rows, rowBytes, down) => {
      const [offset, up] = [f.local('i32'), f.local('v128')]
      f.while(rows, () => {
        f.set(up, floats.div(constant(f, dtype, 1), lanes.splat(down)))
        f.for(offset, 0, rowBytes, 16, () => {
          f.do(v128.store(i32.add(to, offset), floats.mul(v128.load(i32.add(from, offset)), up)))
        })
        f.increase(from, stride)
        f.increase(to, toStride)
        f.increase(down, lanes.bytes)
        f.increase(rows, -1)
      })
    },
  )
}

/**
 * Defines raise(from, stride, to, k, down, …offsets): copies a row of a block for each of k rows, with each column divided by its number
 * in `down`. Vectors but the first are those so many bytes after the first, of the row and of `down`; `to` may be `from`.
 */
export function defineRaisedColumns(module: ModuleBuilder, dtype: FloatDType): Func {
  const floats = floatsOf(dtype)
  const further = Array.from({ length: BLOCK_VECTORS - 1 }, () => 'i32' as const)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', ...further] as const
  return module.define(
    `gemm-raised-columns:${dtype}`,
    params,
    [],
    (f, from, stride, to, k, down, ...offsets) => {
      const each = (first: Local<'i32'>) => [first, ...offsets.map(offset => i32.add(first, offset))]
      const ups = each(down).map(at => f.local(floats.div(constant(f, dtype, 1), v128.load(at))))
      f.while(k, () => {
        const raised = each(from).map((at, v) => f.local(floats.mul(v128.load(at), ups[v] as V)))
        raised.forEach((vector, v) => {
          f.do(v128.store(to, vector, v * 16))
        })
        f.increase(from, stride)
        f.increase(to, BLOCK_STRIDE)
        f.increase(k, -1)
      })
    },
  )
}

/**
 * Defines lower(block, stride, rows, columns, downRows, downColumns): sums · row · column, in place, with the numbers that were written
 * for them; columns in whole vectors.
 */
export function defineLowered(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const floats = floatsOf(dtype)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
  return module.define(
    `gemm-lowered:${dtype}`,
    params,
    [],
    (f, block, stride, rows, columns, downRows, downColumns) => {
      const [offset, down, end] = [f.local('i32'), f.local('v128'), f.int(i32.mul(columns, lanes.bytes))]
      f.while(rows, () => {
        f.set(down, lanes.splat(downRows))
        f.for(offset, 0, end, 16, () => {
          const at = f.int(i32.add(block, offset))
          const lowered = floats.mul(floats.mul(v128.load(at), down), v128.load(i32.add(downColumns, offset)))
          f.do(v128.store(at, lowered))
        })
        f.increase(block, stride)
        f.increase(downRows, lanes.bytes)
        f.increase(rows, -1)
      })
    },
  )
}
