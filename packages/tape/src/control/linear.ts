import { pullback, replay } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, avalsIn, controlOf, type Facts, follow } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { isOffset, OFFSETS, offsetOfArgument, offsetOfOutside } from './at-zero.js'
import { type Closed, recordClosed } from './closed.js'
import { DEPENDENCE, type Dependence, dependenceOf } from './dependence.js'
import { isOther, SIGNS, type Signs, signsOfArgument, signsOfOutside } from './signs.js'

/**
 * Refuses a rule that is certainly not linear in its tangents. A function is linear where its derivative does not depend on
 * the point and it is zero at zero; so it is refused if its transpose reads tangents, if it depends on them by steps alone,
 * and if it is other than zero where they are zero, for some arguments. What is not certain passes.
 *
 * @param body the function.
 * @param rule of what it reads from outside, then arguments, values of the function and tangents.
 * @throws DerivativeError
 */
export function checkLinear(owner: string, body: Closed, rule: Closed): void {
  const given = body.program.inputs.length - body.outside.length + body.program.outputs.length
  const isTangent = rule.program.inputs.map((_, k) => k >= rule.outside.length + given)
  const depends = derivativeDepends(rule, isTangent)
  const summary = depends
    ? 'has a derivative that depends on the tangents'
    : follow(rule.program, dependences(rule, isTangent), DEPENDENCE).includes('by steps')
      ? 'depends on the tangents by steps alone'
      : isShifted(body, rule)
        ? 'gives more than zero for tangents of zero'
        : undefined
  if (!summary) return
  throw new DerivativeError({
    summary: `${owner}: the rule ${summary}, so it is not linear in them.`,
    expected: 'sums of tangents, each multiplied by what depends on arguments and value alone',
    at: callerLocation(),
    ...(depends && isLooping(rule) && { fix: ITERATIONS }),
  })
}

/** Solvers by iteration, such as conjugate gradients, divide by products of tangents: they are linear in the limit alone. */
const ITERATIONS =
  'let a solver that iterates be a function of its own, by customVjp, with a rule that solves the transposed system for the cotangent'

const isLooping = ({ program }: Closed): boolean =>
  program.instructions.some(instruction => ['while', 'scan'].includes(controlOf(instruction)?.kind ?? ''))

const dependences = ({ program, outside }: Closed, isTangent: readonly boolean[]): Dependence[] =>
  program.inputs.map((_, k) => {
    const read = outside[k]
    return read ? dependenceOf(read) : isTangent[k] ? 'smooth' : 'none'
  })

/** Whether the transpose of a program, with respect to some inputs, reads these. */
function derivativeDepends(rule: Closed, isTangent: readonly boolean[]): boolean {
  const { program } = rule
  const inputs = avalsIn(program, program.inputs)
  const { program: transposed, outside } = recordClosed(
    (...own) => {
      const values = replay(program, own.slice(0, inputs.length))
      const pulled = pullback(program, values, own.slice(inputs.length), isTangent)
      return pulled.filter(ct => ct !== undefined)
    },
    [...inputs, ...avalsIn(program, program.outputs)],
  )
  const cotangents = program.outputs.map((): Dependence => 'none')
  const from = [...outside.map(dependenceOf), ...dependences(rule, isTangent), ...cotangents]
  return follow(transposed, from, DEPENDENCE).some(one => one === 'smooth' || one === 'by steps')
}

/** Whether an output is other than zero where tangents are: for most arguments, or for all that are far on some side of zero. */
function isShifted(body: Closed, rule: Closed): boolean {
  const atZero = <F>(facts: Facts<F>, read: (outside: Tensor) => F, argument: (aval: Aval) => F) => {
    const { program, outside } = body
    const args = avalsIn(program, program.inputs.slice(outside.length)).map(argument)
    const values = follow(program, [...outside.map(read), ...args], facts)
    const given = [...rule.outside.map(read), ...args, ...values]
    const tangents = rule.program.inputs.slice(given.length).map(() => facts.empty)
    return follow(rule.program, [...given, ...tangents], facts)
  }
  return (
    atZero(OFFSETS, offsetOfOutside, offsetOfArgument).some(isOffset) ||
    sidesOf(body).some(side => atZero(SIGNS, signsOfOutside, side).some(isOther))
  )
}

/** Arguments on either side of zero; truth values, if there are any, that are all one or the other. */
function sidesOf({ program }: Closed): ((argument: Aval) => Signs)[] {
  const areTrue = avalsIn(program, program.inputs).some(({ dtype }) => dtype === 'bool')
    ? [true, false]
    : [true]
  return areTrue.flatMap(truth =>
    [true, false].map(side => (aval: Aval) => signsOfArgument(aval, aval.dtype === 'bool' ? truth : side)),
  )
}
