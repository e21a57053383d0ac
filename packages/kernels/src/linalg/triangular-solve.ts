import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { copyRow, type Pointer, realsOf } from './real.js'
import { emitSubstitution, type Triangle } from './substitution.js'

/** Triangular systems of equations. */
export interface TriangularSolveSpec extends Triangle {
  readonly dtype: FloatDType
  /** How many systems. */
  readonly count: number
  /** Rows and columns of the triangles. */
  readonly n: number
  /** Right-hand sides of each. */
  readonly columns: number
  /** One triangle serves all systems. */
  readonly shared: boolean
}

/**
 * X with op(A)·X = B by substitution; divisions by a diagonal element 0 give infinities and NaN.
 *
 * @example
 * const triangle = { lower: true, transpose: false, unitDiagonal: false }
 * triangularSolve({ dtype: 'f32', count: 1, n: 3, columns: 2, shared: false, ...triangle }).inputs // → 2
 */
export function triangularSolve(spec: TriangularSolveSpec): Kernel {
  const { dtype, count, n, columns, shared, lower, transpose, unitDiagonal } = spec
  const reals = realsOf[dtype]
  const form = [
    lower ? 'lower' : 'upper',
    transpose && 'transpose',
    unitDiagonal && 'unit',
    shared && 'shared',
  ]
  return {
    key: `triangularSolve:${dtype}:${count}x${n}x${columns}:${form.filter(Boolean).join(':')}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: count * n * n * columns,
    emit({ f, inputs, outputs }) {
      if (count * n * columns === 0) return
      const right = n * columns * reals.bytes
      const steps = [shared ? 0 : n * n * reals.bytes, right, right]
      nest(f, [{ length: count, steps }], [...inputs, ...outputs], ([a, b, out]) => {
        copyRow(f, reals, out as Pointer, b as Pointer, n * columns)
        emitSubstitution(f, reals, spec, [n, columns], [a as Pointer, out as Pointer])
      })
    },
  }
}
