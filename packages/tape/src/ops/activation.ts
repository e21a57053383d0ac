import { checkOneOf, checkOptions } from '../options.js'
import type { Tensor } from '../record/index.js'
import { add, mul, square } from './arithmetic.js'
import { greater } from './comparison.js'
import { unary } from './elementwise.js'
import { erfc } from './error-function.js'
import { expm1, sigmoid } from './exponential.js'
import { tanh } from './hyperbolic.js'
import { maximum, minimum, relu, where } from './where.js'

/**
 * x, or −10⁴ where it is less: there x times what falls off exponentially is 0 in f32 and f64, and so is its
 * derivative, while −∞ · 0 is NaN.
 */
const notTooLow = (x: Tensor): Tensor => maximum(x, -1e4)

/**
 * min(max(x, 0), 6); its derivatives at 0 and 6 are 0.
 *
 * @example
 * relu6(tensor([-1, 2, 9])).toArray() // → [0, 2, 6]
 */
export const relu6 = (x: Tensor): Tensor => minimum(6, relu(x))

/**
 * x where it is positive, `slope`·x elsewhere.
 *
 * @example
 * leakyRelu(tensor([-1, 2])).toArray() // → [-0.01, 2]
 */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => where(greater(x, 0), x, mul(slope, x))

/**
 * Exponential linear unit: x where it is positive, alpha·(eˣ − 1) elsewhere (Clevert et al. 2015).
 *
 * @example
 * elu(tensor([-1, 2])).toArray() // → [-0.632121, 2]
 */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  // Where x is positive, minimum keeps the side that is not chosen finite.
  where(greater(x, 0), x, mul(alpha, expm1(minimum(x, 0))))

/**
 * Scaled {@link elu}: with its constants mean 0 and variance 1 are a fixed point (Klambauer et al. 2017).
 *
 * @example
 * selu(tensor([-1, 2])).toArray() // → [-1.111331, 2.101402]
 */
export const selu = (x: Tensor): Tensor => mul(1.0507009873554805, elu(x, 1.6732632423543772))

/**
 * log(1 + eˣ) = max(x, 0) + log(1 + exp(−|x|)), which neither overflows nor loses digits.
 *
 * @example
 * softplus(tensor([0, 100])).toArray() // → [0.693147, 100]
 */
export const softplus = unary('softplus', {
  summary: 'log(1 + eˣ).',
  kernel: (m, x) => m.add(m.max(x, m.constant(0)), m.log1p(m.exp(m.neg(m.abs(x))))),
  derivative: x => sigmoid(x),
})

/**
 * x·σ(x), also called swish; 0 at −∞.
 *
 * @example
 * silu(tensor([-1, 2])).toArray() // → [-0.2689414, 1.761594]
 */
export const silu = (x: Tensor): Tensor => mul(notTooLow(x), sigmoid(x))

/**
 * x·tanh(softplus(x)) (Misra 2019); 0 at −∞.
 *
 * @example
 * mish(tensor([-1, 2])).toArray() // → [-0.3034015, 1.943959]
 */
export const mish = (x: Tensor): Tensor => mul(notTooLow(x), tanh(softplus(x)))

/** How {@link gelu} is computed. */
export interface GeluOptions {
  /** `'tanh'` for x·½(1 + tanh(√(2/π)·(x + 0.044715·x³))); default: exact. */
  readonly approximate?: 'tanh'
}

/**
 * Gaussian error linear unit x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016); 0 at −∞.
 *
 * @example
 * gelu(tensor([-1, 2])).toArray() // → [-0.15865525, 1.9544997]
 * gelu(tensor([-1, 2]), { approximate: 'tanh' }).toArray() // → [-0.158808, 1.954598]
 */
export function gelu(argument: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate } = checkOptions('gelu', options, ['approximate'])
  checkOneOf('approximate', approximate, ['tanh'])
  const x = notTooLow(argument)
  // Φ(x) = ½·erfc(−x/√2)
  if (approximate === undefined) return mul(mul(0.5, x), erfc(mul(-Math.SQRT1_2, x)))
  // ½(1 + tanh u) = σ(2u)
  const inner = mul(x, add(1, mul(0.044715, square(x))))
  return mul(x, sigmoid(mul(2 * Math.sqrt(2 / Math.PI), inner)))
}
