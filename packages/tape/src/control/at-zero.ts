import {
  type Aval,
  controlOf,
  type Data,
  type FactSite,
  type Facts,
  isFloat,
  plainSteps,
} from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { isConstant, ruleOf } from '../rules/index.js'
import { isCovering } from './signs.js'

/**
 * What a value is, as a function of arguments, where tangents are zero and each argument has equal elements: zero; other than zero, locally constant and of one sign
 * (1 or −1); one of {@link CHAIN}; or it may be anything.
 */
type AtZero = 0 | 1 | -1 | (typeof CHAIN)[number] | 'unknown'

/**
 * Each says less than the one before. Near most arguments, each element of a value is
 * - `free`: affine, and all are above any number together for some arguments, and below any for others;
 * - `rooted`: a function that is analytic everywhere, zero somewhere, and not constant;
 * - `analytic`: one that need not be zero anywhere;
 * - `varying`: not constant;
 * - `full`: other than zero;
 * - `mixed`: some element is, near some arguments; and of truth values, some are true and some are false.
 */
const CHAIN = ['free', 'rooted', 'analytic', 'varying', 'full', 'mixed'] as const

/** Whether a value is at least so much; what has a sign is full. */
function isAtLeast(one: AtZero, least: (typeof CHAIN)[number]): boolean {
  if (one === 0 || one === 'unknown') return false
  return CHAIN.indexOf(typeof one === 'number' ? 'full' : one) <= CHAIN.indexOf(least)
}

/** What both of two are at least, and at most what is said. */
const weakest = (a: AtZero, b: AtZero, most: (typeof CHAIN)[number]): AtZero =>
  CHAIN.slice(CHAIN.indexOf(most)).find(least => isAtLeast(a, least) && isAtLeast(b, least)) ?? 'unknown'

function signOf(data: Data): AtZero {
  if (data.every(number => number === 0)) return 0
  if (data.every(number => number > 0)) return 1
  return data.every(number => number < 0) ? -1 : 'mixed'
}

const isSign = (one: AtZero): one is 0 | 1 | -1 => typeof one === 'number'

const depends = (one: AtZero): boolean => isAtLeast(one, 'varying')

const isFull = (one: AtZero): boolean => isAtLeast(one, 'full')

const isNonzero = (one: AtZero): boolean => isAtLeast(one, 'mixed')

const negative = (one: AtZero): AtZero => product(one, -1)

/** Two terms that depend on arguments may cancel, and what differs from place to place another number. */
function sum(a: AtZero, b: AtZero): AtZero {
  if (a === 0 || b === 0) return a === 0 ? b : a
  if (isSign(a) && a === b) return a
  const [sign, other] = isSign(a) ? [a, b] : [b, a]
  if (!isSign(sign) || !depends(other)) return 'unknown'
  return other === 'rooted' ? 'analytic' : other
}

/** Factors that are never zero may be constant together, such as exp(x) and exp(−x), or x and 1 / x. */
function product(a: AtZero, b: AtZero): AtZero {
  if (a === 0 || b === 0) return 0
  if (isSign(a)) return isSign(b) ? (a === b ? 1 : -1) : b
  if (isSign(b)) return a
  const isRooted = isAtLeast(a, 'rooted') || isAtLeast(b, 'rooted')
  if (isRooted && weakest(a, b, 'analytic') === 'analytic') return 'rooted'
  return isFull(a) || isFull(b) ? weakest(a, b, 'full') : 'unknown'
}

function quotient(a: AtZero, b: AtZero): AtZero {
  if (b === 0) return a === 0 ? 0 : 'unknown'
  if (!depends(b)) return product(a, b)
  return a === 1 || a === -1 ? 'varying' : product(a, 'varying')
}

/** Of sums of elements, which may cancel unless all are on one side of zero together. */
const total = (one: AtZero): AtZero => (isSign(one) || one === 'free' ? one : 'unknown')

const contracted = (a: AtZero, b: AtZero): AtZero =>
  a === 'free' && b === 'free' ? 'analytic' : total(product(a, b))

/** Of parts beside one another, which may be on different sides of zero. */
function both(a: AtZero, b: AtZero): AtZero {
  if (a === b && a !== 'free') return a
  if (isFull(a) && isFull(b)) return weakest(a, b, 'rooted')
  return isNonzero(a) || isNonzero(b) ? 'mixed' : 'unknown'
}

function either(a: AtZero, b: AtZero): AtZero {
  if (a === b) return a
  return isNonzero(a) && isNonzero(b) ? both(a, b) : 'unknown'
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

const size = (one: AtZero): AtZero => (isSign(one) ? product(one, one) : one === 'free' ? 'rooted' : one)

/** What is left of it may be zero. */
const part = (one: AtZero): AtZero => (one === 'mixed' ? 'unknown' : one)

const same = (one: AtZero): AtZero => one

/** Of a function that is analytic everywhere, and constant nowhere. */
const analytic = (one: AtZero): AtZero => (depends(one) ? weakest(one, one, 'analytic') : 'unknown')

/** Of one that is zero at zero as well. */
const rooted = (one: AtZero): AtZero => (depends(one) ? weakest(one, one, 'rooted') : 'unknown')

/** Of a function of two operands that is constant along neither, if only one of them is. */
const curved = (a: AtZero, b: AtZero): AtZero =>
  (depends(a) && isSign(b)) || (isSign(a) && depends(b)) ? 'varying' : 'unknown'

const beside = (one: AtZero, full: boolean): AtZero => (one === 'unknown' && full ? 'full' : one)

const all = (ops: readonly string[], of: (one: AtZero) => AtZero) =>
  Object.fromEntries(ops.map(op => [op, of]))

const ofOps: Readonly<Record<string, (...inputs: AtZero[]) => AtZero>> = {
  add: sum,
  sub: difference,
  neg: negative,
  mul: product,
  div: quotient,
  matmul: contracted,
  sum: total,
  cumsum: total,
  where: chosen,
  concat: (...parts) => parts.reduce(both),
  ...all(['broadcastTo', 'reshape', 'transpose', 'flip', 'named', 'stopGradient'], same),
  slice: part,
  unslice: one => both(one, 0),
  square: size,
  abs: size,
  sign: one => (isSign(one) || !isFull(one) ? one : 'full'),
  relu: one => (one === -1 ? 0 : isSign(one) ? one : 'unknown'),
  ...all(['sin', 'sinh', 'tanh', 'asinh', 'atan', 'expm1', 'erf'], rooted),
  ...all(['cos', 'cosh', 'exp', 'exp2', 'sigmoid', 'softplus', 'erfc'], analytic),
  // 1ʸ is 1.
  pow: (a, b) => (depends(a) && (b === 1 || b === -1 || (a === 'free' && b === a)) ? 'varying' : 'unknown'),
  mod: (a, b) => (depends(a) && isSign(b) ? 'varying' : 'unknown'),
  // Zero where y is, or where both are.
  atan2: (y, x) => beside(curved(y, x), isFull(y)),
  hypot: (a, b) => beside(curved(a, b), isFull(a) || isFull(b)),
  greater: compared,
  greaterEqual: compared,
  less: compared,
  lessEqual: compared,
}

function after({ program: { avals }, instruction, inputs }: FactSite<AtZero>): AtZero {
  const { op } = instruction
  const own = ofOps[op]
  if (own) return own(...inputs)
  const [one] = inputs as readonly [AtZero]
  if (op === 'convert') {
    const [from, to] = [instruction.inputs[0], instruction.outputs[0]].map(
      value => avals[value as number]?.dtype,
    )
    return one === 0 || from === to || from === 'bool' || (to && isFloat(to)) ? one : 'unknown'
  }
  const rule = ruleOf(op)
  const isSmooth = 'partials' in rule && rule.partials.length === 1 && !isConstant(rule)
  return isSmooth && depends(one) ? 'varying' : 'unknown'
}

/** What a value is, and whether all of its elements are equal, so that sums of them do not cancel. */
export interface Offset {
  readonly is: AtZero
  readonly isEven: boolean
}

/** One object for each. */
const offsets = new Map<string, Offset>()

function offset(is: AtZero, isEven: boolean): Offset {
  const key = `${isEven} ${is}`
  const known = offsets.get(key) ?? { is, isEven }
  offsets.set(key, known)
  return known
}

/** Of an argument. */
export const offsetOfArgument = ({ dtype }: Aval): Offset => offset(dtype === 'bool' ? 'mixed' : 'free', true)

const offsetOf = (data: Data): Offset =>
  offset(
    signOf(data),
    data.every(number => number === data[0]),
  )

/** Of what is read from outside, which may be anything where that is recorded. */
export const offsetOfOutside = ({ state, shape }: Tensor): Offset =>
  'data' in state ? offsetOf(state.data) : offset('unknown', isSingle(shape))

/** Whether a value is certainly other than zero somewhere, for some arguments. */
export const isOffset = ({ is }: Offset): boolean => isNonzero(is)

const isSingle = (shape: readonly number[]): boolean => shape.every(length => length === 1)

/** Ops that give multiples of one element where all are equal. */
const SUMS: Readonly<Record<string, (...inputs: AtZero[]) => AtZero>> = {
  sum: same,
  cumsum: same,
  sumPool2d: same,
  matmul: product,
}

/** Ops, beside those that go element by element, that give equal elements for equal elements. */
const EVEN: ReadonlySet<string> = new Set([
  'broadcastTo',
  'convert',
  'flip',
  'matmul',
  'named',
  'reshape',
  'slice',
  'stopGradient',
  'sum',
  'transpose',
])

function offsetAfter(site: FactSite<Offset>): Offset {
  const { program, instruction } = site
  const { op, outputs } = instruction
  // What goes back over loops is not followed.
  if (controlOf(instruction)) return offset('unknown', false)
  const inputs = site.inputs.map(one => one.is)
  const areEven = site.inputs.every(one => one.isEven)
  const keeps = EVEN.has(op) || 'partials' in ruleOf(op)
  const isEven = isSingle(program.avals[outputs[0] as number]?.shape ?? []) || (keeps && areEven)
  const isSummed = op !== 'sumPool2d' || isCovering(instruction.params)
  const own = areEven && isSummed ? SUMS[op] : undefined
  return offset(own ? own(...inputs) : after({ ...site, inputs }), isEven)
}

const join =
  (of: (a: AtZero, b: AtZero) => AtZero) =>
  (a: Offset, b: Offset): Offset =>
    offset(of(a.is, b.is), a.isEven && b.isEven)

const choice = (by: Offset, a: Offset, b: Offset): Offset =>
  offset(chosen(by.is, a.is, b.is), a.isEven && b.isEven)

/** How offsets go through programs. */
export const OFFSETS: Facts<Offset> = {
  empty: offset(0, true),
  constant: (_, data) => offsetOf(data),
  after: offsetAfter,
  either: join(either),
  both: (a, b) => offset(both(a.is, b.is), false),
  branched: choice,
  turned: join(either),
  repeated: choice,
  steps: () => plainSteps(OFFSETS, one => offset(part(one.is), one.isEven)),
}
