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
  /** Cotangent of the first output. */
  readonly ct: Tensor
  readonly params: Params
  /** Which inputs need a cotangent. */
  readonly wanted: readonly boolean[]
}

/** How derivatives go through an op. */
export type Rule =
  /** Elementwise with broadcasting; `null` for operands without a derivative. */
  | { readonly partials: readonly (Partial | null)[] }
  /** Cotangents of the inputs as emitted instructions; undefined for zero. */
  | { readonly pullback: (site: Site) => readonly (Tensor | undefined)[] }
  /** The derivative is zero everywhere, or the op has no floating-point output. */
  | 'zero'

const rules = new Map<string, Rule>()

/** Makes the rule of an op known. */
export const defineRule = (op: string, rule: Rule): void => void rules.set(op, rule)

/**
 * The rule of an op.
 *
 * @example
 * ruleOf('greater') // → 'zero'
 */
export function ruleOf(op: string): Rule {
  const rule = rules.get(op)
  if (!rule) throw new Error(`The op ${op} has no derivative rule.`)
  return rule
}
