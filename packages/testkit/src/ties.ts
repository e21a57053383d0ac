import type { Program } from '@wengert/tape'
import { elementwise, indicesOf, type Plain, read, trace } from './reference/index.js'

/** Distances of the operands of a decision from where it would go the other way. */
function margins(
  op: string,
  params: Program['instructions'][number]['params'],
  inputs: readonly Plain[],
): number[] {
  const x = inputs[0] as Plain
  switch (op) {
    case 'maximum':
    case 'minimum':
    case 'equal':
    case 'notEqual':
    case 'less':
    case 'lessEqual':
    case 'greater':
    case 'greaterEqual':
      return elementwise('sub', inputs).values.map(Math.abs)
    case 'floor':
    case 'ceil':
    case 'trunc':
      return x.values.map(value => Math.abs(value - Math.round(value)))
    case 'round':
      return x.values.map(value => Math.abs(value - Math.floor(value) - 0.5))
    case 'mod': {
      const ratio = elementwise('div', inputs).values
      return ratio.map(value => Math.abs(value - Math.round(value)))
    }
    case 'relu':
    case 'abs':
    case 'sign':
      return x.values.map(Math.abs)
    case 'convert':
      return params['dtype'] === 'i32' ? x.values.map(value => Math.abs(value - Math.round(value))) : []
    case 'max':
    case 'min':
      return closestPairs(x, params['axes'] as readonly number[])
    case 'argsort':
      return closestPairs(x, [x.shape.length - 1])
    case 'cummax':
    case 'cummin':
      return closestPairs(x, [params['axis'] as number])
    case 'maxPool2d':
    case 'maxPool2dPullback':
    case 'maxPool2dPushforward':
      return closestPairs(x, [0, 1, 2, 3])
    default:
      return []
  }
}

/** Distances between elements that are reduced together. */
function closestPairs(x: Plain, axes: readonly number[]): number[] {
  const groups = new Map<string, number[]>()
  for (const index of indicesOf(x.shape)) {
    const key = index.filter((_, axis) => !axes.includes(axis)).join()
    groups.set(key, [...(groups.get(key) ?? []), read(x, index)])
  }
  return [...groups.values()].flatMap(values => {
    const sorted = values.toSorted((a, b) => a - b)
    return sorted.slice(1).map((value, k) => value - (sorted[k] as number))
  })
}

/** Ops with kinks but without jumps: a tie changes their derivative, not their value. */
const continuous = ['relu', 'abs', 'maximum', 'minimum', 'max', 'min', 'maxPool2d', 'cummax', 'cummin']

/** Values that end in `stopGradient` alone, such as the shift of `logsumexp`: which operand is largest is all one. */
function shifts({ avals, instructions, outputs }: Program): Set<number> {
  const stopped = new Set(avals.keys())
  for (const value of outputs) stopped.delete(value)
  for (const { op, inputs, outputs } of instructions.toReversed()) {
    if (op === 'stopGradient' || stopped.has(outputs[0] as number)) continue
    for (const value of inputs) stopped.delete(value)
  }
  return stopped
}

/**
 * The smallest distance, over all instructions that decide by comparing (maxima, conditions, truncations), of their
 * operands from a tie. Rounding errors of that size change the result at a stroke.
 */
export function closestTie(program: Program, inputs: readonly Plain[]): number {
  const values = trace(program, inputs)
  const stopped = shifts(program)
  return program.instructions.reduce((closest, { op, params, inputs, outputs }) => {
    if (continuous.includes(op) && stopped.has(outputs[0] as number)) return closest
    const operands = inputs.map(value => values[value] as Plain)
    return Math.min(closest, ...margins(op, params, operands))
  }, Number.POSITIVE_INFINITY)
}
