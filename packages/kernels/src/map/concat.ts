import { type DType, elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { f32x4, f64x2, type Local, v128 } from '../wasm/index.js'
import { lanesOf, loadLanes, storeLanes } from './lanes.js'
import { nest } from './nest.js'

/** Arrays that are joined along an axis. */
export interface ConcatSpec {
  readonly dtype: DType
  /** Product of the lengths before the axis. */
  readonly outer: number
  /** Of each input, the product of the lengths from the axis on. */
  readonly inner: readonly number[]
  /** Whether 0 is added to each element, which makes 0 of −0. Default: elements are copied bit by bit. */
  readonly addsZero?: boolean
}

/** What adds vectors of each dtype that has a −0. */
const sums = { f32: f32x4.add, f64: f64x2.add } as const

/**
 * Joins arrays along an axis: row i of the output is row i of each input, one after the other.
 *
 * @example
 * concat({ dtype: 'f32', outer: 2, inner: [3, 5] }).inputs // → 2
 */
export function concat({ dtype, outer, inner, addsZero = false }: ConcatSpec): Kernel {
  const [lanes, bytes] = [lanesOf(dtype), elementBytes[dtype]]
  return {
    key: `concat:${dtype}:${outer}:${inner.join('+')}${addsZero ? ':+0' : ''}`,
    inputs: inner.length,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs, outputs: [out] }) {
      if (outer === 0) return
      const sources = inputs.map(input => f.int(input))
      const target = f.int(out as Local<'i32'>)
      const sum = addsZero && (dtype === 'f32' || dtype === 'f64') ? sums[dtype] : undefined
      const zero = sum && f.constant('zero', v128.const(new Uint8Array(16)))
      const load = (address: Local<'i32'>) => {
        const vector = loadLanes(dtype, lanes, address)
        return sum && zero ? sum(vector, zero) : vector
      }
      nest(f, [{ length: outer, steps: [] }], [], () => {
        // Whole vectors: what falls past the end of a part is overwritten by the next one.
        inner.forEach((length, k) => {
          const source = sources[k] as Local<'i32'>
          const from = f.int(source)
          const to = f.int(target)
          f.for(f.local('i32'), 0, Math.ceil(length / lanes), 1, () => {
            f.do(storeLanes(dtype, lanes, to, load(from)))
            f.increase(from, lanes * bytes)
            f.increase(to, lanes * bytes)
          })
          f.increase(source, length * bytes)
          f.increase(target, length * bytes)
        })
      })
    },
  }
}
