import { copy } from '@wengert/kernels'
import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown } from '../options.js'
import { type Aval, registerOp, stridesOf } from '../program/index.js'
import { applyOne, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, div, mul, sub } from './arithmetic.js'
import { allBatched } from './batch.js'
import { greater } from './comparison.js'
import { matmul } from './matmul.js'
import { asRow, checkMatrices, sidesOf, turned } from './matrices.js'
import { max } from './reduction.js'
import { stopGradient } from './shape.js'
import { svd } from './svd.js'
import { withUnread } from './unread.js'
import { where } from './where.js'

// Operands: A, and its pseudoinverse as a constant, which is the result.
registerOp({
  name: 'pinv',
  infer: ([, p]) => [p as Aval],
  lower: ([, p]) => withUnread(copy({ ...(p as Aval), strides: stridesOf((p as Aval).shape), offset: 0 })),
})

// Ṗ = −P·Ȧ·P + P·Pᵀ·Ȧᵀ·(I − A·P) + (I − P·A)·Ȧᵀ·Pᵀ·P where the rank stays (Golub & Pereyra 1973, eq. 4.12).
defineRule('pinv', {
  pullback({ inputs: [a], outputs: [p], ct }) {
    const [x, y] = [a, p] as readonly [Tensor, Tensor]
    const [pt, gt] = [turned(y), turned(ct)]
    // ⟨G, P·Pᵀ·Ȧᵀ·M⟩ = ⟨M·Gᵀ·P·Pᵀ, Ȧ⟩ with M = I − A·P, and so for the other term with N = I − P·A.
    const first = matmul(matmul(pt, ct), pt)
    const beyond = sub(gt, matmul(x, matmul(y, gt)))
    const second = matmul(matmul(beyond, y), pt)
    const within = matmul(pt, matmul(y, gt))
    const third = sub(within, matmul(matmul(within, y), x))
    return [sub(add(second, third), first), undefined]
  },
  pushforward({ inputs: [a], outputs: [p], tangents: [t] }) {
    const [x, y] = [a, p] as readonly [Tensor, Tensor]
    const [pt, dt] = [turned(y), turned(t as Tensor)]
    const first = matmul(matmul(y, t as Tensor), y)
    const left = matmul(matmul(y, pt), dt)
    const second = sub(left, matmul(matmul(left, x), y))
    const right = matmul(matmul(dt, pt), y)
    const third = sub(right, matmul(y, matmul(x, right)))
    return sub(add(second, third), first)
  },
  batch: site => applyOne('pinv', allBatched(site).inputs, site.params),
})

/** Options of {@link pinv}. */
export interface PinvOptions {
  /** Singular values up to this part of the largest one count as 0; default: max(m, n) units of rounding. */
  readonly rtol?: number
}

/** Distance of 1 from the next number. */
const epsilon = { f32: 2 ** -23, f64: 2 ** -52 } as const

/**
 * Moore–Penrose pseudoinverses, by singular values: [..., n, m] of [..., m, n]. The derivative is that along matrices
 * of the same rank.
 *
 * @throws {@link OptionError} for a negative tolerance; {@link ShapeError} for a tensor of rank 0 or 1;
 * {@link DTypeError} unless f32 or f64.
 * @example
 * pinv(tensor([[2, 0], [0, 0], [0, 4]])).toArray() // → [[0.5, 0, 0], [0, 0, 0.25]]
 */
export function pinv(x: Tensor, options: PinvOptions = {}): Tensor {
  checkTensor('pinv', 'x', x)
  const { rtol } = checkOptions('pinv', options, ['rtol'])
  checkMatrices('pinv', x)
  const tolerance = rtol ?? Math.max(...sidesOf(x)) * epsilon[x.dtype as 'f32' | 'f64']
  if (!(typeof tolerance === 'number' && tolerance >= 0)) {
    throw new OptionError({
      summary: `pinv: rtol ${shown(rtol)}.`,
      expected: 'a number of at least 0',
      at: callerLocation(),
    })
  }
  const { u, s, vt } = svd(stopGradient(x))
  const counts = greater(s, mul(max(s, { axis: -1, keepdims: true }), tolerance))
  const inverses = where(counts, div(1, where(counts, s, scalarLike(s, 1))), scalarLike(s, 0))
  return applyOne('pinv', [x, matmul(mul(turned(vt), asRow(inverses)), turned(u))])
}
