/**
 * Products of numbers next to the end of the range. Intel's processors take a hundred times as long for a multiplication
 * with a subnormal operand or result, and WebAssembly cannot ask them to take zero instead. A block that holds only tiny numbers is
 * therefore multiplied by a power of 2 on its way into the product, and the sums by its reciprocal. Both are exact, so
 * sums without subnormal terms keep their bits; those with such terms are rounded once instead of at each of them.
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
  v128,
} from '../wasm/index.js'
import { lanesOf } from './lanes.js'

type V = Local<'v128'>

interface Range {
  /** Below it a number is tiny; such numbers times `up`, times any number, sum up to less than infinity. */
  readonly tiny: number
  readonly up: number
}

const rangeOf: Readonly<Record<FloatDType, Range>> = {
  f32: { tiny: 2 ** -96, up: 2 ** 64 },
  f64: { tiny: 2 ** -900, up: 2 ** 512 },
}

const floatsOf = (dtype: FloatDType) => (dtype === 'f32' ? f32x4 : f64x2)

const constant = (f: FunctionBuilder, dtype: FloatDType, value: number): V =>
  f.constant(
    `${dtype}:${value}`,
    dtype === 'f32' ? f32x4.splat(f32.const(value)) : f64x2.splat(f64.const(value)),
  )

/** A vector times the power of 2 that makes tiny numbers larger, or its reciprocal. */
export const scaled = (
  f: FunctionBuilder,
  dtype: FloatDType,
  vector: Expr<'v128'>,
  way: 'up' | 'down',
): Expr<'v128'> => {
  const { up } = rangeOf[dtype]
  return floatsOf(dtype).mul(vector, constant(f, dtype, way === 'up' ? up : 1 / up))
}

/**
 * Defines tiny(from, stride, rows, columns) → 1 if a block has no number that is not tiny, and one that is not 0. Leaves at the
 * first number that is not tiny, so it costs next to nothing where there is one.
 */
export function defineIsTiny(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const floats = floatsOf(dtype)
  return module.define(
    `gemm-tiny:${dtype}`,
    ['i32', 'i32', 'i32', 'i32'],
    ['i32'],
    (f, from, stride, rows, columns) => {
      const limit = constant(f, dtype, rangeOf[dtype].tiny)
      const [at, all, any, size] = [f.local('i32'), f.int(1), f.local('v128'), f.local('v128')]
      const [row, column] = [f.local('i32'), f.local('i32')]
      const look = (vector: Expr<'v128'>) => {
        f.set(size, floats.abs(vector))
        f.set(any, v128.or(any, size))
        f.set(all, i32.eqz(v128.anyTrue(v128.not(floats.lt(size, limit)))))
      }
      f.while(i32.and(all, i32.ltU(row, rows)), () => {
        f.set(at, from)
        f.set(column, i32.const(0))
        f.while(i32.and(all, i32.leU(i32.add(column, lanes.count), columns)), () => {
          look(v128.load(at))
          f.increase(at, 16)
          f.increase(column, lanes.count)
        })
        f.while(i32.and(all, i32.ltU(column, columns)), () => {
          look(lanes.splat(at))
          f.increase(at, lanes.bytes)
          f.increase(column, 1)
        })
        f.increase(from, stride)
        f.increase(row, 1)
      })
      f.result(i32.and(all, v128.anyTrue(any)))
    },
  )
}

/** Defines raise(from, stride, to, toStride, rows, rowBytes): a copy of rows of whole vectors, made larger; `to` may be `from`. */
export function defineRaise(module: ModuleBuilder, dtype: FloatDType): Func {
  return module.define(
    `gemm-raise:${dtype}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    [],
    (f, from, stride, to, toStride, rows, rowBytes) => {
      const offset = f.local('i32')
      f.while(rows, () => {
        f.for(offset, 0, rowBytes, 16, () => {
          f.do(v128.store(i32.add(to, offset), scaled(f, dtype, v128.load(i32.add(from, offset)), 'up')))
        })
        f.increase(from, stride)
        f.increase(to, toStride)
        f.increase(rows, -1)
      })
    },
  )
}
