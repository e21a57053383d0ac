import { isFloat } from '../program/index.js'
import { isConstant, ruleOf } from '../rules/index.js'
import type { Facts } from './follow.js'

/** Whether a value depends on others; by steps, if its derivative with respect to them is zero everywhere. */
export type Dependence = 'none' | 'by steps' | 'smooth'

const more = (a: Dependence, b: Dependence): Dependence => {
  if (a === 'smooth' || b === 'smooth') return 'smooth'
  return a === 'none' ? b : a
}

/** How dependence goes through instructions. A `stopGradient` gives what it takes, though no derivative. */
export const DEPENDENCE: Facts<Dependence> = {
  unknown: 'none',
  after({ avals }, { op, outputs }, inputs) {
    const found = inputs.reduce(more, 'none')
    const isSmooth = outputs.some(value => isFloat((avals[value] as (typeof avals)[number]).dtype))
    const isStepped = !isSmooth || (op !== 'stopGradient' && isConstant(ruleOf(op)))
    return found === 'smooth' && isStepped ? 'by steps' : found
  },
  either: more,
  both: more,
  chosen: (by, a, b) => more(by === 'none' ? 'none' : 'by steps', more(a, b)),
}
