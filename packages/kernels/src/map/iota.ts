import { elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { sizeOf } from '../shape.js'
import { type Expr, f32x4, f64x2, i32, i32x4, type Local, v128 } from '../wasm/index.js'
import { nest } from './nest.js'

/** An array of indices. */
export interface IotaSpec {
  readonly dtype: 'f32' | 'f64' | 'i32'
  readonly shape: readonly number[]
  readonly axis: number
}

/** i32 lanes as numbers of a dtype; f64 takes the two lower ones. */
const numbersOf: Readonly<Record<IotaSpec['dtype'], (x: Expr<'v128'>) => Expr<'v128'>>> = {
  f32: f32x4.convertI32x4S,
  f64: f64x2.convertLowI32x4S,
  i32: x => x,
}

/**
 * Out[i₀, i₁, …] = i_axis, rounded to the dtype.
 *
 * @throws RangeError if there is no such axis.
 * @example
 * iota({ dtype: 'i32', shape: [2, 3], axis: 1 }).key // → 'iota:i32:2x3x1'
 */
export function iota({ dtype, shape, axis }: IotaSpec): Kernel {
  const length = shape[axis]
  if (length === undefined)
    throw new RangeError(`iota: expected an axis from 0 to ${shape.length - 1}, got ${axis}`)
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))]
  const bytes = elementBytes[dtype]
  const lanes = 16 / bytes
  return {
    key: `iota:${dtype}:${outer}x${length}x${inner}`,
    inputs: 0,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, outputs }) {
      if (outer * length * inner === 0) return
      const row = (start: Local<'i32'>, elements: number, next: () => Expr<'v128'>) => {
        const cursor = f.int(start)
        f.for(f.local('i32'), 0, Math.ceil(elements / lanes), 1, () => {
          f.do(v128.store(cursor, next()))
          f.increase(cursor, 16)
        })
      }
      nest(f, [{ length: outer, steps: [length * inner * bytes] }], outputs, ([start]) => {
        if (inner === 1) {
          const first = new Uint8Array(new Int32Array([0, 1, 2, 3]).buffer)
          const indices = f.local(v128.const(first))
          row(start as Local<'i32'>, length, () => {
            const numbers = f.local(numbersOf[dtype](indices))
            f.set(indices, i32x4.add(indices, i32x4.splat(i32.const(lanes))))
            return numbers
          })
          return
        }
        const index = f.int(0)
        nest(f, [{ length, steps: [inner * bytes] }], [start as Local<'i32'>], ([place]) => {
          const numbers = f.local(numbersOf[dtype](i32x4.splat(index)))
          row(place as Local<'i32'>, inner, () => numbers)
          f.increase(index, 1)
        })
      })
    },
  }
}
