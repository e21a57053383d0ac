import type { Aval, Data } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { isConstant, ruleOf } from '../rules/index.js'
import type { Facts } from './follow.js'

/**
 * What a value is where tangents are zero: zero; 1 or −1 if all of its elements are of that sign; `free` if there are arguments
 * for any value of it; `generic` if it depends on arguments, and is zero for few of them; `mixed` if it is other than zero in
 * some places, or for some arguments, and of truth values both true and false; or it may be anything.
 */
export type AtZero = 0 | 1 | -1 | 'free' | 'generic' | 'mixed' | 'unknown'

/** Of an argument. */
export const ofArgument = ({ dtype }: Aval): AtZero => (dtype === 'bool' ? 'mixed' : 'free')

/** Of what is read from outside, which may be anything where that is recorded. */
export const ofOutside = ({ state }: Tensor): AtZero => ('data' in state ? signOf(state.data) : 'unknown')

function signOf(data: Data): AtZero {
  if (data.every(number => number === 0)) return 0
  if (data.every(number => number > 0)) return 1
  return data.every(number => number < 0) ? -1 : 'mixed'
}

const isSign = (one: AtZero): one is 0 | 1 | -1 => typeof one === 'number'

const depends = (one: AtZero): boolean => one === 'free' || one === 'generic'

/** Whether it is other than zero almost everywhere. */
const isFull = (one: AtZero): boolean => one === 1 || one === -1 || depends(one)

/** Whether it is certainly other than zero somewhere. */
export const isNonzero = (one: AtZero): boolean => isFull(one) || one === 'mixed'

const negative = (one: AtZero): AtZero => product(one, -1)

/** Two terms that depend on arguments may cancel, and what differs from place to place another number. */
function sum(a: AtZero, b: AtZero): AtZero {
  if (a === 0 || b === 0) return a === 0 ? b : a
  if (isSign(a)) return a === b || depends(b) ? b : 'unknown'
  return isSign(b) && depends(a) ? a : 'unknown'
}

function product(a: AtZero, b: AtZero): AtZero {
  if (a === 0 || b === 0) return 0
  if (isSign(a)) return isSign(b) ? (a === b ? 1 : -1) : b
  if (isSign(b)) return a
  if (isFull(a) && isFull(b)) return 'generic'
  return (isNonzero(a) && isFull(b)) || (isFull(a) && isNonzero(b)) ? 'mixed' : 'unknown'
}

/** Of parts beside one another. */
function both(a: AtZero, b: AtZero): AtZero {
  if (a === b) return a
  return isNonzero(a) || isNonzero(b) ? 'mixed' : 'unknown'
}

function either(a: AtZero, b: AtZero): AtZero {
  if (a === b) return a
  return isNonzero(a) && isNonzero(b) ? 'mixed' : 'unknown'
}

/** What is zero in places may be zero where it is chosen. */
function chosen(by: AtZero, a: AtZero, b: AtZero): AtZero {
  if (isSign(by)) return by === 0 ? b : a
  const isSeen = by === 'mixed' ? isFull(a) || isFull(b) : isFull(a) && isFull(b)
  return isSeen || (a === 0 && b === 0) ? both(a, b) : 'unknown'
}

const difference = (a: AtZero, b: AtZero): AtZero => sum(a, negative(b))

/** Of a comparison, which holds of some arguments and not of others if it is one with a number. */
const compared = (a: AtZero, b: AtZero): AtZero => (difference(a, b) === 'free' ? 'mixed' : 'unknown')

const ofOps: Readonly<Record<string, (...inputs: AtZero[]) => AtZero>> = {
  add: sum,
  sub: difference,
  neg: negative,
  mul: product,
  div: product,
  matmul: product,
  where: chosen,
  concat: (...parts) => parts.reduce(both),
  // What is left of it may be zero.
  slice: one => (one === 'mixed' ? 'unknown' : one),
  unslice: one => both(one, 0),
  sign: one => (depends(one) ? 'mixed' : one),
  greater: compared,
  greaterEqual: compared,
  less: compared,
  lessEqual: compared,
  maximum: () => 'unknown',
  minimum: () => 'unknown',
}

/** How that goes through instructions. */
export const AT_ZERO: Facts<AtZero> = {
  unknown: 'unknown',
  after(_, { op }, inputs) {
    const own = ofOps[op]
    if (own) return own(...inputs)
    const rule = ruleOf(op)
    if ('pushforward' in rule && rule.pushforward === 'linear') return inputs[0] as AtZero
    const isSmooth = 'partials' in rule && !isConstant(rule)
    return isSmooth && inputs.every(isFull) && inputs.some(depends) ? 'generic' : 'unknown'
  },
  either,
  both,
  chosen,
}
