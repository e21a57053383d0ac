import { type FloatDType, triangularSolve as triangularSolveKernel } from '@wengert/kernels'
import { checkOptions } from '../options.js'
import { type Aval, type Params, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { neg, sub } from './arithmetic.js'
import { allBatched } from './batch.js'
import { tril, triu } from './diagonal.js'
import { matmul } from './matmul.js'
import { alignLeading, asColumn, checkSystem, leading, sidesOf, turned } from './matrices.js'
import { broadcastTo, sumTo, zerosLike } from './reduction.js'
import { reshape } from './shape.js'

/** Which triangle of a matrix is meant, and how. */
export interface TriangleOptions {
  /** The lower triangle (default), or the upper one; the other is not read. */
  readonly lower?: boolean
  /** Solve with the transpose of the triangle. */
  readonly transpose?: boolean
  /** The diagonal counts as 1 and is not read. */
  readonly unitDiagonal?: boolean
}

const triangleOf = (params: Params) => params as unknown as Required<TriangleOptions>

// A triangle of rank 2 serves all right-hand sides.
registerOp({
  name: 'triangularSolve',
  infer: ([, b]) => [b as Aval],
  lower([a, b], _out, params) {
    const { dtype, shape } = b as Aval
    const [n, columns] = shape.slice(-2) as [number, number]
    const shared = (a as Aval).shape.length === 2
    const count = sizeOf(shape.slice(0, -2))
    return triangularSolveKernel({
      dtype: dtype as FloatDType,
      ...{ count, n, columns, shared },
      ...triangleOf(params),
    })
  },
})

// op(A)·X = B: B̄ = op(A)⁻ᵀ·X̄ and d op(A) = −B̄·Xᵀ within the triangle; Ẋ = op(A)⁻¹·(Ḃ − op(Ȧ)·X) (Giles 2008).
defineRule('triangularSolve', {
  pullback({ inputs: [a], outputs: [x], ct, params, wanted }) {
    const triangle = triangleOf(params)
    const db = apply(a as Tensor, ct, { ...triangle, transpose: !triangle.transpose })
    if (!wanted[0]) return [undefined, db]
    const product = triangle.transpose ? matmul(x as Tensor, turned(db)) : matmul(db, turned(x as Tensor))
    return [sumTo(neg(within(product, triangle)), (a as Tensor).shape), wanted[1] ? db : undefined]
  },
  pushforward({ inputs: [a], outputs: [x], tangents: [da, db], params }) {
    const triangle = triangleOf(params)
    if (!da) return apply(a as Tensor, db as Tensor, triangle)
    const part = within(da, triangle)
    const through = matmul(triangle.transpose ? turned(part) : part, x as Tensor)
    return apply(a as Tensor, sub(db ?? zerosLike(x as Tensor), through), triangle)
  },
  batch(site) {
    const { inputs, batched, params } = site
    const [single] = inputs as readonly [Tensor]
    if (!batched[0] && single.rank === 2) return applyOne('triangularSolve', inputs, params)
    const [a, b] = allBatched(site).inputs as readonly [Tensor, Tensor]
    // A triangle that serves several right-hand sides of its own element is repeated for them.
    const own = reshape(a, [
      ...a.shape.slice(0, -2),
      ...b.shape.slice(a.rank - 2, -2).map(() => 1),
      ...sidesOf(a),
    ])
    return applyOne('triangularSolve', [broadcastTo(own, [...leading(b), ...sidesOf(a)]), b], params)
  },
})

/** The part of a matrix that is read. */
function within(x: Tensor, { lower, unitDiagonal }: Required<TriangleOptions>): Tensor {
  if (lower) return tril(x, unitDiagonal ? -1 : 0)
  return triu(x, unitDiagonal ? 1 : 0)
}

const apply = (a: Tensor, b: Tensor, triangle: Required<TriangleOptions>): Tensor =>
  applyOne('triangularSolve', [a, b], { ...triangle })

/**
 * X with A·X = B for a triangle A, by substitution. Leading axes are a batch and broadcast; a vector b is one
 * right-hand side, and so is the result. A diagonal element 0 gives infinities or NaN.
 *
 * @param a [..., n, n]
 * @param b [..., n, m] or [n]
 * @throws {@link ShapeError} unless a is square and b has as many rows; {@link DTypeError} unless both are f32 or both
 * f64.
 * @example
 * const l = tensor([[2, 0], [1, 4]])
 * triangularSolve(l, tensor([2, 9])).toArray() // → [1, 2]
 * triangularSolve(l, tensor([4, 8]), { transpose: true }).toArray() // → [1, 2]
 */
export function triangularSolve(a: Tensor, b: Tensor, options: TriangleOptions = {}): Tensor {
  checkTensor('triangularSolve', 'a', a)
  checkTensor('triangularSolve', 'b', b)
  const {
    lower = true,
    transpose = false,
    unitDiagonal = false,
  } = checkOptions('triangularSolve', options, ['lower', 'transpose', 'unitDiagonal'])
  checkSystem('triangularSolve', a, b)
  if (b.rank === 1) {
    const x = triangularSolve(a, asColumn(b), options)
    return reshape(x, x.shape.slice(0, -1))
  }
  const [triangles, right] = a.rank === 2 ? [a, b] : alignLeading('triangularSolve', [a, b])
  return apply(triangles as Tensor, right as Tensor, { lower, transpose, unitDiagonal })
}
