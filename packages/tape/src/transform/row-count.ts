/**
 * Whether a loss depends on how many rows there are, as an abstract interpretation of two recordings side by side. What is as long
 * as the rows in both, and made of draws, depends on their number once it comes to a shape that does not.
 */
import { checkArgument } from '../options.js'
import {
  type Aval,
  avalsIn,
  type Constant,
  checkProgram,
  type Data,
  type FactSite,
  type Facts,
  follow,
  type Instruction,
  type Program,
  plainSteps,
  type ScanControl,
  type Steps,
  stridesOf,
} from '../program/index.js'
import { isConstant, ruleOf } from '../rules/index.js'
import { apart, type Counterpart, counterparts, isInStep, sameAval } from './in-step.js'

/** What a program depends on that is other for another number of rows. */
export type RowCounting =
  /** A number that the function was recorded with. */
  | {
      readonly with: 'number'
      /** For fewer rows, and for more. */
      readonly numbers: readonly [number, number]
      /** The line of the code that reads it, where that was asked for. */
      readonly at?: string
    }
  /** An instruction that makes one of as many numbers as there are rows. */
  | {
      readonly with: 'length'
      readonly op: string
      readonly inputs: readonly Aval[]
      readonly outputs: readonly Aval[]
      /** The line of the code that it comes from, where that was asked for. */
      readonly at?: string
    }

/**
 * Finds something in two recordings of one function, for different numbers of rows, that depends on the number: a constant, such as
 * the divisor of a mean written by hand; or a value of a fixed shape that is made of as many draws as there are rows, such as their
 * sum, where an output depends on it. A program that has it computes something else when its rows are divided among shards.
 *
 * Only what is certain is reported. Single numbers alone are compared of recordings that are not the same ops of the same values.
 * Of many draws the first ones are the same however many there are, and what a zero may be a factor of, or what is compared, limited,
 * sorted or chosen, may be; behind that nothing is reported. Numbers are the same that differ by rounding.
 *
 * @param few the recording for fewer rows.
 * @param more the recording for more rows.
 * @param rowwise which inputs have rows as their first axis.
 * @example
 * const counting = fn => rowCounting(record(fn, tensor([1, 2])).program, record(fn, tensor([1, 2, 3])).program, [true])
 * counting(x => x.div(x.size)).numbers // → [2, 3]
 * counting(x => x.div(2)) // → undefined
 */
export function rowCounting(
  few: Program,
  more: Program,
  rowwise: readonly boolean[],
): RowCounting | undefined {
  checkProgram('rowCounting', few)
  checkProgram('rowCounting', more)
  checkArgument('rowCounting', '`rowwise`', rowwise, Array.isArray(rowwise), 'a list of booleans')
  const [here, there] = [apart(few), apart(more)]
  if (!isInStep(here, there)) return otherNumber(few, numbersOf(few), more, numbersOf(more))
  const other = otherNumber(here, here.constants, there, there.constants)
  if (other) return other
  const pairs = counterparts(here, there)
  if (!pairs) return undefined
  const inputs = here.inputs.map(
    (_, k): Known => (rowwise[k] ? 'rows' : k < rowwise.length ? 'fixed' : 'unknown'),
  )
  const found = follow(here, inputs, factsOf(pairs, ofConstants(here, there))).find(isCounted)
  return found?.counting
}

const numbersOf = ({ constants }: Program): readonly Constant[] =>
  constants.filter(({ data }) => data.length === 1)

/** The first two constants in the same place that should be the same, but are not. */
function otherNumber(
  few: Program,
  ofFew: readonly Constant[],
  more: Program,
  ofMore: readonly Constant[],
): RowCounting | undefined {
  if (ofFew.length !== ofMore.length) return undefined
  for (const [k, { value, data }] of ofFew.entries()) {
    const there = ofMore[k] as Constant
    if (data === there.data) continue
    const avals = [few.avals[value], more.avals[there.value]] as [Aval, Aval]
    const numbers = difference(
      avals,
      repeatedIn(avals, data),
      repeatedIn(avals.toReversed() as typeof avals, there.data),
    )
    if (!numbers) continue
    const at = few.instructions.find(({ inputs }) => inputs.includes(value))?.at
    return { with: 'number', numbers, ...(at !== undefined && { at }) }
  }
  return undefined
}

/** The first numbers that differ in two lists, but for rounding; only as many are compared as both have. */
function difference(
  [{ dtype }]: readonly [Aval, Aval],
  few: ArrayLike<number>,
  more: ArrayLike<number>,
): readonly [number, number] | undefined {
  for (let k = 0; k < Math.min(few.length, more.length); k++) {
    const [a, b] = [few[k] as number, more[k] as number]
    const isSame = a === b || (Number.isNaN(a) && Number.isNaN(b))
    if (!isSame && !(Math.abs(a - b) < ROUNDING[dtype] * Math.max(Math.abs(a), Math.abs(b)))) return [a, b]
  }
  return undefined
}

/** How far apart numbers may be that should be the same, but were summed up in other orders: some units in the last place. */
const ROUNDING = { f32: 2 ** -18, f64: 2 ** -46, i32: 0, bool: 0 } as const

/** The numbers of a constant along the axes that are as long in another, if along all others they repeat; or none. */
function repeatedIn([{ dtype, shape }, other]: readonly [Aval, Aval], data: Data): ArrayLike<number> {
  if (dtype !== other.dtype || shape.length !== other.shape.length) return []
  const axes = shape.flatMap((length, axis) => (length === other.shape[axis] ? [] : [axis]))
  if (axes.length === 0) return data
  const strides = stridesOf(shape)
  const found: number[] = []
  for (const [k, number] of data.entries()) {
    const along = axes.map(axis => {
      const stride = strides[axis] as number
      return (Math.floor(k / stride) % (shape[axis] as number)) * stride
    })
    const first = along.reduce((place, step) => place - step, k)
    if (!Object.is(number, data[first])) return []
    if (first === k) found.push(number)
  }
  return found
}

/**
 * What is known of a value. It depends on rows of the batch; or it does not, and
 * - is the same for any number of rows (`fixed`), also as a constant with zeros in it (`zeros`), or of chances in (0, 1) (`chance`);
 * - is as long as the rows in some way: a draw at each place (`drawn`), from [0, 1) as it was drawn (`unit`); numbers
 *   none of which is zero, but by chance (`many`); whole numbers none of which comes twice (`places`);
 * - depends on the number of rows at each place;
 * - or may be anything (`unknown`).
 */
type Known = 'rows' | Free | Counted
type Free = Fixed | Drawn | 'many' | 'places' | 'unknown'
type Fixed = 'fixed' | 'zeros' | 'chance'
type Drawn = 'drawn' | 'unit'

/** What depends on the number of rows, and whether on rows too. */
interface Counted {
  readonly counting: RowCounting
  readonly ofRows: boolean
}

const isCounted = (known: Known): known is Counted => typeof known === 'object'
const isOfRows = (known: Known): boolean => (isCounted(known) ? known.ofRows : known === 'rows')
const isFixed = (known: Known): known is Fixed => known === 'fixed' || known === 'zeros' || known === 'chance'
const isDrawn = (known: Known): known is Drawn => known === 'drawn' || known === 'unit'

type Pairs = ReadonlyMap<Instruction, Counterpart>

const factsOf = (pairs: Pairs, constants: ReadonlyMap<Data, Known>): Facts<Known> => {
  const facts: Facts<Known> = {
    empty: 'unknown',
    constant: (_, data) => constants.get(data) ?? 'unknown',
    after: site => after(site, pairs.get(site.instruction)),
    either,
    both: either,
    branched: (by, a, b) => chosenBy(by, either(a, b)),
    turned: either,
    repeated: chosenBy,
    steps: (site, control) => stepsOf(site, control, facts, pairs),
  }
  return facts
}

/** What is known of constants, which are the same in both programs if their avals are. */
function ofConstants(few: Program, more: Program): ReadonlyMap<Data, Known> {
  const found = new Map<Data, Known>()
  for (const [k, { value, data }] of few.constants.entries()) {
    const there = more.constants[k] as Constant
    const isSame = sameAval(few.avals[value] as Aval, more.avals[there.value] as Aval)
    const known = isSame ? ofSame(data) : ofLonger(there.data)
    found.set(data, (found.get(data) ?? known) === known ? known : 'unknown')
  }
  return found
}

function ofSame(data: Data): Known {
  if (data.includes(0 as never)) return 'zeros'
  return data.every((one: number) => one > 0 && one < 1) ? 'chance' : 'fixed'
}

function ofLonger(data: Data): Known {
  if (data instanceof Int32Array && new Set(data).size === data.length) return 'places'
  const [first = 0] = data
  // Those of both signs may be opposites.
  return data.every((one: number) => one * first > 0) ? 'many' : 'unknown'
}

function after(site: FactSite<Known>, pair: Counterpart | undefined): Known {
  const { instruction, inputs } = site
  const { op } = instruction
  const counted = inputs.find(isCounted)
  const ofRows = inputs.some(isOfRows)
  if (factors.includes(op) && inputs.includes('zeros')) return ofRows ? 'rows' : 'unknown'
  if (ofRows) return counted && !isUndecided(op, inputs) ? { ...counted, ofRows } : 'rows'
  if (!pair) return 'unknown'
  if (op === 'philox') return counted ?? drawn(site, pair)
  if (inputs.includes('unknown')) return 'unknown'
  if (counted) return goesOn(site) ? counted : 'unknown'
  const free = inputs as readonly Free[]
  return free.every(isFixed) ? fixed(op, free, pair) : madeOf(site, free, pair)
}

/** Ops whose result does not depend on an operand, or is zero, where another is zero. */
const factors: readonly string[] = ['mul', 'div', 'matmul', 'pow', 'logicalAnd']

/** Ops that give the elements that they are given. */
const arranging: readonly string[] = [
  'reshape',
  'transpose',
  'broadcastTo',
  'slice',
  'flip',
  'named',
  'stopGradient',
]

const reducing: readonly string[] = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin']

/** Whether something that is the same for any number of rows, perhaps for all of them, decides which operand is taken. */
const isUndecided = (op: string, [choice, a, b]: readonly Known[]): boolean =>
  op === 'where' && !isCounted(choice as Known) && choice !== 'rows' && a !== b

/** Whether results differ wherever operands do, but by chance. */
const isElementwise = (op: string): boolean => {
  const rule = ruleOf(op)
  return 'partials' in rule && !isConstant(rule)
}

/** Numbers of any dtype as floats: converted to others, they may all come to be the same. */
const isWidened = ({
  program: { avals },
  instruction: { op, inputs, outputs },
}: FactSite<Known>): boolean => {
  const [from, to] = [inputs[0], outputs[0]].map(value => avals[value as number]?.dtype)
  return (
    op === 'convert' && (from === to || from === 'bool' || to === 'f64' || (from === 'i32' && to === 'f32'))
  )
}

/** Whether what is made of something that depends on the number of rows depends on it at each place. */
function goesOn(site: FactSite<Known>): boolean {
  const { op } = site.instruction
  if (op === 'where') return site.inputs.slice(1).every(isCounted)
  const isKept = arranging.includes(op) || op === 'sum' || op === 'matmul' || isWidened(site)
  return isKept || (isElementwise(op) && !limiting.includes(op))
}

/** Of what is made of values that are the same for any number of rows. */
function fixed(op: string, [first]: readonly Free[], { isSame }: Counterpart): Known {
  const known = arranging.includes(op) ? (first as Free) : 'fixed'
  return isSame || known !== 'fixed' ? known : 'unknown'
}

/** Streams are other ones for each key and each datum; only what is longer is another one's beginning. */
function drawn({ instruction, inputs }: FactSite<Known>, { other, isSame }: Counterpart): Known {
  if (isSame) return inputs.every(isFixed) ? 'fixed' : 'unknown'
  const { count, dtype } = instruction.params
  const isOwn = count !== other.params.count || inputs.some(one => isDrawn(one) || one === 'places')
  if (!isOwn) return 'unknown'
  return dtype === 'i32' ? 'drawn' : 'unit'
}

/** Of what is made of something as long as the rows, none of it unknown. */
function madeOf(site: FactSite<Known>, inputs: readonly Free[], pair: Counterpart): Known {
  const { instruction } = site
  const { op, params } = instruction
  const { isSame, other } = pair
  const [first] = inputs as readonly [Free]
  if (inputs.includes('places')) return 'unknown'
  if (op === 'slice' && isSame) {
    const isMoved = JSON.stringify(params.starts) !== JSON.stringify(other.params.starts)
    return isMoved && isDrawn(first) ? countedAt(site) : 'unknown'
  }
  // From the other end, the last of them is the first draw.
  if (op === 'flip') return 'many'
  if (arranging.includes(op)) return first
  const long = inputs.some(isDrawn) && !(factors.includes(op) && inputs.includes('many')) ? 'drawn' : 'many'
  if (reducing.includes(op) || op === 'matmul') {
    // Extremes and products of many may be the same for any number.
    if (long === 'many' && op !== 'sum' && op !== 'matmul') return 'unknown'
    return isSame ? countedAt(site) : long
  }
  if (op === 'where') return inputs.slice(1).every(isDrawn) ? 'drawn' : isFixed(first) ? 'unknown' : 'many'
  if (limiting.includes(op) || isChance(op, inputs)) return 'many'
  return isElementwise(op) || isWidened(site) ? long : 'unknown'
}

/** Ops that may give the same for many operands. */
const limiting: readonly string[] = ['maximum', 'minimum', 'relu']

const comparing: readonly string[] = ['less', 'lessEqual', 'greater', 'greaterEqual']

/** Whether truth values are drawn, both of which there may be. */
const isChance = (op: string, inputs: readonly Free[]): boolean =>
  op === 'logicalNot' || (comparing.includes(op) && inputs.includes('unit') && inputs.includes('chance'))

const countedAt = ({ program, instruction }: FactSite<Known>): Counted => {
  const { op, inputs, outputs, at } = instruction
  const avals = { inputs: avalsIn(program, inputs), outputs: avalsIn(program, outputs) }
  return { counting: { with: 'length', op, ...avals, ...(at !== undefined && { at }) }, ofRows: false }
}

/** What holds of a value that is one or the other. */
function either(a: Known, b: Known): Known {
  if (a === b) return a
  if (isCounted(a) && a.ofRows) return a
  if (isCounted(b) && b.ofRows) return b
  if (a === 'rows' || b === 'rows') return 'rows'
  if (isCounted(a) && isCounted(b)) return a
  if (isFixed(a) && isFixed(b)) return 'fixed'
  return isDrawn(a) && isDrawn(b) ? 'drawn' : 'unknown'
}

/** What holds of a value that is chosen, or made in as many steps as is said, by another. */
function chosenBy(choice: Known, one: Known): Known {
  if (isFixed(choice)) return one
  return either(isOfRows(choice) ? choice : 'unknown', one)
}

/** In loops over something as long as the rows, a step may be any of them. */
function stepsOf(
  { instruction }: FactSite<Known>,
  { length }: ScanControl,
  facts: Facts<Known>,
  pairs: Pairs,
): Steps<Known> {
  if (pairs.get(instruction)?.other.params.length === length) return plainSteps(facts)
  const loosened = (one: Known): Known => (isCounted(one) || one === 'rows' ? one : 'unknown')
  return { ...plainSteps(facts, loosened), last: loosened, stacked: loosened }
}
