import { checkArgument } from '../options.js'
import {
  type Aval,
  avalsIn,
  type Control,
  checkProgram,
  controlOf,
  type Instruction,
  type Program,
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
    rowwise.map(so => (so ? 0 : 'none')),
    { count, depth: 0 },
  )
  return outputs.find(isMixing)
}

/** What is known of a value: where its rows are, or what mixed them. */
type Known = Rows | RowMixing

const isMixing = (known: unknown): known is RowMixing => typeof known === 'object'

/** How many rows there are, and how many loops over them are around. */
interface Batch {
  readonly count: number
  readonly depth: number
}

/** What is known of the outputs of a program. */
function follow(program: Program, inputs: readonly Known[], batch: Batch): readonly Known[] {
  const known = new Array<Known>(program.avals.length).fill('none')
  for (const { value, data } of program.constants) {
    const placed = isPlaced(program.avals[value] as Aval, data, batch.count)
    known[value] = freeOf(placed, data.includes(0 as never))
  }
  program.inputs.forEach((value, k) => {
    known[value] = inputs[k] as Known
  })
  for (const instruction of program.instructions) {
    const of = instruction.inputs.map(value => known[value] as Known)
    const control = controlOf(instruction)
    const followed = control && throughControl(control, of, batch)
    const otherwise =
      followed && followed.length > 0 ? 'unknown' : after(program, instruction, of, batch.count)
    instruction.outputs.forEach((value, k) => {
      const one = followed?.[k] ?? otherwise
      const isMixed = one === 'mixed' || one === 'placed'
      known[value] = isMixed ? mixingOf(program, instruction, one) : one
    })
  }
  return program.outputs.map(value => known[value] as Known)
}

function after(
  program: Program,
  instruction: Instruction,
  inputs: readonly Known[],
  count: number,
): Known | 'mixed' | 'placed' {
  const mixing = inputs.find(isMixing)
  if (mixing) return mixing
  if (inputs.every(isFree)) {
    return freeOf(isDrawn({ program, instruction, inputs }), mayBeZero(program, instruction, inputs))
  }
  return rowsAfter({ program, instruction, inputs: inputs as readonly Rows[], count })
}

/** Whether what does not depend on rows may be zero in places: a comparison, or what is made of something that may. */
const mayBeZero = ({ avals }: Program, { outputs }: Instruction, inputs: readonly Known[]): boolean =>
  inputs.some(isMask) || outputs.some(value => avals[value]?.dtype === 'bool')

function mixingOf(
  program: Program,
  { op, inputs, outputs, at }: Instruction,
  how: 'mixed' | 'placed',
): RowMixing {
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

function throughControl(
  control: Control,
  inputs: readonly Known[],
  batch: Batch,
): readonly (Known | 'mixed')[] {
  switch (control.kind) {
    case 'call':
      return follow(control.body, inputs, batch)
    case 'cond': {
      const [choice, ...own] = inputs as readonly [Known, ...Known[]]
      const [one, other] = [follow(control.whenTrue, own, batch), follow(control.whenFalse, own, batch)]
      return one.map((known, k) => branched(choice, known, other[k] as Known))
    }
    case 'while':
      return throughWhile(control, inputs, batch)
    case 'scan':
      return throughScan(control, inputs, batch)
    default:
      // Pullbacks of loops: recorded by transformations, behind what they go back over.
      return []
  }
}

/** A state is what it is first or becomes, until nothing is added to that. */
function throughWhile(
  { condition, body, conditionConstants, bodyConstants }: Control & { readonly kind: 'while' },
  inputs: readonly Known[],
  batch: Batch,
): readonly Known[] {
  const first = conditionConstants + bodyConstants
  const [ofCondition, ofBody] = [inputs.slice(0, conditionConstants), inputs.slice(conditionConstants, first)]
  let state = inputs.slice(first)
  for (;;) {
    const [goesOn] = follow(condition, [...ofCondition, ...state], batch)
    const turned = follow(body, [...ofBody, ...state], batch)
    const next = state.map((known, k) => either(known, turned[k] as Known))
    if (next.every((known, k) => known === state[k]))
      return state.map(known => chosenBy(goesOn as Known, known))
    state = next
  }
}

/**
 * As {@link throughWhile}; a step takes a part of each array along its first axis, and adds one of each result. In a loop over the
 * rows themselves, one at a time, a carry that is made of a row is made of earlier ones in the steps that follow; results that
 * are made of those alone belong to other rows, as does the last carry. What differs from step to step otherwise may be a mask.
 */
function throughScan(
  { body, length, constants, carries, history }: Control & { readonly kind: 'scan' },
  inputs: readonly Known[],
  { count, depth }: Batch,
): readonly (Known | 'mixed')[] {
  const row: OfStep = `row of ${depth}`
  const earlier: OfStep = `earlier of ${depth}`
  const arrays = inputs.slice(constants + carries)
  const isOverRows = length === count && count > 1 && arrays.includes(0)
  const outside = inputs.slice(0, constants)
  // Where a sum or product begins does not make a mask of it.
  let state = inputs
    .slice(constants, constants + carries)
    .map(known => (isOverRows && isFree(known) ? 'none' : known))
  const parts = arrays.map((known): Known => {
    if (isOverRows && isFree(known)) return 'mask'
    if (typeof known !== 'number') return known
    if (known > 0) return known - 1
    return isOverRows ? row : 'unknown'
  })
  for (;;) {
    const turned = follow(body, [...outside, ...state, ...parts], { count, depth: depth + 1 })
    const next = state.map((known, k) => {
      const after = turned[k] as Known
      const stays = body.outputs[k] === body.inputs[constants + k]
      if (isOverRows && !stays && isFree(after)) return either(known, 'mask')
      return either(known, after === row ? earlier : after)
    })
    if (next.every((known, k) => known === state[k])) {
      const stacked = (known: Known): Known | 'mixed' => {
        if (known === earlier) return 'mixed'
        if (known === row) return 0
        return typeof known === 'number' ? known + 1 : known
      }
      return [
        ...state.map(known => (known === earlier ? 'mixed' : known)),
        ...turned.slice(carries).map(stacked),
        ...history.map(carry => stacked(state[carry] as Known)),
      ]
    }
    state = next
  }
}
