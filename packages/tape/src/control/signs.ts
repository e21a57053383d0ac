import { type Aval, type Data, type FactSite, type Facts, type Params, plainSteps } from '../program/index.js'
import type { Tensor } from '../record/index.js'

/**
 * Which signs the elements of a value may have where tangents are zero and all arguments are far from zero, each on one side of
 * it; with what is certain of them. A set of bits; of truth values, true is positive and false is zero.
 */
export type Signs = number

const NEGATIVE = 1
const ZERO = 2
const POSITIVE = 4
const ANY = NEGATIVE | ZERO | POSITIVE
/** Some element is certainly other than zero. */
const SOMEWHERE = 8
/** Some element is certainly zero. */
const ZEROS = 16
/** It is the same, however far away the arguments are. */
const FIXED = 32
/** Each element is further from zero than any number, if the arguments are far enough. */
const FAR = 64

/** Completes a set by what follows from it. */
function signs(bits: number): Signs {
  if ((bits & ANY) === ZERO) return ZERO | ZEROS | FIXED
  return bits & ZERO ? bits : bits | SOMEWHERE
}

const NOTHING: Signs = signs(ZERO)
const TRUE: Signs = signs(POSITIVE | FIXED)

const has = (one: Signs, bit: number): boolean => (one & bit) !== 0

/** Whether no element may be zero. */
const isFull = (one: Signs): boolean => !has(one, ZERO)

const isOneSided = (one: Signs): boolean => !(has(one, NEGATIVE) && has(one, POSITIVE))

/** Whether some element is certainly other than zero, for some arguments. */
export const isOther = (one: Signs): boolean => has(one, SOMEWHERE)

/** Of an argument on one side of zero, or of truth values that are all one. */
export const signsOfArgument = ({ dtype }: Aval, side: boolean): Signs => {
  if (dtype === 'bool') return side ? TRUE : NOTHING
  return signs((side ? POSITIVE : NEGATIVE) | FAR)
}

/** Of numbers. What is no number is no proof: it may stand where a function is not defined. */
function signsOf(data: Data): Signs {
  let bits = FIXED
  for (const number of data) {
    if (number > 0) bits |= POSITIVE | SOMEWHERE
    else if (number < 0) bits |= NEGATIVE | SOMEWHERE
    else bits |= number === 0 ? ZERO | ZEROS : ANY
  }
  return signs(bits)
}

/** Of what is read from outside, which may be anything where that is recorded. */
export const signsOfOutside = ({ state }: Tensor): Signs => ('data' in state ? signsOf(state.data) : ANY)

const negative = (one: Signs): Signs =>
  (one & ~(NEGATIVE | POSITIVE)) | (has(one, NEGATIVE) ? POSITIVE : 0) | (has(one, POSITIVE) ? NEGATIVE : 0)

function sum(a: Signs, b: Signs): Signs {
  if (a === NOTHING || b === NOTHING) return a === NOTHING ? b : a
  const sided = isOneSided(a | b)
  // What is fixed, or on the same side, does not bring what is far back to zero.
  if (has(a, FAR) && (has(b, FIXED) || sided)) return signs((a & ANY) | FAR)
  if (has(b, FAR) && (has(a, FIXED) || sided)) return signs((b & ANY) | FAR)
  const fixed = a & b & FIXED
  if (!sided) return ANY | fixed
  const zero = a & b & ZERO
  return signs(((a | b) & (NEGATIVE | POSITIVE | SOMEWHERE)) | zero | fixed)
}

function product(a: Signs, b: Signs): Signs {
  const sides =
    (has(a, POSITIVE) ? b & (NEGATIVE | POSITIVE) : 0) |
    (has(a, NEGATIVE) ? negative(b) & (NEGATIVE | POSITIVE) : 0)
  const isSeen = (isFull(a) && has(b, SOMEWHERE)) || (isFull(b) && has(a, SOMEWHERE))
  const isFar = has(a & b, FAR) || (has(a, FAR) && isFixed(b)) || (has(b, FAR) && isFixed(a))
  return signs(
    sides | ((a | b) & (ZERO | ZEROS)) | (isSeen ? SOMEWHERE : 0) | (isFar ? FAR : 0) | (a & b & FIXED),
  )
}

/** Whether it is the same number, other than zero, however far away the arguments are. */
const isFixed = (one: Signs): boolean => has(one, FIXED) && isFull(one)

function quotient(a: Signs, b: Signs): Signs {
  if (a === NOTHING) return a
  if (!isFull(b)) return ANY | (a & b & FIXED)
  const isFar = has(a, FAR) && has(b, FIXED)
  return signs((product(a, b) & ~FAR) | (isFar ? FAR : 0))
}

/** Of sums of elements. */
function total(one: Signs, isSingle: boolean): Signs {
  if (!isOneSided(one)) return ANY | (one & FIXED)
  const isSeen = isSingle && has(one, SOMEWHERE)
  return signs(one & ~(ZEROS | (isSeen ? ZERO : 0)))
}

/** Of the magnitude or the square. */
const size = (one: Signs): Signs => signs((one & ~NEGATIVE) | (has(one, NEGATIVE) ? POSITIVE : 0))

function chosen(by: Signs, a: Signs, b: Signs): Signs {
  if (isFull(by) || by === NOTHING) return isFull(by) ? a : b
  const isSeen = (has(by, ZEROS) && isFull(b)) || (has(by, SOMEWHERE) && isFull(a))
  return signs(((a | b) & ANY) | (isSeen ? SOMEWHERE : 0) | (by & a & b & FIXED) | (a & b & FAR))
}

/** Of a comparison, which holds where the difference has one of some signs. */
const compared =
  (holds: number) =>
  (a: Signs, b: Signs): Signs => {
    const difference = sum(a, negative(b))
    const bits = (difference & holds ? POSITIVE : 0) | (difference & ANY & ~holds ? ZERO : 0)
    return signs(bits | (has(bits, ZERO) ? difference & FIXED : FIXED))
  }

const greater = compared(POSITIVE)
const maximum = (a: Signs, b: Signs): Signs => chosen(greater(a, b), a, b)

const positive = (one: Signs): Signs => signs(POSITIVE | (one & FIXED))

/** Of functions that have the sign of their operand. */
const alike = (one: Signs): Signs => signs(one & ~FAR)

/** Where some elements are left out. */
const part = (one: Signs): Signs => signs(one & ~(SOMEWHERE | ZEROS))

const same = (one: Signs): Signs => one

const all = (ops: readonly string[], of: (one: Signs) => Signs) => Object.fromEntries(ops.map(op => [op, of]))

const ofOps: Readonly<Record<string, (...inputs: Signs[]) => Signs>> = {
  add: sum,
  sub: (a, b) => sum(a, negative(b)),
  neg: negative,
  mul: product,
  div: quotient,
  reciprocal: one => quotient(TRUE, one),
  square: size,
  abs: size,
  sqrt: one => (has(one, NEGATIVE) ? ANY : alike(one)),
  hypot: (a, b) => sum(size(a), size(b)),
  pow: (a, b) => ((a & ANY) === POSITIVE ? positive(a & b) : ANY | (a & b & FIXED)),
  where: chosen,
  maximum,
  minimum: (a, b) => chosen(greater(b, a), a, b),
  relu: one => maximum(one, NOTHING),
  greater,
  greaterEqual: compared(POSITIVE | ZERO),
  less: compared(NEGATIVE),
  lessEqual: compared(NEGATIVE | ZERO),
  equal: compared(ZERO),
  notEqual: compared(NEGATIVE | POSITIVE),
  logicalAnd: product,
  logicalNot: one => compared(ZERO)(one, NOTHING),
  ...all(['exp', 'exp2', 'cosh', 'sigmoid', 'softplus', 'erfc'], positive),
  ...all(['sinh', 'tanh', 'asinh', 'atan', 'erf', 'expm1', 'cbrt', 'sign'], alike),
  ...all(['broadcastTo', 'reshape', 'transpose', 'flip', 'named', 'stopGradient'], same),
  concat: (...parts) => parts.reduce(both),
  slice: part,
  unslice: one => both(one, NOTHING),
}

const either = (a: Signs, b: Signs): Signs => signs(((a | b) & ANY) | (a & b & ~ANY))

/** Of parts beside one another. */
const both = (a: Signs, b: Signs): Signs =>
  signs(((a | b) & (ANY | SOMEWHERE | ZEROS)) | (a & b & (FIXED | FAR)))

/** After so many steps as arguments say. */
const lasting = (one: Signs): Signs => signs(one & ~(FIXED | FAR))

function after({ program: { avals }, instruction, inputs }: FactSite<Signs>): Signs {
  const { op } = instruction
  const own = ofOps[op]
  if (own) return own(...inputs)
  const [from, to] = [instruction.inputs[0], instruction.outputs[0]].map(value => avals[value as number])
  const isSingle = to?.shape.every(length => length === 1) === true
  const [a, b] = inputs as readonly [Signs, Signs]
  if (op === 'sum' || op === 'cumsum') return total(a, isSingle)
  if (op === 'matmul') return total(product(a, b), isSingle)
  if (op === 'convert') return converted(a, from?.dtype, to?.dtype)
  if (op === 'sumPool2d' && isCovering(instruction.params)) return total(part(a), isSingle)
  return ANY | inputs.reduce((fixed, one) => fixed & one, FIXED)
}

/** Whether each window of a sum over windows has something beside padding. */
export const isCovering = ({ window, padding, dilation = [1, 1] }: Params): boolean =>
  (dilation as readonly number[]).every(apart => apart === 1) &&
  (padding as readonly (readonly number[])[]).every(pads =>
    pads.every(pad => pad < Math.min(...(window as readonly number[]))),
  )

/** Of whole numbers, what is near to zero is zero. */
function converted(one: Signs, from: string | undefined, to: string | undefined): Signs {
  if (to === 'bool') return size(one) & ~FAR
  const isWhole = to === 'i32' && from !== 'bool' && !has(one, FAR)
  return isWhole ? signs((one & ~SOMEWHERE) | ZERO) : one
}

/** How signs go through programs. */
export const SIGNS: Facts<Signs> = {
  empty: NOTHING,
  constant: (_, data) => signsOf(data),
  after,
  either,
  both,
  branched: (by, a, b) => (isFull(by) || by === NOTHING ? chosen(by, a, b) : branch(by, a, b)),
  turned: (a, b) => lasting(either(a, b)),
  repeated: (by, state, first) => (by === NOTHING ? first : lasting(state)),
  steps: () => plainSteps(SIGNS, part),
}

/** A branch takes one of two as a whole. */
const branch = (by: Signs, a: Signs, b: Signs): Signs => {
  const one = either(a, b)
  return has(by, FIXED) ? one : signs(one & ~FIXED)
}
