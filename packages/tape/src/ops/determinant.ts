import { cofactor, determinant } from '@wengert/kernels'
import { type Aval, registerOp } from '../program/index.js'
import { applyOne, scalarLike, type Tensor } from '../record/index.js'
import { div, mul, sub } from './arithmetic.js'
import { greater, less } from './comparison.js'
import { convert } from './convert.js'
import { prod } from './cumulative.js'
import { triu } from './diagonal.js'
import { log } from './logarithm.js'
import { lu } from './lu.js'
import { matmul } from './matmul.js'
import { asColumn, asRow, checkSquares, diagonals, moreMatrices, squares, turned } from './matrices.js'
import { sum, zerosLike } from './reduction.js'
import { mod } from './rounding.js'
import { defineRule } from './rule.js'
import { abs, sign } from './sign.js'
import { where } from './where.js'

registerOp({
  name: 'determinant',
  infer: ([x]) => [{ dtype: (x as Aval).dtype, shape: (x as Aval).shape.slice(0, -2) }],
  lower: ([x]) => determinant(squares(x as Aval)),
})
registerOp({
  name: 'cofactor',
  infer: ([x]) => [x as Aval],
  lower: ([x]) => cofactor(squares(x as Aval)),
})

const cofactors = (x: Tensor): Tensor => applyOne('cofactor', [x])
const ofMatrix = (x: Tensor): Tensor => asColumn(asColumn(x))
const inner = (x: Tensor, y: Tensor): Tensor => sum(mul(x, y), { axis: [-2, -1] })

// d det(A) = ⟨cof(A), dA⟩ (Jacobi's formula), for singular matrices too.
defineRule('determinant', {
  pullback: ({ inputs: [x], ct }) => [mul(ofMatrix(ct), cofactors(x as Tensor))],
  pushforward: ({ inputs: [x], tangents: [t] }) => inner(cofactors(x as Tensor), t as Tensor),
  batch: moreMatrices('determinant'),
})

/**
 * The Hessian of the determinant times a matrix, which is its own transpose: (⟨C, G⟩·C − C·Gᵀ·C) / det(A) with
 * C = cof(A), from d A⁻¹ = −A⁻¹·dA·A⁻¹. Cofactors of order 1 are constant, those of order 2 linear.
 */
function hessianTimes(x: Tensor, c: Tensor, g: Tensor): Tensor {
  const n = x.shape.at(-1) as number
  if (n < 2) return zerosLike(x)
  if (n === 2) return cofactors(g)
  const spread = mul(ofMatrix(inner(c, g)), c)
  return div(sub(spread, matmul(matmul(c, turned(g)), c)), ofMatrix(det(x)))
}

defineRule('cofactor', {
  pullback: ({ inputs: [x], outputs: [c], ct }) => [hessianTimes(x as Tensor, c as Tensor, ct)],
  pushforward: ({ inputs: [x], outputs: [c], tangents: [t] }) =>
    hessianTimes(x as Tensor, c as Tensor, t as Tensor),
  batch: moreMatrices('cofactor'),
})

/**
 * Determinants of square matrices. The first derivative is right for singular matrices too; those of order 2 and more
 * are NaN there, but for matrices of up to 2 rows.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * det(tensor([[2, 1], [4, 4]])).item() // → 4
 * grad(det)(tensor([[1, 2], [2, 4]])).toArray() // → [[4, -2], [-2, 1]]
 */
export function det(x: Tensor): Tensor {
  checkSquares('det', x)
  return applyOne('determinant', [x])
}

/** A determinant as sign · exp(logabs). */
export interface SignedLog {
  /** 1, −1, or 0 of a singular matrix. */
  readonly sign: Tensor
  /** Natural logarithm of the absolute value, −∞ of a singular matrix. */
  readonly logabs: Tensor
}

/**
 * Signs of determinants and logarithms of their absolute values, where the determinant itself may be too large or too
 * small for its dtype. Singular matrices have no derivative.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * const { sign, logabs } = slogdet(tensor([[0, 2], [4, 0]]))
 * sign.item() // → -1
 * logabs.item() // ≈ 2.0794415
 */
export function slogdet(x: Tensor): SignedLog {
  checkSquares('slogdet', x)
  const { lu: packed, permutation } = lu(x)
  const diagonal = diagonals(packed)
  return {
    sign: mul(parity(permutation, x), prod(sign(diagonal), { axis: -1 })),
    logabs: sum(log(abs(diagonal)), { axis: -1 }),
  }
}

/** 1 of even permutations, −1 of odd ones: those with an odd number of pairs in the wrong order. */
function parity(permutation: Tensor, { dtype }: Tensor): Tensor {
  const wrong = convert(greater(asColumn(permutation), asRow(permutation)), 'i32')
  const count = convert(sum(triu(wrong), { axis: [-2, -1] }), dtype)
  return sub(1, mul(2, mod(count, 2)))
}

/**
 * Natural logarithms of determinants: −∞ of singular matrices, NaN where the determinant is negative.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * logdet(tensor([[2, 1], [0, 4]])).item() // ≈ 2.0794415
 */
export function logdet(x: Tensor): Tensor {
  checkSquares('logdet', x)
  const { sign, logabs } = slogdet(x)
  return where(less(sign, 0), scalarLike(logabs, Number.NaN), logabs)
}
