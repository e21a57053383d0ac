import { checkOptions, div, sqrt, type Tensor } from '@wengert/tape'
import { compiledStep } from './compiled-step.js'
import { elementwiseOptimiser, type Optimiser } from './optimiser.js'
import { fraction, positive } from './sgd.js'

/** Options of {@link adam}; the defaults are those of the paper. */
export interface AdamOptions {
  /** Length of a step. Default 0.001. */
  readonly rate?: number
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number
  /** Keeps the quotient finite. Default 1e-8. */
  readonly epsilon?: number
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
 * p ← p − rate · m̂ / (√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).
 * A step has an arena for seven arrays like the largest parameter, which stays for the next one; see {@link inPieces} for less.
 *
 * @throws OptionError for an option out of range.
 * @example
 * const { init, update } = adam({ rate: 0.5 })
 * const params = { w: tensor([1, 2]) }
 * update(params, { w: tensor([3, -3]) }, init(params)).params.w.toArray() // ≈ [0.5, 2.5]
 */
export function adam(options: AdamOptions = {}): Optimiser {
  const names = ['rate', 'beta1', 'beta2', 'epsilon']
  const { rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = checkOptions('adam', options, names)
  positive('rate', rate)
  positive('epsilon', epsilon)
  fraction('beta1', beta1)
  fraction('beta2', beta2)
  return elementwiseOptimiser({
    moments: 2,
    decays: [beta1, beta2],
    step: stepOf(rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon),
  })
}

const stepOf = /* @__PURE__ */ compiledStep((p, g, moments, weights, settings) => {
  const [m, v] = moments as readonly [Tensor, Tensor]
  const [weight1, weight2] = weights as readonly [Tensor, Tensor]
  const [rate, beta1, rest1, beta2, rest2, epsilon] = settings as readonly [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const mean = m.mul(beta1).add(g.mul(rest1))
  const square = v.mul(beta2).add(g.square().mul(rest2))
  const unbiased = div(mean, weight1)
  const scale = sqrt(div(square, weight2)).add(epsilon)
  return [p.sub(unbiased.mul(rate).div(scale)), mean, square]
})
