import { add, mul, neg, sumTo } from '../ops/index.js'
import type { Instruction, Program } from '../program/index.js'
import { type Tensor, underLine } from '../record/index.js'
import { type Partial, type Rule, ruleOf, type Site } from '../rules/index.js'
import { BroadcastSums } from './broadcast-sums.js'
import { dependent } from './reach.js'

/** Is told of each instruction of the sweep: cotangents of its outputs, and what it adds to those of its inputs. */
export type Visit = (
  instruction: number,
  cts: readonly (Tensor | undefined)[],
  contributions: readonly (Tensor | undefined)[],
) => void

/** How a pullback sweeps over a program. */
export interface Sweep {
  readonly visit?: Visit
  /** Whether cotangents of scalars of many rows wait along long lines, which can be run in strips: not so inside of loops. Default false. */
  readonly alongLines?: boolean
}

/**
 * Reverse accumulation (Griewank & Walther, Evaluating Derivatives, 2nd ed., §3.2): walks the Wengert list backwards
 * and emits, for each instruction, v̄ⱼ ← v̄ⱼ + v̄ᵢ · ∂φᵢ/∂vⱼ. Instructions that the wanted inputs do not reach, and
 * those that reach no output with a cotangent, emit nothing.
 *
 * @param values a tensor for each value of the program, from `replay`.
 * @param cotangents one for each output of the program; undefined for zero.
 * @param wanted which inputs of the program need a cotangent.
 * @returns a cotangent for each input of the program; undefined for zero or unwanted.
 */
export function pullback(
  program: Program,
  values: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
  { visit, alongLines = false }: Sweep = {},
): readonly (Tensor | undefined)[] {
  const active = dependent(program, wanted, 'derivatives')
  const cts = new Array<Tensor | undefined>(program.avals.length)
  // Who is told of contributions is told of each as it comes.
  const sums = visit ? undefined : new BroadcastSums(program, active, alongLines)
  const accumulate = (value: number, ct: Tensor | undefined) => {
    const so = cts[value]
    if (ct) cts[value] = so ? add(so, ct) : ct
  }
  program.outputs.forEach((value, k) => {
    if (active[value]) accumulate(value, cotangents[k])
  })
  for (let k = program.instructions.length - 1; k >= 0; k--) {
    const instruction = program.instructions[k] as Instruction
    const reaching = instruction.outputs.map(value => cts[value])
    if (reaching.some(ct => ct)) {
      const site: Site = {
        inputs: instruction.inputs.map(value => values[value] as Tensor),
        outputs: instruction.outputs.map(value => values[value] as Tensor),
        ct: reaching[0] as Tensor,
        cts: reaching,
        params: instruction.params,
        wanted: instruction.inputs.map(value => active[value] === true),
      }
      const waits: Waits = (position, ct) =>
        sums?.takes(instruction.inputs[position] as number, instruction, ct) === true
      const results = underLine(instruction.at, () => {
        const pulled = pullbackOf(ruleOf(instruction.op), site, waits)
        instruction.inputs.forEach((value, position) => {
          if (active[value]) accumulate(value, pulled[position])
        })
        return pulled
      })
      visit?.(
        k,
        reaching,
        results.map((ct, position) => (site.wanted[position] ? ct : undefined)),
      )
    }
    underLine(instruction.at, () => {
      for (const { value, ct } of sums?.after(instruction) ?? []) accumulate(value, ct)
    })
    // Nothing reads these cotangents any more; they may be dropped here.
    for (const value of instruction.outputs) cts[value] = undefined
  }
  return program.inputs.map((value, k) => (wanted[k] ? cts[value] : undefined))
}

/** Takes a contribution to the cotangent of an operand before it is summed to its shape, if it is to be added to others. */
type Waits = (position: number, ct: () => Tensor) => boolean

function pullbackOf(rule: Rule, site: Site, waits: Waits): readonly (Tensor | undefined)[] {
  if ('pullback' in rule) return rule.pullback === 'zero' ? [] : rule.pullback(site)
  return rule.partials.map((partial, position) => {
    if (!partial || !site.wanted[position]) return undefined
    const { ct, isNegative } = contributionOf(partial, site)
    if (waits(position, () => (isNegative ? neg(ct) : ct))) return undefined
    const sum = sumTo(ct, (site.inputs[position] as Tensor).shape)
    return isNegative ? neg(sum) : sum
  })
}

/** What an elementwise instruction adds to the cotangent of an operand, in the shape of its result, or the opposite of that. */
function contributionOf(
  partial: Partial,
  { inputs, outputs, ct }: Site,
): { readonly ct: Tensor; readonly isNegative?: boolean } {
  const operands = [...inputs, outputs[0] as Tensor]
  if ('scale' in partial) return { ct: partial.scale(ct, ...operands) }
  const derivative = partial.derivative(...operands)
  if (derivative === 1 || derivative === -1) return { ct, isNegative: derivative === -1 }
  return { ct: mul(ct, derivative) }
}
