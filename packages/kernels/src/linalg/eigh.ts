import { elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { f64, i32 } from '../wasm/index.js'
import type { SquareSpec } from './cholesky.js'
import { emitImplicitQl } from './implicit-ql.js'
import { addressOf, emitLargest, emitScaling, type Pointer, swapRows } from './real.js'
import { emitTridiagonal, itemOf } from './tridiagonal.js'
import { emitSelectionSort, type F64, loadWide, storeNarrow, wide, wideBytes } from './wide.js'

/**
 * Eigenvalues in ascending order, and as columns eigenvectors of length 1, of symmetric matrices of which the lower
 * triangle alone is read. NaN where an element is not finite.
 *
 * @example
 * eigh({ dtype: 'f64', count: 2, n: 3 }).outputs // → 2
 */
export function eigh({ dtype, count, n }: SquareSpec): Kernel {
  const bytes = elementBytes[dtype]
  return {
    key: `eigh:${dtype}:${count}x${n}`,
    inputs: 1,
    outputs: 2,
    scratchBytes: 2 * wideBytes(n * n) + 4 * wideBytes(n),
    flops: 9 * count * n ** 3,
    emit({ f, inputs, outputs, scratch }) {
      if (count * n === 0) return
      const vectorsAt = f.int(i32.add(scratch, wideBytes(n * n)))
      const a = { start: scratch, columns: n }
      const vectors = { start: vectorsAt, columns: n }
      const list = (k: number) => f.int(i32.add(vectorsAt, wideBytes(n * n) + k * wideBytes(n)))
      const values = list(0)
      const space = { diagonal: values, beside: list(1), factors: list(2), products: list(3) }
      const steps = [n * n * bytes, n * bytes, n * n * bytes]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([x, w, v]) => {
        const [i, j] = [f.local('i32'), f.local('i32')]
        const from = (row: Pointer, column: Pointer) =>
          i32.add(x as Pointer, i32.mul(i32.add(i32.mul(row, n), column), bytes))
        f.for(i, 0, n, 1, () =>
          f.for(j, 0, i32.add(i, 1), 1, () => {
            const element = f.local(loadWide(dtype, from(i, j)))
            f.do(f64.store(addressOf(wide, a, i, j), element))
            f.do(f64.store(addressOf(wide, a, j, i), element))
          }),
        )
        const largest = emitLargest(f, wide, scratch, n * n) as F64
        // 0 for finite elements, else NaN.
        const poison = f.local(f64.sub(largest, largest))
        const power = emitScaling(f, wide, scratch, n * n, largest) as F64
        f.if(f64.eq(poison, f64.const(0)), () => {
          emitTridiagonal(f, a, vectors, space)
          emitImplicitQl(f, space, vectors)
        })
        emitSelectionSort(f, values, n, f64.lt, (left, right) =>
          swapRows(f, wide, addressOf(wide, vectors, left, 0), addressOf(wide, vectors, right, 0), n),
        )
        f.for(i, 0, n, 1, () => {
          const value = f64.add(f64.mul(f64.load(itemOf(values, i)), power), poison)
          f.do(storeNarrow(dtype, i32.add(w as Pointer, i32.mul(i, bytes)), value))
          f.for(j, 0, n, 1, () => {
            const at = i32.add(v as Pointer, i32.mul(i32.add(i32.mul(j, n), i), bytes))
            f.do(storeNarrow(dtype, at, f64.add(f64.load(addressOf(wide, vectors, i, j)), poison)))
          })
        })
      })
    },
  }
}
