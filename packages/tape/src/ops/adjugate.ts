// The determinant and its derivatives: cofactors, and how they change.
import { cofactor, copy, determinant } from '@wengert/kernels'
import { type Aval, registerOp, stridesOf } from '../program/index.js'
import { applyOne, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, div, mul, neg, sub } from './arithmetic.js'
import { allBatched } from './batch.js'
import { cumprod } from './cumulative.js'
import { matmul } from './matmul.js'
import {
  asColumn,
  asRow,
  diagonalMatrices,
  diagonals,
  moreMatrices,
  onDiagonal,
  squares,
  turned,
} from './matrices.js'
import { sum } from './reduction.js'
import { opposite, previous } from './scan.js'
import { reshape, stopGradient } from './shape.js'
import { sign } from './sign.js'
import { svd } from './svd.js'
import { withUnread } from './unread.js'
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
// Operands: A, G, and as a constant the Hessian of the determinant at A times G, which is the result.
registerOp({
  name: 'determinantHessian',
  infer: ([a]) => [a as Aval],
  lower: ([a]) =>
    withUnread(withUnread(copy({ ...(a as Aval), strides: stridesOf((a as Aval).shape), offset: 0 }))),
})

/** Determinants of square matrices, [...] of [..., n, n]. */
export const determinants = (x: Tensor): Tensor => applyOne('determinant', [x])
const cofactors = (x: Tensor): Tensor => applyOne('cofactor', [x])
const ofMatrix = (x: Tensor): Tensor => reshape(x, [...x.shape, 1, 1])
const inner = (x: Tensor, y: Tensor): Tensor => sum(mul(x, y), { axis: [-2, -1] })
const times = (scalars: Tensor, x: Tensor): Tensor => mul(ofMatrix(scalars), x)

// d det(A) = ⟨cof(A), dA⟩ (Jacobi's formula).
defineRule('determinant', {
  pullback: ({ inputs: [x], ct }) => [times(ct, cofactors(x as Tensor))],
  pushforward: ({ inputs: [x], tangents: [t] }) => inner(cofactors(x as Tensor), t as Tensor),
  batch: moreMatrices('determinant'),
})

defineRule('cofactor', {
  pullback: ({ inputs: [x], ct }) => [hessianTimes(x as Tensor, ct)],
  pushforward: ({ inputs: [x], tangents: [t] }) => hessianTimes(x as Tensor, t as Tensor),
  batch: moreMatrices('cofactor'),
})

/**
 * The Hessian of the determinant at A times G, which is its own transpose. With A = U·S·Vᵀ, B = Uᵀ·G·V and
 * Pᵢⱼ = Π sₖ over k ≠ i, j it is det(U)·det(V)·U·M·Vᵀ, Mᵢᵢ = Σⱼ Pᵢⱼ·Bⱼⱼ over j ≠ i and Mᵢⱼ = −Pᵢⱼ·Bⱼᵢ: nothing is
 * divided by, so A may be singular. Cofactors of 2 × 2 matrices are linear.
 */
function hessianTimes(a: Tensor, g: Tensor): Tensor {
  const n = a.shape.at(-1) as number
  if (n === 2) return cofactors(g)
  const { u, s, vt } = svd(stopGradient(a))
  const b = matmul(matmul(turned(u), stopGradient(g)), turned(vt))
  const products = productsOfOthers(s)
  const onIt = matmul(products, asColumn(diagonals(b)))
  const m = where(onDiagonal(n), diagonalMatrices(reshape(onIt, s.shape)), neg(mul(products, turned(b))))
  const value = times(sign(mul(determinants(u), determinants(vt))), matmul(matmul(u, m), vt))
  return applyOne('determinantHessian', [a, g, value])
}

/** Π sₖ over k ≠ i, j, for all pairs i ≠ j; 0 for i = j. */
function productsOfOthers(s: Tensor): Tensor {
  const diagonal = onDiagonal(s.shape.at(-1) as number)
  const withoutOne = where(diagonal, scalarLike(s, 1), asRow(s))
  const forwards = { axis: s.rank, reverse: false }
  const backwards = opposite(forwards)
  const before = previous(cumprod(withoutOne, forwards), forwards, 1)
  const after = previous(cumprod(withoutOne, backwards), backwards, 1)
  return where(diagonal, scalarLike(s, 0), mul(before, after))
}

// H(A)[G] = (⟨C, G⟩·C − C·Gᵀ·C) / det(A), C = cof(A); what follows is its derivative along T, which is symmetric in
// G, T and the cotangent.
function thirdDerivative(a: Tensor, g: Tensor, t: Tensor, out: Tensor): Tensor {
  const [c, h, gt] = [cofactors(a), hessianTimes(a, t), turned(g)]
  const spread = add(times(inner(h, g), c), times(inner(c, g), h))
  const products = add(matmul(matmul(h, gt), c), matmul(matmul(c, gt), h))
  return div(sub(sub(spread, products), times(inner(c, t), out)), ofMatrix(determinants(a)))
}

defineRule('determinantHessian', {
  pullback({ inputs, outputs: [out], ct, wanted }) {
    const [a, g] = inputs as readonly [Tensor, Tensor]
    return [
      wanted[0] ? thirdDerivative(a, g, ct, out as Tensor) : undefined,
      wanted[1] ? hessianTimes(a, ct) : undefined,
      undefined,
    ]
  },
  pushforward({ inputs, outputs: [out], tangents: [da, dg] }) {
    const [a, g] = inputs as readonly [Tensor, Tensor]
    const first = da && thirdDerivative(a, g, da, out as Tensor)
    const second = dg && hessianTimes(a, dg)
    return first && second ? add(first, second) : (first ?? second)
  },
  batch: site => applyOne('determinantHessian', allBatched(site).inputs, site.params),
})
