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
  /** FLOP equivalents of an element. */
  work: number
  /** Members that others read as well. */
  readonly results: number[]
  /** Values from outside that it reads. */
  readonly sources: Set<number>
  /** What its members read, of each in order. */
  readonly reads: Map<number, readonly Operand[]>
}

/** How much a group may hold. */
export interface Room {
  readonly members: number
  /** Different values that it reads. */
  readonly sources: number
  /** FLOP equivalents of an element. */
  readonly work: number
}

/** Of any group but of lines of scalars. */
export const MOST_ROOM: Room = { members: 256, sources: 64, work: Number.POSITIVE_INFINITY }

/** Where there is more code than the processor keeps decoded, it is decoded anew for every few vectors. */
export const DECODED: Room = { members: 96, sources: MOST_ROOM.sources, work: 288 }

/** With so many elements it matters what is stored, and when what it is made of is free again. */
export const MANY_ELEMENTS = 4096

/** How much a group by readers may hold. */
export function roomFor(shape: readonly number[]): Room {
  const size = sizeOf(shape)
  return size > 1 && size < MANY_ELEMENTS ? DECODED : MOST_ROOM
}

/**
 * FLOP equivalents of an element of each instruction that computes those of its only result from those of its operands in the
 * same place; 0 of others.
 */
export const elementWork = ({ avals, instructions }: Program): readonly number[] =>
  instructions.map(instruction => {
    const { op, inputs, outputs, params } = instruction
    if (outputs.length !== 1 || controlOf(instruction)) return 0
    const of = inputs.map(value => avals[value] as Aval)
    const element = elementOf(op, of, avals[outputs[0] as number] as Aval, params)
    return element ? weightOf(element, inputs.length) : 0
  })

/** Bytes of an element of what an instruction reads and computes, 0 for bools alone. */
export function widthOf({ avals }: Program, { inputs, outputs }: Instruction): Group['width'] {
  const dtypes = [...inputs, ...outputs].map(value => (avals[value] as Aval).dtype)
  if (dtypes.includes('f64')) return 8
  return dtypes.every(dtype => dtype === 'bool') ? 0 : 4
}
