import { cholesky as choleskyKernel } from '@wengert/kernels'
import { type Aval, dataFrom, registerOp } from '../program/index.js'
import { applyOne, checkTensor, fromData, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { mul } from './arithmetic.js'
import { tril } from './diagonal.js'
import { matmul } from './matmul.js'
import { checkSquares, folded, moreMatrices, squares, symmetric, turned } from './matrices.js'

registerOp({
  name: 'cholesky',
  infer: ([x]) => [x as Aval],
  lower: ([x]) => choleskyKernel(squares(x as Aval)),
})

// The lower triangle of the operand stands for a symmetric A. Ȧ = L̇·Lᵀ + L·L̇ᵀ gives L̇ = L·Φ(L⁻¹·Ȧ·L⁻ᵀ), Φ taking
// the lower triangle and half of the diagonal; its transpose is Ā = L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹ (Murray 2016, arXiv:1602.07527).
defineRule('cholesky', {
  pullback({ outputs: [l], ct }) {
    const inner = half(matmul(turned(l as Tensor), ct))
    return [folded(onBothSides(l as Tensor, inner, true))]
  },
  pushforward: ({ outputs: [l], tangents: [t] }) =>
    matmul(l as Tensor, half(onBothSides(l as Tensor, symmetric(t as Tensor), false))),
  batch: moreMatrices('cholesky'),
})

/** Φ. */
function half(x: Tensor): Tensor {
  const n = x.shape.at(-1) as number
  const weights = Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 0.5 : 1))
  return mul(tril(x), fromData({ dtype: x.dtype, shape: [n, n] }, dataFrom(x.dtype, weights)))
}

/** L⁻¹·X·L⁻ᵀ, or L⁻ᵀ·X·L⁻¹. */
function onBothSides(l: Tensor, x: Tensor, transpose: boolean): Tensor {
  const solve = (b: Tensor) =>
    applyOne('triangularSolve', [l, b], { lower: true, transpose, unitDiagonal: false })
  return turned(solve(turned(solve(x))))
}

/**
 * Cholesky factor of symmetric positive definite matrices: the lower triangular L with L·Lᵀ = A. Only the lower
 * triangle of A is read, so the derivative with respect to the upper one is 0. Where a leading minor of A is not
 * positive, L is NaN from that column on.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * cholesky(tensor([[4, 2], [2, 5]])).toArray() // → [[2, 0], [1, 2]]
 */
export function cholesky(x: Tensor): Tensor {
  checkTensor('cholesky', 'x', x)
  checkSquares('cholesky', x)
  return applyOne('cholesky', [x])
}
