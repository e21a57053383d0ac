import type { V } from '@wengert/kernels'
import { DTypeError, OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { type Aval, formatAval, isFloat, registerOp } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { mul } from './arithmetic.js'
import { unary } from './elementwise.js'

/**
 * Logarithm of |Γ(x)|; ∞ at 0, −1, −2, … and ±∞. Below 0 errors are small beside log(π / |sin πx|), so that zeros
 * there are only absolutely exact.
 *
 * @example
 * lgamma(tensor([1, 5])).toArray() // → [0, 3.178054]
 */
export const lgamma = unary('lgamma', {
  summary: 'Logarithm of the absolute value of the gamma function.',
  domain: [0.6, 4],
  kernel: (m, x) => m.lgamma(x),
  derivative: x => digamma(x),
})

/**
 * ψ(x) = Γ′(x)/Γ(x), the derivative of {@link lgamma}; ∓∞ at ±0, NaN at −1, −2, … and −∞.
 *
 * @example
 * digamma(tensor([1, 2])).toArray() // → [-0.5772157, 0.4227843]
 */
export const digamma = unary('digamma', {
  summary: 'Derivative of the logarithm of the gamma function.',
  domain: [0.6, 4],
  kernel: (m, x) => m.digamma(x),
  derivative: x => polygamma(x, 1),
})

registerOp({
  name: 'polygamma',
  infer: ([x]) => [x as Aval],
  element: (_avals, out, params) => {
    const order = params.order as number
    return { name: `polygamma${order}`, algebra: out.dtype, body: (m, x) => m.polygamma(x as V, order) }
  },
})
const next = (x: Tensor | undefined, order: unknown) => polygamma(x as Tensor, (order as number) + 1)
defineRule('polygamma', {
  pullback: ({ inputs: [x], ct, params }) => [mul(ct, next(x, params.order))],
  pushforward: ({ inputs: [x], tangents: [t], params }) => t && mul(t, next(x, params.order)),
  batch: ({ inputs, params }) => applyOne('polygamma', inputs, params),
})

/** Beyond, factorials leave the range of numbers. */
const LARGEST_ORDER = 100

/**
 * The derivative of {@link digamma} of an order: order 1 is the trigamma function Σ 1/(x + k)². At 0, −1, −2, … it is
 * ∞ for odd orders; for even ones NaN, but ∓∞ at ±0.
 *
 * @param order a whole number from 1 to 100
 * @throws {@link DTypeError} unless x is a float; {@link OptionError} for another order.
 * @example
 * polygamma(tensor([1, 2]), 1).toArray() // → [1.644934, 0.644934]
 */
export function polygamma(x: Tensor, order: number): Tensor {
  checkTensor('polygamma', 'x', x)
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      summary: `polygamma: dtype not taken: ${formatAval(x.aval)}.`,
      expected: 'operands among f32, f64',
      at: callerLocation(),
      fix: "convert with x.convert('f32')",
    })
  }
  if (!Number.isInteger(order) || order < 1 || order > LARGEST_ORDER) {
    throw new OptionError({
      summary: `polygamma: order ${shown(order)}.`,
      expected: `a whole number from 1 to ${LARGEST_ORDER}`,
      at: callerLocation(),
      fix: order === 0 ? 'order 0 is digamma(x)' : undefined,
    })
  }
  return applyOne('polygamma', [x], { order })
}
