import { dependent, pullback, replay } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { avalsIn, type Instruction, isFloat, type Program } from '../program/index.js'
import { dataOf, hasData, type Tensor } from '../record/index.js'
import { simplify } from '../rewrite/index.js'
import { ruleOf } from '../rules/index.js'
import { type Closed, recordClosed } from './closed.js'

/**
 * Refuses a rule that is certainly not linear in its last inputs. A function is linear where its derivative does not depend on
 * the point and it is zero at zero; what is added to something that is not known as zero is taken for certain not to be.
 *
 * @param count number of inputs, the last ones, in which it is to be linear.
 * @throws DerivativeError
 */
export function checkLinear(owner: string, { program, outside }: Closed, count: number): void {
  const isTangent = program.inputs.map((_, k) => k >= program.inputs.length - count)
  const depends = dependent(program, isTangent, 'values')
  const summary = derivativeDepends(program, isTangent)
    ? 'has a derivative that depends on the tangents'
    : hasOffset(program, outside, depends)
      ? 'gives more than zero for tangents of zero'
      : undefined
  if (!summary) return
  throw new DerivativeError({
    summary: `${owner}: the rule ${summary}, so it is not linear in them.`,
    expected: 'sums of tangents, each multiplied by what depends on arguments and value alone',
    at: callerLocation(),
  })
}

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
  const simplified = simplify(transposed)
  const from = simplified.inputs.map((_, k) => isTangent[k - outside.length] === true)
  const depends = dependent(simplified, from, 'values')
  return simplified.outputs.some(value => depends[value])
}

/** Whether an output, or a term of a sum with tangents, neither depends on tangents nor is zero. */
function hasOffset(program: Program, outside: readonly Tensor[], depends: readonly boolean[]): boolean {
  const isZero = new Array<boolean>(program.avals.length).fill(false)
  outside.forEach((x, k) => {
    // what is recorded outside may be
    isZero[program.inputs[k] as number] = !hasData(x) || dataOf(x).every(number => number === 0)
  })
  const isOffset = (value: number) => !depends[value] && !isZero[value]
  const isFloating = (value: number) => isFloat((program.avals[value] as Tensor['aval']).dtype)
  const adds = ({ op, inputs }: Instruction) =>
    ADDITIVE.has(op) && inputs.some(value => depends[value]) && inputs.filter(isFloating).some(isOffset)
  for (const instruction of program.instructions) {
    if (adds(instruction)) return true
    const floats = instruction.inputs.filter(isFloating)
    const zero = keepsZero(instruction) && floats.length > 0 && floats.every(value => isZero[value])
    for (const value of instruction.outputs) isZero[value] = zero
  }
  return program.outputs.some(isOffset)
}

const keepsZero = ({ op }: Instruction) => {
  const rule = ruleOf(op)
  return (
    ADDITIVE.has(op) ||
    op === 'mul' ||
    op === 'neg' ||
    ('pushforward' in rule && rule.pushforward === 'linear')
  )
}

/** Ops that give what is added, or one of what they are given. */
const ADDITIVE = new Set(['add', 'sub', 'concat', 'where'])
