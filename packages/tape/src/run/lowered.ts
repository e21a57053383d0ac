import type { Graph } from '../plan/index.js'
import type { Unit } from './unit.js'

/** A program as units of work and storages: what the planner plans and the compiler lays out. */
export interface Lowered {
  readonly graph: Graph
  /**
   * Storage that holds each value; values that are other shapes of one another share one. External inputs, which lie
   * outside of what is planned, are −1, −2, … in order.
   */
  readonly storageOf: readonly number[]
  /** What each step of the graph runs. */
  readonly units: readonly Unit[]
  /** Storages of the operands of each step, external ones too. */
  readonly operands: readonly (readonly number[])[]
  /** Instruction of the program behind each step. */
  readonly instructionOf: readonly number[]
}

/** Cost of what was lowered with each step run once. */
export const costOnce = ({ graph }: Lowered): number => graph.steps.reduce((sum, { cost }) => sum + cost, 0)

/** Where an input of a program lies: in the planned region, there for good or until its last use; or outside of it. */
export type Place = 'pinned' | 'passing' | 'external'

/**
 * How programs inside of instructions are planned: at their fastest, or with as few bytes as they can. `floor` is what takes
 * neither more bytes than that nor more time than the fastest, and cannot be run.
 */
export type Inner = 'ample' | 'least' | 'floor'
