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
  /** Members that others read as well. */
  readonly results: number[]
  /** Values from outside that it reads. */
  readonly sources: Set<number>
  /** What its members read, of each in order. */
  readonly reads: Map<number, readonly Operand[]>
}

/** With so many elements it matters when a value is computed, and what it is made of is free again. */
export const MANY_ELEMENTS = 4096
/** Most instructions of a group of a shape, as code takes time to compile; several vectors of each value are more registers to spill. */
export function mostMembers(shape: readonly number[]): number {
  const size = sizeOf(shape)
  return size > 1 && size < MANY_ELEMENTS ? 48 : MOST_MEMBERS
}

/** Most instructions of any group but of lines. */
export const MOST_MEMBERS = 256
/** Most different values that a group reads. */
export const MOST_SOURCES = 64

/** Whether an instruction computes each element of its only result from those of its operands in the same place. */
export function isElementwise({ avals }: Program, instruction: Instruction): boolean {
  const { op, inputs, outputs, params } = instruction
  if (outputs.length !== 1 || controlOf(instruction)) return false
  const [out] = outputs.map(value => avals[value] as Aval)
  const of = inputs.map(value => avals[value] as Aval)
  return elementOf(op, of, out as Aval, params) !== undefined
}

/** Bytes of an element of what an instruction reads and computes, 0 for bools alone. */
export function widthOf({ avals }: Program, { inputs, outputs }: Instruction): Group['width'] {
  const dtypes = [...inputs, ...outputs].map(value => (avals[value] as Aval).dtype)
  if (dtypes.includes('f64')) return 8
  return dtypes.every(dtype => dtype === 'bool') ? 0 : 4
}
