import { svd as svdKernel } from '@wengert/kernels'
import { type Aval, registerOp } from '../program/index.js'
import { apply, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, div, mul, sub } from './arithmetic.js'
import { matmul } from './matmul.js'
import {
  asColumn,
  asRow,
  checkMatrices,
  diagonalMatrices,
  diagonals,
  onDiagonal,
  rectangles,
  sidesOf,
  turned,
} from './matrices.js'
import { where } from './where.js'

registerOp({
  name: 'svd',
  infer([x]) {
    const { dtype, shape } = x as Aval
    const [m, n] = shape.slice(-2) as [number, number]
    const k = Math.min(m, n)
    const lead = shape.slice(0, -2)
    return [[m, k], [k], [k, n]].map(own => ({ dtype, shape: [...lead, ...own] }))
  },
  lower: ([x]) => svdKernel(rectangles(x as Aval)),
})

/** 1 / (sⱼ² − sᵢ²), and 0 on the diagonal. */
function gaps(s: Tensor): Tensor {
  const diagonal = onDiagonal(s.shape.at(-1) as number)
  const [row, column] = [asRow(s), asColumn(s)]
  const one = scalarLike(s, 1)
  const differences = mul(sub(row, column), add(row, column))
  return where(diagonal, scalarLike(s, 0), div(one, where(diagonal, one, differences)))
}

/** X less its part in the span of the columns of U: (I − U·Uᵀ)·X. */
const outside = (u: Tensor, x: Tensor): Tensor => sub(x, matmul(u, matmul(turned(u), x)))

const plus = (x: Tensor | undefined, y: Tensor | undefined): Tensor | undefined =>
  x && y ? add(x, y) : (x ?? y)

// With P = Uᵀ·Ȧ·V, Fᵢⱼ = 1 / (sⱼ² − sᵢ²): Ṡ = diag(P), U̇ = U·(F∘(P·S + S·Pᵀ)) + (I − U·Uᵀ)·Ȧ·V·S⁻¹,
// V̇ = V·(F∘(S·P + Pᵀ·S)) + (I − V·Vᵀ)·Ȧᵀ·U·S⁻¹ (Giles 2008; Townsend 2016). What is outside of the
// span of a square factor is nothing.
defineRule('svd', {
  pullback({ inputs: [x], outputs, cts: [du, ds, dvt] }) {
    const [u, s, vt] = outputs as readonly [Tensor, Tensor, Tensor]
    if (!du && !dvt) return [matmul(mul(u, asRow(ds as Tensor)), vt)]
    const [m, n] = sidesOf(x as Tensor)
    const f = gaps(s)
    const turnedBy = (factor: Tensor, ct: Tensor) => {
      const inner = matmul(turned(factor), ct)
      return mul(f, sub(inner, turned(inner)))
    }
    const v = turned(vt)
    const dv = dvt && turned(dvt)
    const fromU = du && mul(turnedBy(u, du), asRow(s))
    const fromV = dv && mul(asColumn(s), turnedBy(v, dv))
    const inner = plus(plus(fromU, fromV), ds && diagonalMatrices(ds)) as Tensor
    const within = matmul(matmul(u, inner), vt)
    const beyondU = du && m > n ? matmul(div(outside(u, du), asRow(s)), vt) : undefined
    const beyondV = dv && n > m ? matmul(u, turned(div(outside(v, dv), asRow(s)))) : undefined
    return [plus(plus(within, beyondU), beyondV)]
  },
  pushforward({ inputs: [x], outputs, tangents: [t] }) {
    const [u, s, vt] = outputs as readonly [Tensor, Tensor, Tensor]
    const [m, n] = sidesOf(x as Tensor)
    const [da, v, f] = [t as Tensor, turned(vt), gaps(s)]
    const alongV = matmul(da, v)
    const p = matmul(turned(u), alongV)
    const ps = mul(p, asRow(s))
    const sp = mul(asColumn(s), p)
    const insideU = matmul(u, mul(f, add(ps, turned(ps))))
    const insideV = matmul(v, mul(f, add(sp, turned(sp))))
    const beyondU = m > n ? div(outside(u, alongV), asRow(s)) : undefined
    const beyondV = n > m ? div(outside(v, matmul(turned(da), u)), asRow(s)) : undefined
    return [plus(insideU, beyondU), diagonals(p), turned(plus(insideV, beyondV) as Tensor)]
  },
  batch: ({ inputs, params }) => apply('svd', inputs, params),
})

/** Singular values and vectors: U·diag(S)·Vᵀ. */
export interface Svd {
  /** Orthonormal columns, [..., m, k] with k = min(m, n). */
  readonly u: Tensor
  /** Singular values, descending, [..., k]. */
  readonly s: Tensor
  /** Orthonormal rows, [..., k, n]. */
  readonly vt: Tensor
}

/**
 * Thin singular value decomposition: U·diag(S)·Vᵀ = A. A column of U and its row of Vᵀ may both have either sign. Where
 * singular values repeat, and where one is 0 of a matrix that is not square, singular vectors have no derivative, and
 * theirs are infinite or NaN.
 *
 * @param x [..., m, n]
 * @throws {@link ShapeError} for a tensor of rank 0 or 1; {@link DTypeError} unless f32 or f64.
 * @example
 * const { u, s, vt } = svd(tensor([[0, 2], [1, 0], [0, 0]]))
 * s.toArray() // → [2, 1]
 * matmul(mul(u, s), vt).toArray() // → [[0, 2], [1, 0], [0, 0]]
 */
export function svd(x: Tensor): Svd {
  checkTensor('svd', 'x', x)
  checkMatrices('svd', x)
  const [u, s, vt] = apply('svd', [x]) as readonly [Tensor, Tensor, Tensor]
  return { u, s, vt }
}

/**
 * Singular values in descending order. The first derivative exists where they differ and where all that are alike have
 * the same weight (as in their sum); at a value 0 it is one of the subgradients.
 *
 * @param x [..., m, n]
 * @throws {@link ShapeError} for a tensor of rank 0 or 1; {@link DTypeError} unless f32 or f64.
 * @example
 * singularValues(tensor([[3, 0], [0, -4]])).toArray() // → [4, 3]
 */
export function singularValues(x: Tensor): Tensor {
  checkTensor('singularValues', 'x', x)
  checkMatrices('singularValues', x)
  return svd(x).s
}
