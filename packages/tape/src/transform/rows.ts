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
import { isOfStep, type OfStep, type Rows, rowsAfter } from './row-axis.js'

/** An instruction that combines different rows of a batch. */
export interface RowMixing {
  readonly op: string
  readonly inputs: readonly Aval[]
  readonly outputs: readonly Aval[]
  /** The line of the code that it comes from, where that was asked for. */
  readonly at?: string
}

/**
 * Finds an instruction that combines different rows of a batch, such as a sum or a product along the axis of rows, also in
 * the bodies and conditions of loops and branches. A program that has one computes something else when its rows are divided
 * among shards.
 *
 * Only what is certain is reported: rows are followed through transpositions, reductions, products and loops, also loops over
 * the rows themselves, but not into every op, and behind one that is not followed nothing is reported.
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
  const followed = follow(
    program,
    rowwise.map(so => (so ? 0 : 'none')),
    { count, depth: 0 },
  )
  return 'op' in followed ? followed : undefined
}

/** What is known of the outputs of a program, or what mixes rows in it; `mixed` is an output that does if anything reads it. */
type Followed<Outputs = Rows> = { readonly outputs: readonly Outputs[] } | RowMixing

/** How many rows there are, and how many loops over them are around. */
interface Batch {
  readonly count: number
  readonly depth: number
}

function follow(program: Program, inputs: readonly Rows[], batch: Batch): Followed {
  const known = new Array<Rows>(program.avals.length).fill('none')
  program.inputs.forEach((value, k) => {
    known[value] = inputs[k] as Rows
  })
  for (const instruction of program.instructions) {
    const of = instruction.inputs.map(value => known[value] as Rows)
    const control = controlOf(instruction)
    const followed =
      control && of.some(one => one !== 'none') ? throughControl(control, of, batch) : undefined
    if (followed && 'op' in followed) return followed
    const one = followed ? 'unknown' : after(program, instruction, of, batch.count)
    if (one === 'mixed') return mixingOf(program, instruction)
    for (const [k, value] of instruction.outputs.entries()) {
      const rows = followed?.outputs[k] ?? one
      if (rows === 'mixed' && isRead(program, value)) return mixingOf(program, instruction)
      known[value] = rows === 'mixed' ? 'unknown' : rows
    }
  }
  return { outputs: program.outputs.map(value => known[value] as Rows) }
}

const isRead = ({ instructions, outputs }: Program, value: number): boolean =>
  outputs.includes(value) || instructions.some(({ inputs }) => inputs.includes(value))

const after = (
  program: Program,
  instruction: Instruction,
  inputs: readonly Rows[],
  count: number,
): Rows | 'mixed' =>
  inputs.every(one => one === 'none') ? 'none' : rowsAfter({ program, instruction, inputs, count })

function mixingOf(program: Program, { op, inputs, outputs, at }: Instruction): RowMixing {
  return {
    op,
    inputs: avalsIn(program, inputs),
    outputs: avalsIn(program, outputs),
    ...(at !== undefined && { at }),
  }
}

/** What holds of a value that is one or the other. */
const either = (a: Rows, b: Rows): Rows => {
  if (a === 'none' || a === b) return b
  return b === 'none' ? a : 'unknown'
}

/** What holds of a value that is chosen, or made in as many steps as is said, by another. */
function chosenBy(choice: Rows, rows: Rows): Rows {
  if (choice === 'none') return rows
  return isOfStep(choice) ? either(choice, rows) : 'unknown'
}

function throughControl(control: Control, inputs: readonly Rows[], batch: Batch): Followed<Rows | 'mixed'> {
  switch (control.kind) {
    case 'call':
      return follow(control.body, inputs, batch)
    case 'cond': {
      const [choice, ...own] = inputs as readonly [Rows, ...Rows[]]
      const [one, other] = [follow(control.whenTrue, own, batch), follow(control.whenFalse, own, batch)]
      if ('op' in one) return one
      if ('op' in other) return other
      const outputs = one.outputs.map((rows, k) => either(rows, other.outputs[k] as Rows))
      return { outputs: outputs.map(rows => chosenBy(choice, rows)) }
    }
    case 'while':
      return throughWhile(control, inputs, batch)
    case 'scan':
      return throughScan(control, inputs, batch)
    default:
      // Pullbacks of loops: recorded by transformations, behind what they go back over.
      return { outputs: [] }
  }
}

/** A state is what it is first or becomes, until nothing is added to that. */
function throughWhile(
  { condition, body, conditionConstants, bodyConstants }: Control & { readonly kind: 'while' },
  inputs: readonly Rows[],
  batch: Batch,
): Followed {
  const first = conditionConstants + bodyConstants
  const [ofCondition, ofBody] = [inputs.slice(0, conditionConstants), inputs.slice(conditionConstants, first)]
  let state = inputs.slice(first)
  for (;;) {
    const goesOn = follow(condition, [...ofCondition, ...state], batch)
    if ('op' in goesOn) return goesOn
    const turned = follow(body, [...ofBody, ...state], batch)
    if ('op' in turned) return turned
    const next = state.map((rows, k) => either(rows, turned.outputs[k] as Rows))
    if (next.every((rows, k) => rows === state[k])) {
      return { outputs: state.map(rows => chosenBy(goesOn.outputs[0] as Rows, rows)) }
    }
    state = next
  }
}

/**
 * As {@link throughWhile}; a step takes a part of each array along its first axis, and adds one of each result. In a loop over the
 * rows themselves, one at a time, a carry that is made of a row is made of earlier ones in the steps that follow; results that
 * are made of those alone belong to other rows, as does the last carry.
 */
function throughScan(
  { body, length, constants, carries, history }: Control & { readonly kind: 'scan' },
  inputs: readonly Rows[],
  { count, depth }: Batch,
): Followed<Rows | 'mixed'> {
  const outside = inputs.slice(0, constants)
  let state = inputs.slice(constants, constants + carries)
  const row: OfStep = `row of ${depth}`
  const earlier: OfStep = `earlier of ${depth}`
  const isOverRows = length === count && count > 1
  const parts = inputs.slice(constants + carries).map((rows): Rows => {
    if (typeof rows !== 'number') return rows
    if (rows > 0) return rows - 1
    return isOverRows ? row : 'unknown'
  })
  for (;;) {
    const turned = follow(body, [...outside, ...state, ...parts], { count, depth: depth + 1 })
    if ('op' in turned) return turned
    const next = state.map((rows, k) => {
      const after = turned.outputs[k] as Rows
      return either(rows, after === row ? earlier : after)
    })
    if (next.every((rows, k) => rows === state[k])) {
      const stacked = (rows: Rows): Rows | 'mixed' => {
        if (rows === earlier) return 'mixed'
        if (rows === row) return 0
        return typeof rows === 'number' ? rows + 1 : rows
      }
      return {
        outputs: [
          ...state.map(rows => (rows === earlier ? 'mixed' : rows)),
          ...turned.outputs.slice(carries).map(stacked),
          ...history.map(carry => stacked(state[carry] as Rows)),
        ],
      }
    }
    state = next
  }
}
