import { isFloat, type Program } from '../program/index.js'
import { isConstant, ruleOf } from '../rules/index.js'

/** What carries a dependence: any value, or floating-point values through ops that have derivatives. */
export type Through = 'values' | 'derivatives'

/**
 * Which values of a program depend on some of its inputs.
 *
 * @param from which inputs.
 * @returns an entry for each value.
 */
export function dependent(program: Program, from: readonly boolean[], through: Through): boolean[] {
  const found = new Array<boolean>(program.avals.length).fill(false)
  const carries = (value: number) =>
    through === 'values' || isFloat((program.avals[value] as Program['avals'][number]).dtype)
  program.inputs.forEach((value, k) => {
    found[value] = from[k] === true && carries(value)
  })
  for (const { op, inputs, outputs } of program.instructions) {
    if (!inputs.some(value => found[value])) continue
    if (through === 'derivatives' && isConstant(ruleOf(op))) continue
    for (const value of outputs) found[value] = carries(value)
  }
  return found
}
