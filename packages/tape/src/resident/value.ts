import type { Aval, Data, Params } from '../program/index.js'
import type { Block } from './blocks.js'
import type { Single } from './single.js'

/** What computes values: an instruction, lowered by itself. */
export interface Producer {
  readonly op: string
  readonly params: Params
  readonly operands: readonly Value[]
  readonly results: readonly Storage[]
  /** FLOP equivalents of one run. */
  readonly cost: number
  /** The line of the user's code, where lines are looked up. */
  readonly at: string | undefined
  /** @throws {@link BudgetError} if the arena cannot hold it with its operands. */
  single(): Single
}

/** Where a value comes from: an instruction, or data that is copied in. */
export type Origin = Producer | { readonly data: () => Data }

/** Bytes of the arena that a value has while it is resident. */
export interface Storage {
  /** In order of recording. */
  readonly id: number
  readonly aval: Aval
  readonly bytes: number
  readonly origin: Origin
  /** What was computed from it. */
  readonly readers: Producer[]
  /** Undefined where it is not resident. */
  block: Block | undefined
  /** When it was last read or written, in cost that has run. */
  usedAt: number
  /** Its element of the classes of what is not resident; −1 for what is, and for data. */
  element: number
  /** How often it is held fast. */
  holds: number
  /** Whether there was no room to compute it, or something that it is computed from. */
  lost: boolean
}

/** A value of a dynamic tape: a storage, under a shape. */
export interface Value {
  readonly storage: Storage
  readonly aval: Aval
}

/** Something that happened to residents while a path was recorded. */
export type JournalEntry =
  | {
      readonly kind: 'given'
      readonly aval: Aval
      readonly data: () => Data
      readonly results: readonly Value[]
    }
  | {
      readonly kind: 'computed'
      readonly op: string
      readonly operands: readonly Value[]
      readonly params: Params
      readonly at: string | undefined
      readonly results: readonly Value[]
    }
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'vacated' }
