import { controlOf, type FactSite, type Facts, isFloat, plainSteps } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { isConstant, ruleOf } from '../rules/index.js'

/**
 * Whether a value depends on others; by steps, if its derivative with respect to them is zero everywhere. What is zero depends on
 * nothing, nor does what it is a factor of.
 */
export type Dependence = 'zero' | 'none' | 'by steps' | 'smooth'

const isZero = (data: ArrayLike<number>): boolean => Array.from(data).every(number => number === 0)

/** Of what is read from outside. */
export const dependenceOf = ({ state }: Tensor): Dependence =>
  'data' in state && isZero(state.data) ? 'zero' : 'none'

const STRENGTH: readonly Dependence[] = ['zero', 'none', 'by steps', 'smooth']

const more = (a: Dependence, b: Dependence): Dependence => (STRENGTH.indexOf(a) < STRENGTH.indexOf(b) ? b : a)

const chosen = (by: Dependence, a: Dependence, b: Dependence): Dependence => {
  const one = more(a, b)
  const isDecided = by === 'zero' || by === 'none' || one === 'zero'
  return isDecided ? one : more('by steps', one)
}

/** A `stopGradient` gives what it takes, though no derivative. */
function after({ program: { avals }, instruction, inputs }: FactSite<Dependence>): Dependence {
  // What goes back over loops is not followed.
  if (controlOf(instruction)) return 'none'
  const { op, outputs } = instruction
  if (PRODUCTS.has(op) && inputs.includes('zero')) return 'zero'
  const rule = ruleOf(op)
  const found = inputs.reduce(more, 'zero')
  const isLinear = SUMS.has(op) || ('pushforward' in rule && rule.pushforward === 'linear')
  if (found === 'zero') return isLinear ? 'zero' : 'none'
  const isSmooth = outputs.some(value => isFloat((avals[value] as (typeof avals)[number]).dtype))
  const isStepped = !isSmooth || (op !== 'stopGradient' && isConstant(rule))
  return found === 'smooth' && isStepped ? 'by steps' : found
}

const SUMS: ReadonlySet<string> = new Set(['add', 'sub', 'neg'])
const PRODUCTS: ReadonlySet<string> = new Set(['mul', 'matmul'])

/** How dependence goes through programs. */
export const DEPENDENCE: Facts<Dependence> = {
  empty: 'zero',
  constant: (_, data) => (isZero(data) ? 'zero' : 'none'),
  after,
  either: more,
  both: more,
  branched: chosen,
  turned: more,
  repeated: chosen,
  steps: () => plainSteps(DEPENDENCE),
}
