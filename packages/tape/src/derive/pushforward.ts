import { add, broadcastTo, mul, neg, zerosLike } from '../ops/index.js'
import { type Instruction, isFloat, type Program } from '../program/index.js'
import { apply, applyOne, type Tensor, underLine } from '../record/index.js'
import { type Rule, ruleOf, type TangentSite } from '../rules/index.js'

/**
 * Forward accumulation (Griewank & Walther, Evaluating Derivatives, 2nd ed., §3.1): walks the Wengert list and emits,
 * for each instruction that a tangent reaches, v̇ᵢ = Σⱼ ∂φᵢ/∂vⱼ · v̇ⱼ.
 *
 * @param values a tensor for each value of the program, from `replay`.
 * @param tangents one for each input of the program; undefined for zero.
 * @returns a tangent for each output of the program; undefined for zero.
 */
export function pushforward(
  program: Program,
  values: readonly Tensor[],
  tangents: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  const reached = tangentsOfValues(program, values, tangents)
  return program.outputs.map(value => reached[value])
}

/** As {@link pushforward}, with a tangent for each value of the program. */
export function tangentsOfValues(
  program: Program,
  values: readonly Tensor[],
  tangents: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  const reached = new Array<Tensor | undefined>(program.avals.length)
  program.inputs.forEach((value, k) => {
    reached[value] = tangents[k]
  })
  for (const instruction of program.instructions) {
    const site: TangentSite = {
      inputs: instruction.inputs.map(value => values[value] as Tensor),
      outputs: instruction.outputs.map(value => values[value] as Tensor),
      tangents: instruction.inputs.map(value => reached[value]),
      params: instruction.params,
    }
    const differentiable = instruction.outputs.map(out =>
      isFloat((program.avals[out] as Tensor['aval']).dtype),
    )
    if (!differentiable.includes(true) || !site.tangents.some(t => t)) continue
    const tangentsOut = underLine(instruction.at, () => tangentsOf(instruction, ruleOf(instruction.op), site))
    instruction.outputs.forEach((out, k) => {
      if (differentiable[k]) reached[out] = tangentsOut[k]
    })
  }
  return reached
}

function tangentsOf({ op }: Instruction, rule: Rule, site: TangentSite): readonly (Tensor | undefined)[] {
  if ('partials' in rule) return [elementwise(rule, site)]
  const { pushforward } = rule
  if (rule.pullback === 'zero' || pushforward === undefined) return []
  if (typeof pushforward === 'function') {
    const pushed = pushforward(site)
    return Array.isArray(pushed) ? pushed : [pushed as Tensor | undefined]
  }
  const { inputs, tangents, params } = site
  if (pushforward === 'linear') {
    return apply(
      op,
      tangents.map((t, k) => t ?? zerosLike(inputs[k] as Tensor)),
      params,
    )
  }
  const terms = pushforward.multilinear.map(position => {
    const t = tangents[position]
    return t && applyOne(op, inputs.with(position, t), params)
  })
  return [total(terms)]
}

/** Σ ∂f/∂xₖ · tₖ, broadcast to the shape of the result. */
function elementwise(
  { partials, tangent }: Extract<Rule, { partials: unknown }>,
  { inputs, outputs, tangents }: TangentSite,
): Tensor | undefined {
  const out = outputs[0] as Tensor
  const operands = [...inputs, out]
  if (tangent && tangents.every(t => t)) return tangent(tangents as readonly Tensor[], ...operands)
  const sum = total(
    partials.map((partial, position) => {
      const t = tangents[position]
      if (!partial || !t) return undefined
      if ('scale' in partial) return partial.scale(t, ...operands)
      const derivative = partial.derivative(...operands)
      if (derivative === 1) return t
      return derivative === -1 ? neg(t) : mul(t, derivative)
    }),
  )
  return sum && broadcastTo(sum, out.shape)
}

const total = (terms: readonly (Tensor | undefined)[]): Tensor | undefined =>
  terms.reduce((sum, term) => (sum && term ? add(sum, term) : (sum ?? term)), undefined)
