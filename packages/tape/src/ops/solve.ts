import { type FloatDType, luSolve } from '@wengert/kernels'
import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { type Aval, type Params, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { neg, sub } from './arithmetic.js'
import { allBatched } from './batch.js'
import { lu } from './lu.js'
import { matmul } from './matmul.js'
import {
  alignLeading,
  asColumn,
  checkSquares,
  checkSystem,
  identityLike,
  leading,
  turned,
} from './matrices.js'
import { broadcastTo, zerosLike } from './reduction.js'
import { reshape, stopGradient, transpose } from './shape.js'
import { withUnread } from './unread.js'

// Operands: A, its factors and their permutation, as constants, and B.
registerOp({
  name: 'luSolve',
  infer: ([, , , b]) => [b as Aval],
  lower([, , , b], _out, params) {
    const { dtype, shape } = b as Aval
    const [n, columns] = shape.slice(-2) as [number, number]
    const { transpose } = params as { transpose: boolean }
    return withUnread(
      luSolve({
        dtype: dtype as FloatDType,
        ...{ count: sizeOf(shape.slice(0, -2)), n, columns, transpose },
      }),
    )
  },
})

// op(A)·X = B: B̄ = op(A)⁻ᵀ·X̄, d op(A) = −B̄·Xᵀ; Ẋ = op(A)⁻¹·(Ḃ − op(Ȧ)·X) (Giles 2008).
defineRule('luSolve', {
  pullback({ inputs, outputs: [x], ct, params, wanted }) {
    const db = withFactors(inputs, ct, { transpose: params.transpose !== true })
    const da = () => neg(params.transpose ? matmul(x as Tensor, turned(db)) : matmul(db, turned(x as Tensor)))
    return [wanted[0] ? da() : undefined, undefined, undefined, wanted[3] ? db : undefined]
  },
  pushforward({ inputs, outputs: [x], tangents: [da, , , db], params }) {
    const right = db ?? zerosLike(x as Tensor)
    if (!da) return withFactors(inputs, right, params)
    const through = matmul(params.transpose ? turned(da) : da, x as Tensor)
    return withFactors(inputs, sub(right, through), params)
  },
  batch(site) {
    const { inputs, batched, params } = site
    const [a, factors, permutation, b] = inputs as readonly [Tensor, Tensor, Tensor, Tensor]
    if (a.rank !== 2 || batched[0] || batched[1]) {
      return applyOne('luSolve', allBatched(site).inputs, params)
    }
    return sideBySide(b, flat => applyOne('luSolve', [a, factors, permutation, flat], params))
  },
})

const withFactors = ([a, factors, permutation]: readonly Tensor[], b: Tensor, params: Params): Tensor =>
  applyOne('luSolve', [a, factors, permutation, b] as readonly Tensor[], params)

/** Several [n, m] side by side as one [n, …], for a matrix that serves all. */
function sideBySide(b: Tensor, solveAll: (flat: Tensor) => Tensor): Tensor {
  const lead = leading(b)
  const [n, columns] = b.shape.slice(-2) as [number, number]
  const rank = b.rank
  const rows = transpose(b, [rank - 2, ...lead.keys(), rank - 1])
  const x = solveAll(reshape(rows, [n, sizeOf(lead) * columns]))
  return transpose(reshape(x, [n, ...lead, columns]), [...lead.map((_, k) => k + 1), 0, rank - 1])
}

/**
 * X with A·X = B, by LU factorisation with partial pivoting. Leading axes are a batch and broadcast; a vector b is one
 * right-hand side, and so is the result. Where A is singular, elements are infinite or NaN.
 *
 * @param a [..., n, n]
 * @param b [..., n, m] or [n]
 * @throws {@link ShapeError} unless a is square and b has as many rows; {@link DTypeError} unless both are f32 or both
 * f64.
 * @example
 * solve(tensor([[1, 2], [3, 4]]), tensor([5, 11])).toArray() // ≈ [1, 2]
 * grad(b => sum(solve(tensor([[2, 0], [0, 4]]), b)))(tensor([1, 1])).toArray() // → [0.5, 0.25]
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  checkTensor('solve', 'a', a)
  checkTensor('solve', 'b', b)
  checkSystem('solve', a, b)
  if (b.rank === 1) {
    const x = solve(a, asColumn(b))
    return reshape(x, x.shape.slice(0, -1))
  }
  if (a.rank === 2 && b.rank > 2) return sideBySide(b, flat => solve(a, flat))
  const [matrices, right] = alignLeading('solve', [a, b]) as readonly [Tensor, Tensor]
  const { lu: factors, permutation } = lu(stopGradient(matrices))
  return applyOne('luSolve', [matrices, factors, permutation, right], { transpose: false })
}

/**
 * Inverses of square matrices; elements are infinite or NaN where one is singular. To solve equations {@link solve} is
 * faster and more accurate.
 *
 * @param x [..., n, n]
 * @throws {@link ShapeError} unless the matrices are square; {@link DTypeError} unless f32 or f64.
 * @example
 * inv(tensor([[2, 0], [0, 4]])).toArray() // → [[0.5, 0], [0, 0.25]]
 */
export function inv(x: Tensor): Tensor {
  checkTensor('inv', 'x', x)
  checkSquares('inv', x)
  return solve(x, broadcastTo(identityLike(x, x.shape.at(-1) as number), x.shape))
}

/**
 * Integer powers of square matrices by repeated squaring; the power 0 is the identity, negative ones are powers of the
 * inverse.
 *
 * @param x [..., n, n]
 * @throws {@link OptionError} unless the power is an integer; {@link ShapeError} unless the matrices are square;
 * {@link DTypeError} unless f32 or f64.
 * @example
 * matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray() // → [[1, 5], [0, 1]]
 */
export function matrixPower(x: Tensor, power: number): Tensor {
  checkTensor('matrixPower', 'x', x)
  checkSquares('matrixPower', x)
  if (!Number.isSafeInteger(power)) {
    throw new OptionError({
      summary: `matrixPower: power ${shown(power)}.`,
      expected: 'an integer',
      at: callerLocation(),
    })
  }
  if (power === 0) return broadcastTo(identityLike(x, x.shape.at(-1) as number), x.shape)
  let square = power < 0 ? inv(x) : x
  let out: Tensor | undefined
  for (let rest = Math.abs(power); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) out = out ? matmul(out, square) : square
    if (rest > 1) square = matmul(square, square)
  }
  return out as Tensor
}
