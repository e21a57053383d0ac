import { checkArgument } from '../options.js'
import {
  type Aval,
  avalsIn,
  checkProgram,
  type FactSite,
  type Facts,
  follow,
  type Program,
  type ScanControl,
  type Steps,
} from '../program/index.js'
import {
  freeOf,
  isDrawn,
  isFree,
  isMask,
  isOfStep,
  isPlaced,
  type OfStep,
  type Rows,
  rowsAfter,
} from './row-axis.js'

/** An instruction that combines different rows of a batch, or a row with its place. */
export interface RowMixing {
  /** `places` if rows meet numbers for their places: drawn by one key for all of them, or constants as long as the batch. */
  readonly with: 'rows' | 'places'
  readonly op: string
  readonly inputs: readonly Aval[]
  readonly outputs: readonly Aval[]
  /** The line of the code that it comes from, where that was asked for. */
  readonly at?: string
}

/**
 * Finds an instruction that combines different rows of a batch, such as a sum or a product along the axis of rows, also in
 * the bodies and conditions of loops and branches, where an output depends on it; or one that combines rows with numbers for
 * their places, such as draws of one key for all of them. A program that has one computes something else when its rows are
 * divided among shards.
 *
 * Rows that are combined and taken apart again, such as those that change places twice, count as combined. Otherwise only what is
 * certain is reported: rows are followed through transpositions, reductions, products and loops, also loops over
 * the rows themselves, but not into every op, and behind one that is not followed nothing is reported. Nor is it behind masks
 * in a loop over rows, by which each may keep to a place of its own: conditions and factors that do not depend on rows, if
 * those may be zero or differ from step to step.
 *
 * @param rowwise which inputs have rows as their first axis.
 * @example
 * const centred = record(x => x.sub(x.mean({ axis: 0 })).square(), tensor([1, 2, 3])).program
 * rowMixing(centred, [true]).op // → 'sum'
 * const squares = record(x => x.square(), tensor([1, 2, 3])).program
 * rowMixing(squares, [true]) // → undefined
 */
export function rowMixing(program: Program, rowwise: readonly boolean[]): RowMixing | undefined {
  checkProgram('rowMixing', program)
  checkArgument('rowMixing', '`rowwise`', rowwise, Array.isArray(rowwise), 'a list of booleans')
  const first = program.inputs[rowwise.indexOf(true)]
  if (first === undefined) return undefined
  const count = program.avals[first]?.shape[0] ?? 1
  const outputs = follow(
    program,
    rowwise.map((so): Known => (so ? 0 : 'none')),
    factsOf(count, 0),
  )
  return outputs.find(isMixing)
}

/** What is known of a value: where its rows are, or what mixed them. */
type Known = Rows | RowMixing

const isMixing = (known: unknown): known is RowMixing => typeof known === 'object'

/**
 * How what is known goes through programs.
 *
 * @param count how many rows there are.
 * @param depth how many loops over arrays are around.
 */
const factsOf = (count: number, depth: number): Facts<Known> => ({
  empty: 'none',
  constant: (aval, data) => freeOf(isPlaced(aval, data, count), data.includes(0 as never)),
  after: site => after(site, count),
  either,
  both: either,
  branched,
  turned: either,
  repeated: chosenBy,
  steps: (site, control) => stepsOf(site, control, count, depth),
})

function after(site: FactSite<Known>, count: number): Known {
  const { inputs } = site
  const mixing = inputs.find(isMixing)
  if (mixing) return mixing
  const rows = { ...site, inputs: inputs as readonly Rows[] }
  if (inputs.every(isFree)) return freeOf(isDrawn(rows), mayBeZero(site))
  const one = rowsAfter({ ...rows, count })
  return one === 'mixed' || one === 'placed' ? mixingOf(site, one) : one
}

/** Whether what does not depend on rows may be zero in places: a comparison, or what is made of something that may. */
const mayBeZero = ({ program: { avals }, instruction: { outputs }, inputs }: FactSite<Known>): boolean =>
  inputs.some(isMask) || outputs.some(value => avals[value]?.dtype === 'bool')

function mixingOf({ program, instruction }: FactSite<Known>, how: 'mixed' | 'placed'): RowMixing {
  const { op, inputs, outputs, at } = instruction
  return {
    with: how === 'placed' ? 'places' : 'rows',
    op,
    inputs: avalsIn(program, inputs),
    outputs: avalsIn(program, outputs),
    ...(at !== undefined && { at }),
  }
}

/** What holds of a value that is one or the other. */
function either(a: Known, b: Known): Known {
  if (isMixing(a) || a === b) return a
  if (isMixing(b)) return b
  if (isFree(a) && isFree(b)) return freeOf(false, isMask(a) || isMask(b))
  if (isFree(b)) return a
  return isFree(a) ? b : 'unknown'
}

/** What holds of a value that is chosen, or made in as many steps as is said, by another. */
function chosenBy(choice: Known, rows: Known): Known {
  if (isFree(choice)) return rows
  return isOfStep(choice) || isMixing(choice) ? either(choice, rows) : either('unknown', rows)
}

/** What holds of the result of a branch, of which that of one or the other is taken. */
function branched(choice: Known, a: Known, b: Known): Known {
  // As of `where`: rows keep to places of their own, perhaps.
  const isMasked = isFree(choice) && a !== b && (isOfStep(a) || isOfStep(b))
  return chosenBy(choice, isMasked ? either('unknown', either(a, b)) : either(a, b))
}

/**
 * A step takes a part of each array along its first axis, and adds one of each result. In a loop over the rows themselves, one at
 * a time, a carry that is made of a row is made of earlier ones in the steps that follow; results that are made of those alone
 * belong to other rows, as does the last carry. What differs from step to step otherwise may be a mask.
 */
function stepsOf(
  site: FactSite<Known>,
  { length, constants, carries }: ScanControl,
  count: number,
  depth: number,
): Steps<Known> {
  const row: OfStep = `row of ${depth}`
  const earlier: OfStep = `earlier of ${depth}`
  const isOverRows = length === count && count > 1 && site.inputs.slice(constants + carries).includes(0)
  const last = (carry: Known) => (carry === earlier ? mixingOf(site, 'mixed') : carry)
  return {
    facts: factsOf(count, depth + 1),
    // Where a sum or product begins does not make a mask of it.
    first: carry => (isOverRows && isFree(carry) ? 'none' : carry),
    part(array) {
      if (isOverRows && isFree(array)) return 'mask'
      if (typeof array !== 'number') return array
      if (array > 0) return array - 1
      return isOverRows ? row : 'unknown'
    },
    next(carry, stays) {
      if (isOverRows && !stays && isFree(carry)) return 'mask'
      return carry === row ? earlier : carry
    },
    last,
    stacked(one) {
      if (one === row) return 0
      return typeof one === 'number' ? one + 1 : last(one)
    },
  }
}
