import {
  type Aval,
  bytesOf,
  type Instruction,
  type Program,
  reshaped,
  sameShape,
  viewThrough,
  wholeView,
} from '../program/index.js'
import { type Seen, seen, whole } from './seen.js'

/** Ops whose result is their operand, perhaps under another shape. */
export const ALIASES: ReadonlySet<string> = new Set(['reshape', 'named', 'stopGradient'])

/** Where an operand is read, along the axes of a computation. */
export interface Operand {
  readonly source: number
  /** The same value before it was given a name. */
  readonly unnamed: number
  readonly strides: readonly number[]
  readonly offset: number
}

/** What tells apart what computations of one shape read. */
export const placeOf = ({ source, strides, offset }: Operand): string => `${source} ${offset} ${strides}`

/** Bytes of what a computation of a shape is shown of an operand. */
export const shownBytes = (
  { avals }: Program,
  { source, strides }: Operand,
  shape: readonly number[],
): number =>
  bytesOf({ dtype: (avals[source] as Aval).dtype, shape: shape.filter((_, axis) => strides[axis] !== 0) })

/** Operands of the elementwise instructions of a program, read in place where they are shown of others. */
export class Operands {
  readonly #program: Program
  /** The instruction that shows each value, of those that are read in place. */
  readonly #shows = new Map<number, Instruction>()
  readonly #aliases = new Map<number, Instruction>()

  /** @param onlyElementwise whether nothing but elementwise instructions reads a value. */
  constructor(program: Program, onlyElementwise: (value: number) => boolean) {
    this.#program = program
    for (const instruction of program.instructions) {
      const [input, out] = [instruction.inputs[0], instruction.outputs[0]]
      if (input === undefined || out === undefined) continue
      const { op } = instruction
      // What is repeated is smaller before; other copies are left out if nobody else needs them.
      const free = op === 'broadcastTo' || ALIASES.has(op)
      if (ALIASES.has(op)) this.#aliases.set(out, instruction)
      // What has a name is read by it, so that it keeps it.
      if (op === 'named') continue
      if (!free && !onlyElementwise(out)) continue
      if (viewThrough(instruction, this.#aval(out), wholeView(this.#aval(input).shape))) {
        this.#shows.set(out, instruction)
      }
    }
  }

  /** The operands of an instruction along the axes of a shape with as many elements; undefined if one cannot be read so. */
  of({ inputs, outputs }: Instruction, shape: readonly number[]): readonly Operand[] | undefined {
    const { avals } = this.#program
    const { shape: own } = this.#aval(outputs[0] as number)
    const operands: Operand[] = []
    for (const value of inputs) {
      const operand =
        along(
          seen(avals, value, one => this.#shows.get(one)),
          own,
          shape,
        ) ?? along(whole(avals, value), own, shape)
      if (!operand) return undefined
      operands.push({ ...operand, unnamed: this.#unnamed(operand.source) })
    }
    return operands
  }

  #unnamed(value: number): number {
    const alias = this.#aliases.get(value)
    return alias ? this.#unnamed(alias.inputs[0] as number) : value
  }

  #aval(value: number): Aval {
    return this.#program.avals[value] as Aval
  }
}

/** A view that broadcasts to a shape, along the axes of another one, if its rows are read one by one or not at all. */
function along(
  { source, view }: Seen,
  own: readonly number[],
  shape: readonly number[],
): Omit<Operand, 'unnamed'> | undefined {
  const repeated = sameShape(view.shape, own)
    ? view
    : viewThrough({ op: 'broadcastTo', params: {} }, { dtype: 'f32', shape: own }, view)
  const result = repeated && (sameShape(own, shape) ? repeated : reshaped(repeated, shape))
  if (!result) return undefined
  const last = shape.findLastIndex(length => length !== 1)
  const stride = result.strides[last] ?? 0
  return stride === 0 || stride === 1 ? { source, strides: result.strides, offset: result.offset } : undefined
}
