import { weightOf } from '@wengert/kernels'
import { type Aval, controlOf, elementOf, type Instruction, type Program, sizeOf } from '../program/index.js'
import type { Operand } from './operands.js'

/** Elementwise instructions that are run as one, where the last of them was. */
export interface Group {
  /** In their order. */
  readonly members: number[]
  /** Place of the last one. */
  readonly position: number
  readonly shape: readonly number[]
  /** Whether it is of what stands behind one another, instead of what reads one another. */
  readonly isLine: boolean
  /** Bytes of an element of all but bools; 0 where there are only bools. */
  width: 0 | 4 | 8
  /** Whether the code of a member is long, as that of a sine is. */
  isLong: boolean
  /** Members that others read as well. */
  readonly results: number[]
  /** Values from outside that it reads. */
  readonly sources: Set<number>
  /** What its members read, of each in order. */
  readonly reads: Map<number, readonly Operand[]>
}

/** A program and the groups of its elementwise instructions. */
export interface Grouped {
  readonly program: Program
  readonly groups: readonly Group[]
}

/** How much a group may hold. */
export interface Room {
  readonly members: number
  /** Different values that it reads. */
  readonly sources: number
}

/** Of any group but of lines of scalars. */
export const MOST_ROOM: Room = { members: 256, sources: 64 }

/** With so many elements it matters what is stored, and when what it is made of is free again. */
export const MANY_ELEMENTS = 4096

/** Where there is more code than the processor keeps decoded, it is decoded anew for every few vectors. */
export const decoded = (isLong: boolean): Room => ({
  members: isLong ? 48 : 192,
  sources: MOST_ROOM.sources,
})

/** How much a group by readers may hold. */
export function roomFor(shape: readonly number[], isLong: boolean): Room {
  const size = sizeOf(shape)
  return size > 1 && size < MANY_ELEMENTS ? decoded(isLong) : MOST_ROOM
}

/** How long the code of an instruction is that computes each element of its only result from those of its operands in the same place. */
export type Code = 'none' | 'short' | 'long'

/** Code of more FLOP equivalents than this is long. */
const MOST_SHORT = 2

/** The code of each instruction; none where it is not elementwise. That of scalars, which runs once, counts as short. */
export const codeOf = ({ avals, instructions }: Program): readonly Code[] =>
  instructions.map(instruction => {
    const { op, inputs, outputs, params } = instruction
    if (outputs.length !== 1 || controlOf(instruction)) return 'none'
    const out = avals[outputs[0] as number] as Aval
    const of = inputs.map(value => avals[value] as Aval)
    const element = elementOf(op, of, out, params)
    if (!element) return 'none'
    return sizeOf(out.shape) > 1 && weightOf(element, inputs.length) > MOST_SHORT ? 'long' : 'short'
  })

/** Bytes of an element of what an instruction reads and computes, 0 for bools alone. */
export function widthOf({ avals }: Program, { inputs, outputs }: Instruction): Group['width'] {
  const dtypes = [...inputs, ...outputs].map(value => (avals[value] as Aval).dtype)
  if (dtypes.includes('f64')) return 8
  return dtypes.every(dtype => dtype === 'bool') ? 0 : 4
}
