/** Steps of loops and of their pullbacks with residuals. */
import type { Program } from '../program/index.js'
import { mergeProducts } from './fold-views.js'
import { mergeLoops } from './merge-loops.js'
import { needed, withInputs } from './prune.js'
import { type Origin, primalValues, pulledFrom } from './residuals.js'
import { simplify } from './simplify.js'
import type { Steps } from './steps.js'

/**
 * Steps of a loop that also make residuals, as further outputs: with the primal part of the scan that goes back beside
 * them, of which most is what they compute already.
 */
export function withResiduals(
  steps: Steps,
  back: Steps,
  origins: readonly Origin[],
  residuals: readonly number[],
): Steps {
  const { body } = steps
  const avals = [...body.avals, ...back.body.avals]
  const first = body.avals.length
  const place = new Map<number, number>()
  const [outside, arrays] = [new Listed(steps.outside), new Listed(steps.arrays)]
  const [backOutside, backInit] = [back.outside.length, back.init.length]
  const carried = steps.outside.length
  const carry = body.inputs.slice(carried, carried + steps.init.length)
  const inputsOfOutside = body.inputs.slice(0, carried)
  const rows = body.inputs.slice(carried + steps.init.length)
  back.body.inputs.forEach((input, k) => {
    if (origins[k] === 'late') return
    if (k < backOutside) {
      const at = outside.of(back.outside[k] as number)
      inputsOfOutside[at] ??= input + first
      place.set(input, inputsOfOutside[at] as number)
      return
    }
    const array = back.arrays[k - backOutside - backInit] as number
    const state = steps.states.indexOf(array)
    if (state >= 0) {
      place.set(input, carry[state] as number)
      return
    }
    const at = arrays.of(array)
    rows[at] ??= input + first
    place.set(input, rows[at] as number)
  })
  const primal = primalValues(back.body, origins)
  const here = (values: readonly number[]) => values.map(value => place.get(value) ?? value + first)
  const instructions = back.body.instructions
    .filter(({ inputs }) => inputs.every(value => primal[value]))
    .map(one => ({ ...one, inputs: here(one.inputs), outputs: here(one.outputs) }))
  const both = simplify({
    avals,
    inputs: [...inputsOfOutside, ...carry, ...rows],
    constants: [],
    instructions: [...body.instructions, ...instructions],
    outputs: [...body.outputs, ...here(residuals)],
  })
  return {
    ...steps,
    body: mergeLoops(mergeProducts(both)),
    outside: outside.values,
    arrays: arrays.values,
  }
}

/** Values by their places in a list that grows. */
class Listed {
  readonly values: number[]

  constructor(values: readonly number[]) {
    this.values = [...values]
  }

  of(value: number): number {
    const found = this.values.indexOf(value)
    return found >= 0 ? found : this.values.push(value) - 1
  }
}

/** What groups of steps run: a step forward with residuals and without, of the same inputs, and a step back from those. */
export function groupPrograms(
  steps: Steps,
  back: Steps,
  origins: readonly Origin[],
  residuals: readonly number[],
): { readonly keep: Steps; readonly advance: Program; readonly pull: Steps } {
  const keep = withResiduals(steps, back, origins, residuals)
  const advance = simplify({ ...keep.body, outputs: keep.body.outputs.slice(0, keep.init.length) })
  const body = pulledFrom(back.body, residuals)
  const read = needed(body)
  const [constants, carries] = [back.outside.length, back.init.length]
  const first = constants + carries
  const kept = read.map((so, k) => so || (k >= constants && k < first) || k >= back.body.inputs.length)
  return {
    keep,
    advance,
    pull: {
      ...back,
      body: withInputs(body, kept),
      outside: back.outside.filter((_, k) => kept[k]),
      arrays: back.arrays.filter((_, k) => kept[first + k]),
    },
  }
}
