/**
 * Residuals of a loop: what its pullback keeps of each step instead of running the step again.
 *
 * The body of the scan that goes back computes the values of a step from the state before it, and pulls cotangents back
 * through them. Values that depend on the state and on what was there before the loop alone are its primal part. Any set of
 * them from which the rest of the body can be computed will do as residuals. The cheapest, where each residual costs bytes
 * and each primal instruction that is left in the body costs its work, is a minimal cut between the state and the
 * cotangents.
 */
import { type Aval, controlOf, type Instruction, type Program } from '../program/index.js'
import { type Edge, sinkSide } from './min-cut.js'
import { simplify } from './simplify.js'
import { statesOf } from './steps.js'

/** What an input of the body of a scan is to a loop, before the loop runs. */
export type Origin =
  /** The state before the step. */
  | 'state'
  /** There before the loop and as long as its pullback needs it. */
  | 'given'
  /** Not there: it comes with the cotangents. */
  | 'late'

/** Which values of a program depend on no late input. */
export function primalValues(body: Program, origins: readonly Origin[]): readonly boolean[] {
  const primal = new Array<boolean>(body.avals.length).fill(false)
  body.inputs.forEach((value, k) => {
    primal[value] = origins[k] !== 'late'
  })
  for (const { inputs, outputs } of body.instructions) {
    if (inputs.every(value => primal[value])) for (const value of outputs) primal[value] = true
  }
  return primal
}

/** What residuals and work cost. */
export interface Weights {
  /** Cost of each instruction of the body. */
  readonly instructions: readonly number[]
  /** Cost of keeping a value. */
  keep(aval: Aval): number
}

/** What stands for records of a loop. */
function tokensOf(instruction: Instruction): readonly number[] {
  const control = controlOf(instruction)
  if (control?.kind === 'scan' && control.spill) return statesOf(instruction)
  return control?.kind === 'while' && control.keep?.spill ? instruction.outputs.slice(-1) : []
}

/** The values of a body to keep: a minimal cut. Those that come with the loop anyway are never among them. */
export function residualsOf(body: Program, origins: readonly Origin[], weights: Weights): readonly number[] {
  const primal = primalValues(body, origins)
  // Records in a store are those of the last run of their loop.
  const bound = new Set(body.instructions.flatMap(tokensOf))
  const given = new Set(body.inputs.filter((_, k) => origins[k] === 'given'))
  const [source, sink] = [0, 1]
  // A value that is computed in the body has its first node on the sink's side; one that is there, its second.
  const made = (value: number) => 2 + 2 * value
  const there = (value: number) => 3 + 2 * value
  const first = 2 + 2 * body.avals.length
  const edges: Edge[] = []
  const crossing = new Set(body.outputs)
  body.inputs.forEach((value, k) => {
    if (origins[k] === 'state') edges.push([source, made(value), Number.POSITIVE_INFINITY])
  })
  body.instructions.forEach(({ inputs, outputs }, k) => {
    if (!inputs.every(value => primal[value])) {
      for (const value of inputs) crossing.add(value)
      return
    }
    edges.push([source, first + k, weights.instructions[k] as number])
    for (const value of inputs) {
      if (!given.has(value)) edges.push([there(value), first + k, Number.POSITIVE_INFINITY])
    }
    for (const value of outputs) edges.push([first + k, made(value), Number.POSITIVE_INFINITY])
  })
  body.avals.forEach((aval, value) => {
    if (!primal[value] || given.has(value)) return
    edges.push([made(value), there(value), bound.has(value) ? Number.POSITIVE_INFINITY : weights.keep(aval)])
    if (crossing.has(value)) edges.push([there(value), sink, Number.POSITIVE_INFINITY])
  })
  const side = sinkSide(first + body.instructions.length, edges, source, sink)
  return body.avals.flatMap((_, value) => (side[there(value)] && !side[made(value)] ? [value] : []))
}

/** The body of the scan that goes back with residuals as further inputs, the last ones. */
export function pulledFrom(body: Program, residuals: readonly number[]): Program {
  const avals = [...body.avals]
  const given = new Map(residuals.map(value => [value, avals.push(avals[value] as Aval) - 1]))
  const renamed = (values: readonly number[]) => values.map(value => given.get(value) ?? value)
  return simplify({
    avals,
    inputs: [...body.inputs, ...given.values()],
    constants: [],
    instructions: body.instructions.map(one => ({ ...one, inputs: renamed(one.inputs) })),
    outputs: renamed(body.outputs),
  })
}
