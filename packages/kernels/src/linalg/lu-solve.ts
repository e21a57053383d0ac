import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { i32 } from '../wasm/index.js'
import { addressOf, copyRow, type Pointer, realsOf } from './real.js'
import { emitSubstitution } from './substitution.js'

/** Systems of equations whose matrices are factorised. */
export interface LuSolveSpec {
  readonly dtype: FloatDType
  /** How many systems. */
  readonly count: number
  /** Rows and columns of the matrices. */
  readonly n: number
  /** Right-hand sides of each. */
  readonly columns: number
  /** Aᵀ·X = B instead of A·X = B. */
  readonly transpose: boolean
}

/**
 * X with A·X = B, from the packed factors of A, the permutation of its rows, and B.
 *
 * @example
 * luSolve({ dtype: 'f32', count: 1, n: 3, columns: 2, transpose: false }).inputs // → 3
 */
export function luSolve({ dtype, count, n, columns, transpose }: LuSolveSpec): Kernel {
  const reals = realsOf[dtype]
  const right = n * columns * reals.bytes
  return {
    key: `luSolve:${dtype}:${count}x${n}x${columns}${transpose ? ':transpose' : ''}`,
    inputs: 3,
    outputs: 1,
    scratchBytes: transpose ? right + 16 : 0,
    flops: 2 * count * n * n * columns,
    emit({ f, inputs, outputs, scratch }) {
      if (count * n * columns === 0) return
      const steps = [n * n * reals.bytes, n * 4, right, right]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], pointers => {
        const [factors, permutation, b, out] = pointers as [Pointer, Pointer, Pointer, Pointer]
        const row = f.local('i32')
        const rowAt = (start: Pointer, index: Parameters<typeof i32.mul>[0]) =>
          addressOf(reals, { start, columns }, index, 0)
        const chosen = () => i32.load(i32.add(permutation, i32.shl(row, 2)))
        const substitute = (lower: boolean, x: Pointer) =>
          emitSubstitution(f, reals, { lower, transpose, unitDiagonal: lower }, [n, columns], [factors, x])
        if (transpose) {
          // A = Pᵀ·L·U, so Uᵀ·Y = B, Lᵀ·Z = Y, X = Pᵀ·Z.
          copyRow(f, reals, scratch, b, n * columns)
          substitute(false, scratch)
          substitute(true, scratch)
          f.for(row, 0, n, 1, () => copyRow(f, reals, rowAt(out, chosen()), rowAt(scratch, row), columns))
        } else {
          f.for(row, 0, n, 1, () => copyRow(f, reals, rowAt(out, row), rowAt(b, chosen()), columns))
          substitute(true, out)
          substitute(false, out)
        }
      })
    },
  }
}
