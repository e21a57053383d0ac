import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { i32, type Local } from '../wasm/index.js'
import { type OrderedDType, orderOf } from './order.js'

type Pointer = Local<'i32'>

/** Values to find in sorted rows: sorted [rows, length], values [rows, count]. */
export interface SearchSpec {
  readonly dtype: OrderedDType
  readonly rows: number
  readonly length: number
  readonly count: number
  /** Before (`'left'`) or after the elements that equal the value. */
  readonly side: 'left' | 'right'
}

/**
 * Index, as i32, at which each value can be inserted so that its row stays sorted, by bisection. NaN comes after every
 * number.
 *
 * @example
 * searchSorted({ dtype: 'f32', rows: 1, length: 5, count: 3, side: 'left' }).inputs // → 2
 */
export function searchSorted({ dtype, rows, length, count, side }: SearchSpec): Kernel {
  const { bytes, load, before } = orderOf[dtype]
  return {
    key: `searchSorted:${dtype}:${rows}x${length}:${count}:${side}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: rows * count * Math.ceil(Math.log2(length + 1)),
    emit({ f, inputs: [sorted, values], outputs: [out] }) {
      const axes = [
        { length: rows, steps: [length * bytes, count * bytes, count * 4] },
        { length: count, steps: [0, bytes, 4] },
      ]
      const [low, left, half] = [f.local('i32'), f.local('i32'), f.local('i32')]
      nest(f, axes, [sorted, values, out] as Pointer[], ([row, at, target]) => {
        const value = f.local(load(at as Pointer))
        f.set(low, i32.const(0))
        f.set(left, i32.const(length))
        // What is before `low` goes before the value; what is from `low + left` on goes after it.
        f.while(left, () => {
          f.set(half, i32.shrU(left, 1))
          const middle = f.local(load(i32.add(row as Pointer, i32.mul(i32.add(low, half), bytes))))
          const goesBefore = side === 'left' ? before(middle, value) : i32.eqz(before(value, middle))
          f.if(
            goesBefore,
            () => {
              f.increase(low, i32.add(half, 1))
              f.set(left, i32.sub(i32.sub(left, half), 1))
            },
            () => f.set(left, half),
          )
        })
        f.do(i32.store(target as Pointer, low))
      })
    },
  }
}
