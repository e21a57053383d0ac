import { eigh as eighKernel } from '@wengert/kernels'
import { type Aval, registerOp } from '../program/index.js'
import { apply, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, div, mul, sub } from './arithmetic.js'
import { matmul } from './matmul.js'
import {
  asColumn,
  asRow,
  checkSquares,
  diagonalMatrices,
  diagonals,
  folded,
  onDiagonal,
  squares,
  symmetric,
  turned,
} from './matrices.js'
import { where } from './where.js'

registerOp({
  name: 'eigh',
  infer([x]) {
    const { dtype, shape } = x as Aval
    return [{ dtype, shape: shape.slice(0, -1) }, x as Aval]
  },
  lower: ([x]) => eighKernel(squares(x as Aval)),
})

/** 1 / (wⱼ − wᵢ), and 0 on the diagonal. */
function gaps(w: Tensor): Tensor {
  const diagonal = onDiagonal(w.shape.at(-1) as number)
  const differences = sub(asRow(w), asColumn(w))
  const one = scalarLike(w, 1)
  return where(diagonal, scalarLike(w, 0), div(one, where(diagonal, one, differences)))
}

// The lower triangle of the operand stands for a symmetric A. With B = Vᵀ·Ȧ·V and Fᵢⱼ = 1 / (wⱼ − wᵢ): ẇ = diag(B),
// V̇ = V·(F∘B); the transpose is Ā = V·(diag(w̄) + F∘(Vᵀ·V̄))·Vᵀ (Giles 2008).
defineRule('eigh', {
  pullback({ outputs, cts: [dw, dv] }) {
    const [w, v] = outputs as readonly [Tensor, Tensor]
    if (!dv) return [folded(matmul(mul(v, asRow(dw as Tensor)), turned(v)))]
    const rotation = mul(gaps(w), matmul(turned(v), dv))
    const inner = dw ? add(diagonalMatrices(dw), rotation) : rotation
    return [folded(matmul(matmul(v, inner), turned(v)))]
  },
  pushforward({ outputs, tangents: [t] }) {
    const [w, v] = outputs as readonly [Tensor, Tensor]
    const inner = matmul(matmul(turned(v), symmetric(t as Tensor)), v)
    return [diagonals(inner), matmul(v, mul(gaps(w), inner))]
  },
  batch: ({ inputs, params }) => apply('eigh', inputs, params),
})

/** Eigenvalues and eigenvectors. */
export interface Eigh {
  /** Ascending, [..., n]. */
  readonly values: Tensor
  /** An eigenvector of length 1 in each column, [..., n, n]; its sign is not specified. */
  readonly vectors: Tensor
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices. Only the lower triangle is read, so the derivative with respect
 * to the upper one is 0. Where eigenvalues repeat, eigenvectors have no derivative, and theirs are infinite or NaN;
 * that of functions of all eigenvalues alike, such as their sum of squares, exists and is right.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * const { values, vectors } = eigh(tensor([[2, 0], [0, 1]]))
 * values.toArray() // → [1, 2]
 * vectors.abs().toArray() // → [[0, 1], [1, 0]]
 */
export function eigh(x: Tensor): Eigh {
  checkTensor('eigh', 'x', x)
  checkSquares('eigh', x)
  const [values, vectors] = apply('eigh', [x]) as readonly [Tensor, Tensor]
  return { values, vectors }
}
