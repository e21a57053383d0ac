import { qr as qrKernel } from '@wengert/kernels'
import { type Aval, registerOp } from '../program/index.js'
import { apply, applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, sub } from './arithmetic.js'
import { concat } from './concat.js'
import { tril } from './diagonal.js'
import { matmul } from './matmul.js'
import {
  antisymmetric,
  checkMatrices,
  leading,
  rectangles,
  sidesOf,
  strictlyLower,
  turned,
} from './matrices.js'
import { zerosLike } from './reduction.js'
import { slice } from './shape.js'

// Of matrices [m, n] with m ≥ n.
registerOp({
  name: 'qr',
  infer([x]) {
    const { dtype, shape } = x as Aval
    const n = shape.at(-1) as number
    return [x as Aval, { dtype, shape: shape.with(-2, n) }]
  },
  lower: ([x]) => qrKernel(rectangles(x as Aval)),
})

/** R⁻¹·X, or R⁻ᵀ·X. */
const solveR = (r: Tensor, x: Tensor, transpose: boolean) =>
  applyOne('triangularSolve', [r, x], { lower: false, transpose, unitDiagonal: false })

// With T = Ȧ·R⁻¹ and B = Qᵀ·T: Ω = Qᵀ·Q̇ is antisymmetric and equals B below the diagonal; Ṙ = (B − Ω)·R,
// Q̇ = T − Q·(B − Ω). The transpose: Ā = (Q̄ + Q·sym(R·R̄ᵀ − Q̄ᵀ·Q))·R⁻ᵀ, sym(M) being the symmetric matrix with the
// lower triangle of M (Walter, Lehmann & Lamour 2012; Seeger et al. 2017, arXiv:1710.08717).
defineRule('qr', {
  pullback({ outputs, cts: [dq, dr] }) {
    const [q, r] = outputs as readonly [Tensor, Tensor]
    const fromR = dr && matmul(r, turned(dr))
    const fromQ = dq && matmul(turned(dq), q)
    const both = fromR && fromQ ? sub(fromR, fromQ) : (fromR ?? sub(zerosLike(r), fromQ as Tensor))
    const symmetric = add(tril(both), turned(strictlyLower(both)))
    const product = matmul(q, symmetric)
    return [turned(solveR(r, turned(dq ? add(dq, product) : product), false))]
  },
  pushforward({ outputs, tangents: [t] }) {
    const [q, r] = outputs as readonly [Tensor, Tensor]
    const scaled = turned(solveR(r, turned(t as Tensor), true))
    const inner = matmul(turned(q), scaled)
    const upper = sub(inner, antisymmetric(inner))
    return [sub(scaled, matmul(q, upper)), matmul(upper, r)]
  },
  batch: ({ inputs, params }) => apply('qr', inputs, params),
})

/** Orthogonal and triangular factors. */
export interface Qr {
  /** Orthonormal columns, [..., m, k] with k = min(m, n). */
  readonly q: Tensor
  /** Upper triangular, [..., k, n]. */
  readonly r: Tensor
}

/**
 * QR factorisation by Householder reflections, reduced: Q·R = A. Diagonal elements of R may be negative, as in NumPy.
 * Derivatives need the first min(m, n) columns of A to be linearly independent; they are infinite or NaN where those
 * are not.
 *
 * @param x [..., m, n]
 * @throws {@link ShapeError} for a tensor of rank 0 or 1; {@link DTypeError} unless f32 or f64.
 * @example
 * const { q, r } = qr(tensor([[3, 1], [4, 2]]))
 * q.toArray() // ≈ [[-0.6, -0.8], [-0.8, 0.6]]
 * r.toArray() // ≈ [[-5, -2.2], [0, 0.4]]
 */
export function qr(x: Tensor): Qr {
  checkTensor('qr', 'x', x)
  checkMatrices('qr', x)
  const [m, n] = sidesOf(x)
  if (m >= n) {
    const [q, r] = apply('qr', [x]) as readonly [Tensor, Tensor]
    return { q, r }
  }
  // The first m columns give Q, which turns the others.
  const lead = leading(x)
  const first = slice(x, [], [...lead, m, m])
  const rest = slice(x, [...lead.map(() => 0), 0, m])
  const { q, r } = qr(first)
  return { q, r: concat([r, matmul(turned(q), rest)], { axis: -1 }) }
}
