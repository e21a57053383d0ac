import { checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { determinants } from './adjugate.js'
import { add, mul, sub } from './arithmetic.js'
import { greater, less } from './comparison.js'
import { convert } from './convert.js'
import { prod } from './cumulative.js'
import { triu } from './diagonal.js'
import { log } from './logarithm.js'
import { lu } from './lu.js'
import { asColumn, asRow, checkSquares, diagonals } from './matrices.js'
import { sum } from './reduction.js'
import { mod } from './rounding.js'
import { abs, sign } from './sign.js'
import { where } from './where.js'

/**
 * Determinants of square matrices. Derivatives of order 1 and 2 are right for singular matrices too; those of order 3
 * and more divide by the determinant, but for matrices of up to 2 rows.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * det(tensor([[2, 1], [4, 4]])).item() // → 4
 * grad(det)(tensor([[1, 2], [2, 4]])).toArray() // → [[4, -2], [-2, 1]]
 */
export function det(x: Tensor): Tensor {
  checkTensor('det', 'x', x)
  checkSquares('det', x)
  return determinants(x)
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
  checkTensor('slogdet', 'x', x)
  checkSquares('slogdet', x)
  const { lu: packed, permutation } = lu(x)
  const diagonal = diagonals(packed)
  return {
    // 0 is added because −1 · 0 is −0.
    sign: add(mul(parity(permutation, x), prod(sign(diagonal), { axis: -1 })), 0),
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
  checkTensor('logdet', 'x', x)
  checkSquares('logdet', x)
  const { sign, logabs } = slogdet(x)
  return where(less(sign, 0), scalarLike(logabs, Number.NaN), logabs)
}
