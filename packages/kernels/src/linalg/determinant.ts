import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { i32 } from '../wasm/index.js'
import type { SquareSpec } from './cholesky.js'
import { emitLu } from './lu.js'
import { copyRow, elementOf, type Pointer, realsOf } from './real.js'

/**
 * Determinants of square matrices, from their factors; 1 of a matrix without elements.
 *
 * @example
 * determinant({ dtype: 'f64', count: 2, n: 3 }).key // → 'determinant:f64:2x3'
 */
export function determinant({ dtype, count, n }: SquareSpec): Kernel {
  const reals = realsOf[dtype]
  return {
    key: `determinant:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: n * n * reals.bytes + 16,
    flops: Math.round((2 * count * n ** 3) / 3),
    emit({ f, inputs, outputs, scratch }) {
      const steps = [n * n * reals.bytes, reals.bytes]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, out]) => {
        copyRow(f, reals, scratch, x as Pointer, n * n)
        const swaps = emitLu(f, reals, scratch, n)
        const [product, k] = [f.local(reals.const(1)), f.local('i32')]
        f.for(k, 0, n, 1, () => {
          f.set(product, reals.mul(product, elementOf(reals, { start: scratch, columns: n }, k, k)))
        })
        f.if(i32.and(swaps, 1), () => f.set(product, reals.neg(product)))
        f.do(reals.store(out as Pointer, product))
      })
    },
  }
}
