import { callerLocation, checkOptions, OptionError, shown, type Tensor } from '@wengert/tape'
import { compiledStep } from './compiled-step.js'
import { elementwiseOptimiser, type Optimiser } from './optimiser.js'

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Length of a step. Default 0.1. */
  readonly rate?: number
  /** Share of the velocity that is kept from step to step, from 0 (default) to below 1. */
  readonly momentum?: number
}

/**
 * Gradient descent, with momentum (Polyak 1964) if asked: v ← μv + g, p ← p − rate·v.
 * A step has an arena for up to five arrays like the largest parameter, which stays for the next one; see {@link inPieces} for less.
 *
 * @throws OptionError for a rate or momentum out of range.
 * @example
 * const { init, update } = sgd({ rate: 0.5 })
 * const params = { w: tensor([1, 2]) }
 * update(params, { w: tensor([2, 2]) }, init(params)).params.w.toArray() // → [0, 1]
 */
export function sgd(options: SgdOptions = {}): Optimiser {
  const { rate = 0.1, momentum = 0 } = checkOptions('sgd', options, ['rate', 'momentum'])
  positive('rate', rate)
  fraction('momentum', momentum)
  if (momentum === 0) return elementwiseOptimiser({ moments: 0, decays: [], step: plainStep(rate) })
  return elementwiseOptimiser({ moments: 1, decays: [], step: heavyStep(rate, momentum) })
}

const plainStep = /* @__PURE__ */ compiledStep((p, g, _moments, _weights, settings) => {
  const [rate] = settings as readonly [Tensor]
  return [p.sub(g.mul(rate))]
})

const heavyStep = /* @__PURE__ */ compiledStep((p, g, moments, _weights, settings) => {
  const [v] = moments as readonly [Tensor]
  const [rate, momentum] = settings as readonly [Tensor, Tensor]
  const velocity = v.mul(momentum).add(g)
  return [p.sub(velocity.mul(rate)), velocity]
})

/** Refuses what is not a finite number above 0. */
export function positive(option: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: 'a number above 0',
    at: callerLocation(),
    data: { option },
  })
}

/** Refuses what is not a number from 0 to below 1. */
export function fraction(option: string, value: number): void {
  if (typeof value === 'number' && value >= 0 && value < 1) return
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: 'a number from 0 to below 1',
    at: callerLocation(),
    data: { option },
  })
}
