import { type Call, settle } from './call.js'
import { checkInstruction } from './check-program.js'
import type { Instruction, Json, Program } from './program.js'
import { withUnique } from './unique.js'

/** Records of states of a loop of unknown length: see `repeatThinning` of the kernels. */
export interface OpenRecords {
  /** Steps between them at first. */
  readonly every: number
  /** Most of them, 1 or more. */
  readonly count: number
}

/**
 * An instruction that runs programs of its own. They have no constants, since what they read from outside are inputs,
 * so that they are parameters like others: plain JSON.
 */
export type Control =
  /** Runs the body as it stands; its values live no longer than the instruction. Some of it may be what another call ran. */
  | { readonly kind: 'call'; readonly body: Program; readonly again?: number }
  /** Inputs: condition, then those of both programs. */
  | { readonly kind: 'cond'; readonly whenTrue: Program; readonly whenFalse: Program }
  /**
   * Inputs: what the condition reads from outside, what the body does, the first state. The condition takes the first
   * and the last of these, the body the second and the last. Outputs: the last state; the states that are kept for a
   * `rewind`, if any.
   */
  | {
      readonly kind: 'while'
      readonly condition: Program
      readonly body: Program
      /** Number of inputs that only the condition reads. */
      readonly conditionConstants: number
      readonly bodyConstants: number
      readonly keep?: {
        /** Most states that are kept beside the first. */
        readonly snapshots: number
        /** Which parts of a state. */
        readonly parts: readonly number[]
        /** Records of them in a store instead, and the block where those begin. */
        readonly spill?: OpenRecords & { readonly base: number }
      }
    }
  /**
   * A loop of unknown length, and another that goes back over its states: what the pullback of a `while` is until it is
   * said how many states are kept. Inputs: those of the loop; what a step back reads from outside, the first carry. A step
   * back makes of these and of the state before a step the next carry. Outputs: the last carry.
   */
  | {
      readonly kind: 'unwind'
      readonly condition: Program
      readonly body: Program
      readonly conditionConstants: number
      readonly bodyConstants: number
      readonly reverse: Program
      /** Number of inputs that only the step back reads from outside. */
      readonly constants: number
    }
  /**
   * The way back of `unwind` over the states that a `while` has kept. Inputs: what a step forward reads from outside, the
   * first state unless it is in a store, the kept states; what a step back reads from outside, the first carry. It uses the
   * kept states up, which is as good as only reading them: whichever are there, the carry is the same.
   */
  | {
      readonly kind: 'rewind'
      readonly forward: Program
      readonly forwardConstants: number
      readonly reverse: Program
      readonly constants: number
      /** Which parts of the state a step back reads. */
      readonly reads: readonly number[]
      readonly snapshots: number
      /** Where states are records in a store; then the snapshots are those of a stretch between two of them. */
      readonly spill?: OpenRecords & {
        /** Whether the state at the beginning of a stretch is one of those in memory, or is read again whenever it is needed. */
        readonly held: boolean
      }
    }
  /**
   * Inputs: what the body reads from outside, the first carry, arrays whose rows it takes in turn. The body makes of
   * constants, carry and rows the next carry and rows of results. Outputs: the last carry, the results, and the carries
   * before each step for those of `history`.
   */
  | {
      readonly kind: 'scan'
      readonly body: Program
      readonly length: number
      readonly reverse: boolean
      readonly constants: number
      readonly carries: number
      /** Which carries are also given as they were before each step. */
      readonly history: readonly number[]
      /** Those before every so many steps only, in the order of steps; default: all, in the order of rows. */
      readonly every?: number
      /**
       * The last so many results are given for the last so many steps only, in the order of steps, and the history for
       * those before; default: none.
       */
      readonly tail?: { readonly results: number; readonly steps: number }
      /**
       * The history goes to a store, as records from these slots on, one for each of `history`; what is given of it is an
       * i32 without a value, which stands for the records.
       */
      readonly spill?: readonly number[]
    }
  /**
   * The scan that goes back over the states of another, with most of these computed again. Inputs: what a step forward
   * reads from outside, the states at the beginning of each stretch of `every` steps (rows of arrays, or the first state
   * itself if there is one stretch), the arrays of the steps forward; what a step back reads from outside, the first
   * carry, its arrays.
   */
  | {
      readonly kind: 'revolve'
      readonly forward: Program
      readonly forwardConstants: number
      readonly states: number
      readonly reverse: Program
      readonly constants: number
      readonly carries: number
      /** What each row that a step back takes is: row of the array k, or −1 − k, the state k before the step. */
      readonly rows: readonly number[]
      readonly length: number
      /** Whether the first step forward takes the last rows. */
      readonly fromLast: boolean
      readonly every: number
      /** Most states that are kept beside those at the beginnings. */
      readonly snapshots: number
      /** The states at the beginnings are in a store, as records from these slots on; the inputs only stand for them. */
      readonly spill?: readonly number[]
      /** Whether the state at the beginning of a stretch is one of the snapshots while that is reversed; default false. */
      readonly held?: boolean
      /**
       * Where steps back read residuals instead of computing them from states: steps run forward once more in groups of
       * `size`, of which `every` is a multiple, by a program that takes what a step forward does and makes the next state
       * and residuals. Those are the last inputs of a step back. The last `kept` steps have theirs from the loop, as
       * arrays that are the last inputs of the instruction.
       */
      readonly groups?: {
        readonly keep: Program
        readonly residuals: number
        readonly size: number
        readonly kept: number
      }
    }

const KINDS: ReadonlySet<string> = new Set([
  'call',
  'cond',
  'while',
  'unwind',
  'rewind',
  'scan',
  'revolve',
] satisfies Control['kind'][])

/** Ops that are their body once nothing is differentiated any more. */
const TRANSPARENT: ReadonlySet<string> = new Set(['customJvp', 'customVjp'])

/**
 * The program that an instruction stands for, if that can be put in its place.
 *
 * @example
 * bodyOf({ op: 'add', params: {} }) // → undefined
 */
export function bodyOf({ op, params }: Pick<Instruction, 'op' | 'params'>): Program | undefined {
  if (TRANSPARENT.has(op)) return params.body as unknown as Program
  if (op !== 'call') return undefined
  // A call that keeps values, or is given all it needs of them, need not stay apart from the rest.
  const call = params as unknown as Call
  return (call.kept || call.given) && !call.again ? settle(call) : undefined
}

/**
 * What an instruction runs, if it runs programs.
 *
 * @example
 * const { program } = record(x => forLoop(3, (_, s) => s.mul(2), x), tensor(1))
 * controlOf(program.instructions[0])?.kind // → 'scan'
 */
export function controlOf(instruction: Pick<Instruction, 'op' | 'params'>): Control | undefined {
  checkInstruction('controlOf', instruction)
  const { op, params } = instruction
  const body = bodyOf({ op, params })
  if (body) return { kind: 'call', body }
  if (op === 'call') {
    const call = params as unknown as Call
    return { kind: 'call', body: settle(call), ...(call.again !== undefined && { again: call.again }) }
  }
  return KINDS.has(op) ? ({ kind: op, ...params } as unknown as Control) : undefined
}

/** A control as parameters of the instruction of its name. Equal programs in them are one object. */
export function paramsOf<C extends Control>({ kind: _, ...params }: C): { readonly [key: string]: Json } {
  return withUnique(params) as unknown as { readonly [key: string]: Json }
}
