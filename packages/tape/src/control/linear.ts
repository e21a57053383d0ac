import { pullback, replay } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { avalsIn, type Program } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { AT_ZERO, type AtZero, isNonzero, ofArgument, ofOutside } from './at-zero.js'
import { type Closed, recordClosed } from './closed.js'
import { DEPENDENCE, type Dependence } from './dependence.js'
import { follow } from './follow.js'

/** How many inputs a rule has beside what it reads from outside, in this order. */
interface Arity {
  readonly args: number
  readonly values: number
  readonly tangents: number
}

/**
 * Refuses a rule that is certainly not linear in its tangents. A function is linear where its derivative does not depend on
 * the point and it is zero at zero; so it is refused if its transpose reads tangents, if it depends on them by steps alone,
 * and if it is other than zero where they are zero. What is not certain passes.
 *
 * @throws DerivativeError
 */
export function checkLinear(owner: string, { program, outside }: Closed, arity: Arity): void {
  const isTangent = program.inputs.map((_, k) => k >= program.inputs.length - arity.tangents)
  const summary = derivativeDepends(program, isTangent)
    ? 'has a derivative that depends on the tangents'
    : follow(program, isTangent.map(asDependence), DEPENDENCE).includes('by steps')
      ? 'depends on the tangents by steps alone'
      : isOffset(program, outside, arity)
        ? 'gives more than zero for tangents of zero'
        : undefined
  if (!summary) return
  throw new DerivativeError({
    summary: `${owner}: the rule ${summary}, so it is not linear in them.`,
    expected: 'sums of tangents, each multiplied by what depends on arguments and value alone',
    at: callerLocation(),
  })
}

const asDependence = (isTangent: boolean): Dependence => (isTangent ? 'smooth' : 'none')

/** Whether the transpose of a program, with respect to some inputs, reads these. */
function derivativeDepends(program: Program, isTangent: readonly boolean[]): boolean {
  const inputs = avalsIn(program, program.inputs)
  const { program: transposed, outside } = recordClosed(
    (...own) => {
      const values = replay(program, own.slice(0, inputs.length))
      const pulled = pullback(program, values, own.slice(inputs.length), isTangent)
      return pulled.filter(ct => ct !== undefined)
    },
    [...inputs, ...avalsIn(program, program.outputs)],
  )
  const from = transposed.inputs.map((_, k) => asDependence(isTangent[k - outside.length] === true))
  return follow(transposed, from, DEPENDENCE).some(one => one !== 'none')
}

/** Whether an output is other than zero where tangents are. */
function isOffset(program: Program, outside: readonly Tensor[], { args, values, tangents }: Arity): boolean {
  const ofArguments = avalsIn(program, program.inputs.slice(outside.length, outside.length + args)).map(
    ofArgument,
  )
  const ofValues = new Array<AtZero>(values).fill('generic')
  const inputs = [
    ...outside.map(ofOutside),
    ...ofArguments,
    ...ofValues,
    ...new Array<AtZero>(tangents).fill(0),
  ]
  return follow(program, inputs, AT_ZERO).some(isNonzero)
}
