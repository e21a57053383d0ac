import { lu as luKernel } from '@wengert/kernels'
import { type Aval, type Params, registerOp } from '../program/index.js'
import { apply, applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add } from './arithmetic.js'
import { triu } from './diagonal.js'
import { matmul } from './matmul.js'
import { checkSquares, identityLike, squares, strictlyLower, turned } from './matrices.js'
import { gatherRows, scatterRows } from './rows.js'

registerOp({
  name: 'lu',
  infer: ([x]) => [x as Aval, { dtype: 'i32', shape: (x as Aval).shape.slice(0, -1) }],
  lower: ([x]) => luKernel(squares(x as Aval)),
})

// P·Ȧ = L̇·U + L·U̇; with F = L⁻¹·P·Ȧ·U⁻¹ this is L̇ = L·F below the diagonal, U̇ = F·U on and above it. The transpose:
// F̄ = Lᵀ·L̄ below and Ū·Uᵀ on and above the diagonal, Ā = Pᵀ·L⁻ᵀ·F̄·U⁻ᵀ (de Hoog, Anderssen & Lukas 2011).
defineRule('lu', {
  pullback({ outputs, cts: [ct] }) {
    const [packed, permutation] = outputs as readonly [Tensor, Tensor]
    const lower = matmul(turned(unitLower(packed)), strictlyLower(ct as Tensor))
    const upper = matmul(triu(ct as Tensor), turned(triu(packed)))
    const inner = add(strictlyLower(lower), triu(upper))
    const left = solveL(packed, inner, true)
    const right = turned(solveU(packed, turned(left), false))
    return [scatterRows(right, permutation, rowsOf(right), right.shape.at(-1) as number)]
  },
  pushforward({ outputs, tangents: [t] }) {
    const [packed, permutation] = outputs as readonly [Tensor, Tensor]
    const permuted = gatherRows(t as Tensor, permutation, rowsOf(packed), 'zero')
    const inner = turned(solveU(packed, turned(solveL(packed, permuted, false)), true))
    const lower = matmul(unitLower(packed), strictlyLower(inner))
    return [add(lower, matmul(triu(inner), triu(packed))), undefined]
  },
  batch: ({ inputs, params }) => apply('lu', inputs, params),
})

const rowsOf = (x: Tensor) => ({ batchRank: x.rank - 2, axis: x.rank - 2 })

const unitLower = (packed: Tensor): Tensor =>
  add(strictlyLower(packed), identityLike(packed, packed.shape.at(-1) as number))

const solveWith = (packed: Tensor, b: Tensor, triangle: Params) =>
  applyOne('triangularSolve', [packed, b], triangle)
const solveL = (packed: Tensor, b: Tensor, transpose: boolean) =>
  solveWith(packed, b, { lower: true, transpose, unitDiagonal: true })
const solveU = (packed: Tensor, b: Tensor, transpose: boolean) =>
  solveWith(packed, b, { lower: false, transpose, unitDiagonal: false })

/** Factors of matrices. */
export interface Lu {
  /** L below the diagonal (on it are ones, which are left out), U on and above it: [..., n, n]. */
  readonly lu: Tensor
  /** Which row of the matrix each row of L·U is: i32[..., n]. */
  readonly permutation: Tensor
}

/**
 * LU factorisation with partial pivoting: L·U is the matrix with its rows permuted. A singular matrix has factors too,
 * with zeros on the diagonal of U, but no derivative there; where pivots change places the derivative jumps.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * const { lu: factors, permutation } = lu(tensor([[1, 2], [4, 4]]))
 * factors.toArray() // → [[4, 4], [0.25, 1]]
 * permutation.toArray() // → [1, 0]
 */
export function lu(x: Tensor): Lu {
  checkTensor('lu', 'x', x)
  checkSquares('lu', x)
  const [packed, permutation] = apply('lu', [x]) as readonly [Tensor, Tensor]
  return { lu: packed, permutation }
}
