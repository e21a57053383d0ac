import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, shown } from '../options.js'
import type { Params } from '../program/index.js'
import type { Tensor } from '../record/index.js'

/**
 * Derivative of an elementwise op with respect to one operand: either its value (a number where it is constant),
 * or the map t ↦ ∂f/∂x · t, which serves tangents and cotangents alike because the Jacobian is diagonal.
 */
export type Partial =
  | { readonly derivative: (...inputsAndOut: Tensor[]) => Tensor | number }
  | { readonly scale: (t: Tensor, ...inputsAndOut: Tensor[]) => Tensor }

/** An instruction whose pullback is asked for. */
export interface Site {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** Cotangent of the only output; of an op with several see `cts`. */
  readonly ct: Tensor
  /** Cotangents of all outputs; undefined for zero, but at least one is there. */
  readonly cts: readonly (Tensor | undefined)[]
  readonly params: Params
  /** Which inputs need a cotangent. */
  readonly wanted: readonly boolean[]
}

/** An instruction whose pushforward is asked for. */
export interface TangentSite {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** Tangents of the inputs; undefined for zero, but at least one is there. */
  readonly tangents: readonly (Tensor | undefined)[]
  readonly params: Params
}

/**
 * How tangents go through an op that is not elementwise: `'linear'` jointly in all its floating-point operands;
 * separately linear in each of some operands, by position; or in a way of its own, which gives the tangent of the only
 * output or a list of them.
 */
export type Pushforward =
  | 'linear'
  | { readonly multilinear: readonly number[] }
  | ((site: TangentSite) => Tensor | undefined | readonly (Tensor | undefined)[])

/** An instruction that is mapped over a batch. */
export interface BatchSite {
  /** Those that are batched have the batch as axis 0, before their own axes. */
  readonly inputs: readonly Tensor[]
  readonly batched: readonly boolean[]
  /** Length of the batch. */
  readonly size: number
  readonly params: Params
}

/** A value for each element of a batch, the batch as axis 0; or one for all of them. */
export interface Batched {
  readonly tensor: Tensor
  readonly batched: boolean
}

/**
 * Computes an instruction for a whole batch; the batch is axis 0 of the result, or of each of several but those that are
 * said to be the same for all elements.
 */
export type Batch = (site: BatchSite) => Tensor | readonly (Tensor | Batched)[]

/** How transformations go through an op. */
export type Rule =
  /** Elementwise with broadcasting; `null` for operands without a derivative. */
  | {
      readonly partials: readonly (Partial | null)[]
      /** The tangent from those of all operands, where that takes fewer operations than the sum over partials. */
      readonly tangent?: (tangents: readonly Tensor[], ...inputsAndOut: Tensor[]) => Tensor
    }
  | {
      /** Cotangents of the inputs as emitted instructions, undefined for zero; `'zero'` if all always are. */
      readonly pullback: 'zero' | ((site: Site) => readonly (Tensor | undefined)[])
      /** Left out where the pullback is `'zero'`. */
      readonly pushforward?: Pushforward
      readonly batch: Batch
    }

const rules = new Map<string, Rule>()

/** Makes the rule of an op known. */
export const defineRule = (op: string, rule: Rule): void => void rules.set(op, rule)

/**
 * The rule of an op.
 *
 * @example
 * 'partials' in ruleOf('add') // → true
 */
export function ruleOf(op: string): Rule {
  const rule = rules.get(op)
  if (rule) return rule
  throw new DerivativeError({
    summary: `There is no rule for an op ${shown(op)}.`,
    expected: 'the name of an op that has one, see `defineRule`',
    at: callerLocation(),
  })
}

/**
 * Whether derivatives of an op are zero everywhere.
 *
 * @example
 * isConstant(ruleOf('equal')) // → true
 */
export function isConstant(rule: Rule): boolean {
  const isRule = typeof rule === 'object' && rule !== null && ('partials' in rule || 'pullback' in rule)
  checkArgument('isConstant', 'what it takes', rule, isRule, 'a rule, as of `ruleOf`')
  return 'partials' in rule ? rule.partials.every(partial => partial === null) : rule.pullback === 'zero'
}
