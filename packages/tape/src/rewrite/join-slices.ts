/**
 * Sums of arrays that are zero but for a slice of each, as pullbacks make of slices that cut an array up, such as the gates of
 * a recurrent cell: one array is joined from the slices, instead of an array for each of them and the sums of those.
 */
import { type Aval, type Instruction, type Program, sameShape } from '../program/index.js'
import { mapInner, readersOf } from './inner.js'
import { simplify } from './simplify.js'

/**
 * The program with sums of slices that tile an array along an axis as arrays that are joined, also in the programs inside of
 * instructions. The bits are the same: what is joined is added to zero as it was before.
 *
 * @example
 * const halves = x => slice(x, [0], [2]).exp().add(slice(x, [2], [4])).sum()
 * const { program } = record(x => grad(halves)(x), tensor([1, 2, 3, 4]))
 * joinSlices(program).instructions.at(-1).op // → 'concat'
 */
export function joinSlices(program: Program): Program {
  const made = known.get(program) ?? joined(mapInner(program, joinSlices))
  known.set(program, made)
  return made
}

const known = new WeakMap<Program, Program>()

/** A slice of an array that is zero elsewhere. */
interface Part {
  readonly value: number
  readonly from: number
  readonly to: number
  readonly axis: number
}

function joined(program: Program): Program {
  const sums = sumsOf(program)
  if (sums.size === 0) return program
  const instructions = program.instructions.map((instruction): Instruction => {
    const parts = sums.get(instruction)
    if (!parts) return instruction
    const { outputs, at } = instruction
    return {
      op: 'concat',
      inputs: parts.map(({ value }) => value),
      outputs,
      params: { axis: (parts[0] as Part).axis, addsZero: true },
      ...(at !== undefined && { at }),
    }
  })
  return simplify({ ...program, instructions })
}

/** Sums of slices that tile an array, and these slices in order. */
function sumsOf(program: Program): ReadonlyMap<Instruction, readonly Part[]> {
  const readers = readersOf(program)
  const shapeOf = (value: number) => (program.avals[value] as Aval).shape
  /** What each value is the sum of that is one of slices, and read by one instruction alone. */
  const terms = new Map<number, readonly Part[]>()
  const sums = new Map<Instruction, readonly Part[]>()
  const defined = new Map<number, Instruction>()
  for (const instruction of program.instructions) {
    const { op, inputs, outputs } = instruction
    if (op !== 'unslice' && op !== 'add') continue
    const [out] = outputs as readonly [number]
    const whole = shapeOf(out)
    const parts =
      op === 'unslice'
        ? partOf(instruction, shapeOf(inputs[0] as number), whole)
        : summed(inputs.map(value => (sameShape(shapeOf(value), whole) ? terms.get(value) : undefined)))
    if (!parts) continue
    if (readers[out]?.length === 1) terms.set(out, parts)
    if (op === 'unslice') continue
    defined.set(out, instruction)
    for (const value of inputs) sums.delete(defined.get(value) as Instruction)
    if (tiles(parts, whole)) sums.set(instruction, parts)
  }
  return sums
}

const summed = (terms: readonly (readonly Part[] | undefined)[]): readonly Part[] | undefined =>
  terms.every(term => term !== undefined) ? terms.flat().toSorted((a, b) => a.from - b.from) : undefined

/** The slice that an array is of which the rest is zero, if it is one along a single axis. */
function partOf(
  { inputs, params }: Instruction,
  part: readonly number[],
  whole: readonly number[],
): readonly Part[] | undefined {
  const [value] = inputs as readonly [number]
  const { starts, steps } = params as unknown as Record<'starts' | 'steps', readonly number[]>
  const [axis, ...more] = whole.flatMap((length, k) => (part[k] === length ? [] : [k]))
  if (axis === undefined || more.length > 0 || steps.some(step => step !== 1)) return undefined
  const from = starts[axis] as number
  return [{ value, axis, from, to: from + (part[axis] as number) }]
}

/** Whether parts in order lie one after another along an axis, from its beginning to its end. */
function tiles(parts: readonly Part[], shape: readonly number[]): boolean {
  const axis = parts[0]?.axis as number
  let end = 0
  for (const part of parts) {
    if (part.axis !== axis || part.from !== end) return false
    end = part.to
  }
  return end === shape[axis]
}
