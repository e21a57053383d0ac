import {
  checkArgument,
  checkFunction,
  checkOptions,
  type FloatDType,
  flatten,
  sub,
  type Tensor,
  type TreeOf,
  tensor,
  unflatten,
} from '@wengert/tape'
import { checkLength } from '../arguments.js'
import { aligned, type OptimiserState } from './state.js'

/** Parameters after a step, and the state for the next. */
export type Updated<P> = {
  readonly params: P
  readonly state: OptimiserState<P>
}

/** An optimiser: two pure functions over trees of tensors. Both can be recorded, into `jit(update)` for example. */
export interface Optimiser {
  /** The state before the first step. */
  init<P extends TreeOf<P>>(params: P): OptimiserState<P>
  /**
   * One step.
   *
   * @param gradient a tree like the parameters.
   * @throws OptionError if the gradient is not, or the state is not one of this optimiser and these parameters.
   */
  update<P extends TreeOf<P>>(params: P, gradient: P, state: OptimiserState<P>): Updated<P>
}

/** One element of a parameter after a step, and its moments. */
export type Stepped = readonly [param: Tensor, ...moments: Tensor[]]

/** The rule of an optimiser that treats every element of every parameter alike. */
export interface OptimiserRule {
  /** How many moments each element has; they begin as 0. */
  readonly moments: number
  /** Decay rates β for which the rule reads 1 − βᵗ at step t = 1, 2, …. */
  readonly decays: readonly number[]
  /**
   * Elementwise: no element may look at another.
   *
   * @param weights 1 − βᵗ of each decay rate: what a moment that decays by β and began as 0 has gathered in all.
   */
  step(param: Tensor, gradient: Tensor, moments: readonly Tensor[], weights: readonly Tensor[]): Stepped
}

/**
 * An optimiser from its rule for one element, which runs an operation at a time: `jit(update)` compiles it, and
 * {@link inPieces} does so in bounded memory.
 *
 * @example
 * const plain = elementwiseOptimiser({ moments: 0, decays: [], step: (p, g) => [p.sub(g.mul(0.5))] })
 * const { params } = plain.update(tensor([1, 2]), tensor([2, 2]), plain.init(tensor([1, 2])))
 * params.toArray() // → [0, 1]
 */
export function elementwiseOptimiser(rule: OptimiserRule): Optimiser {
  const {
    moments: count,
    decays,
    step,
  } = checkOptions('elementwiseOptimiser', rule, ['moments', 'decays', 'step'])
  checkLength('elementwiseOptimiser', '`moments`', count)
  checkArgument('elementwiseOptimiser', '`decays`', decays, Array.isArray(decays), 'a list of numbers')
  checkFunction('elementwiseOptimiser', step)
  const init = <P extends TreeOf<P>>(params: P): OptimiserState<P> => {
    const { leaves, structure } = flatten(params, 'init: `params`')
    const zeros = () => leaves.map(({ aval, dtype, size }) => tensor(blank(dtype, size), aval))
    return {
      moments: Array.from({ length: count }, () => unflatten(structure, zeros())),
      powers: decays.map(() => tensor(1, { dtype: 'f64' })),
    }
  }
  const none = init([])
  return {
    init,
    update<P extends TreeOf<P>>(params: P, gradient: P, state: OptimiserState<P>): Updated<P> {
      const { structure, params: leaves, gradients, moments } = aligned(params, gradient, state, none)
      const powers = state.powers.map((power, k) => power.mul(decays[k] as number))
      // Subtracted in f64: of βᵗ in f32, close to 1, few digits of the difference would be left.
      const weights = powers.map(power => sub(1, power))
      const stepped = leaves.map((param, k) =>
        step(
          param,
          gradients[k] as Tensor,
          moments.map(tree => tree[k] as Tensor),
          weights.map(weight => weight.convert(param.dtype)),
        ),
      )
      const tree = (position: number) =>
        unflatten<P>(
          structure,
          stepped.map(results => results[position] as Tensor),
        )
      return {
        params: tree(0),
        state: { moments: moments.map((_, position) => tree(position + 1)), powers },
      }
    },
  }
}

const blank = (dtype: Tensor['dtype'], size: number) =>
  (dtype as FloatDType) === 'f64' ? new Float64Array(size) : new Float32Array(size)
