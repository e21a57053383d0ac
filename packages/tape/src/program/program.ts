import type { Aval } from './aval.js'
import type { Data } from './data.js'

/** Values that survive `JSON.stringify`: the parameters of an instruction. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Parameters of an instruction, by name. */
export type Params = { readonly [key: string]: Json }

/** One line of a Wengert list: values of a name, an op, the values it reads. */
export interface Instruction {
  /** Name of an op of the table. */
  readonly op: string
  /** Ids of the values it reads. */
  readonly inputs: readonly number[]
  /** Ids of the values it defines. */
  readonly outputs: readonly number[]
  readonly params: Params
  /** The line of the user's code that it comes from, where that was asked for; it is no part of what is computed. */
  readonly at?: string
}

/** A value that is known when the program is recorded. */
export interface Constant {
  readonly value: number
  readonly data: Data
}

/**
 * A recorded program: a Wengert list as plain data. Values are numbered 0, 1, 2, …; each is an input, a constant
 * or the output of exactly one instruction, and instructions read only values defined before them.
 */
export interface Program {
  /** Aval of each value, by id. */
  readonly avals: readonly Aval[]
  readonly inputs: readonly number[]
  readonly constants: readonly Constant[]
  readonly instructions: readonly Instruction[]
  readonly outputs: readonly number[]
}
