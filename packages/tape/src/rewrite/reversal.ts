/** Loops and the scans that go back over their states, and what is kept of a loop until then. */
import type { Aval, Instruction, Program } from '../program/index.js'
import { programsOf, readersOf, type Scan, scanOf } from './inner.js'
import type { Origin } from './residuals.js'
import { type Steps, statesOf } from './steps.js'

/** What is kept of the steps of loops; undefined stands for the state before each. */
export type Kept =
  /** Residuals of each step. */
  | { readonly kind: 'residuals'; readonly residuals: readonly number[] }
  /** States at every so many steps, or none if they are as many as all, and further ones while the loop is reversed. */
  | (Snapshots & { readonly kind: 'snapshots' })
  /**
   * Residuals of the last `kept` steps; of those before, states at every so many and further ones while they are reversed
   * in groups of `size`, which run once more with their residuals.
   */
  | (Snapshots & {
      readonly kind: 'groups'
      readonly residuals: readonly number[]
      readonly size: number
      readonly kept: number
    })

/** Which states of a loop are kept. */
export interface Snapshots {
  readonly every: number
  readonly snapshots: number
  /** Whether the states at every so many steps go to a store. */
  readonly spill?: boolean
  /** Whether the state at the beginning of a stretch is one of the further ones. */
  readonly held?: boolean
}

/** Scans whose states are kept for others that go the other way, by their place among the instructions. */
export interface Places {
  readonly forwards: readonly number[]
  readonly reverses: readonly number[]
}

/** Loops that are reversed, and the scans that go back over them: mostly one and one. */
export interface Reversal {
  readonly length: number
  /** A step back of each scan that goes back, from states. */
  readonly backs: readonly Steps[]
  /** What it takes to compute the states that each of those reads. */
  readonly forwards: readonly Steps[]
  /** What the inputs of each step back are to the loops. */
  readonly origins: readonly (readonly Origin[])[]
  /** The whole loop, if there is one loop. */
  readonly loop: Steps | undefined
  /** Avals of the values of the program in which the loops are. */
  readonly avals: readonly Aval[]
}

/**
 * The reversals of a program, without those of the programs inside of instructions. A gradient has one for each loop; a
 * tangent of a gradient goes back over the states of the loop and those of its tangents together, and the states of a loop
 * may be read by several.
 */
export function reversals(program: Program): readonly Places[] {
  const readers = readersOf(program)
  const found: { readonly forwards: number[]; readonly reverses: number[] }[] = []
  program.instructions.forEach((instruction, forward) => {
    const scan = scanOf(instruction)
    if (!scan || scan.every !== undefined || scan.history.length === 0) return
    const states = statesOf(instruction)
    const reading = [...new Set(states.flatMap(value => readers[value] ?? []))]
    if (reading.length === 0) return
    if (!reading.every(reader => goesBackOver(program.instructions[reader], scan, states))) return
    const known = found.filter(({ reverses }) => reverses.some(reverse => reading.includes(reverse)))
    for (const one of known) found.splice(found.indexOf(one), 1)
    found.push({
      forwards: [...known.flatMap(one => one.forwards), forward],
      reverses: [...new Set([...known.flatMap(one => one.reverses), ...reading])],
    })
  })
  return found
}

/** Whether what reads the states of a scan is a scan the other way that takes them row by row and keeps none itself. */
function goesBackOver(
  reader: Instruction | undefined,
  { length, reverse }: Scan,
  states: readonly number[],
): boolean {
  const back = reader && scanOf(reader)
  return (
    back !== undefined &&
    back.history.length === 0 &&
    back.length === length &&
    back.reverse !== reverse &&
    !reader?.inputs.slice(0, back.constants + back.carries).some(value => states.includes(value))
  )
}

/** Reversals of a program and of those inside of its instructions. */
export const reversalCount = (program: Program): number =>
  program.instructions.reduce(
    (sum, instruction) =>
      programsOf(instruction).reduce((inside, inner) => inside + reversalCount(inner), sum),
    reversals(program).length,
  )

/** Whether a program inside of the instructions of another has reversals. */
export const hasReversalsInside = ({ instructions }: Program): boolean =>
  instructions.some(instruction => programsOf(instruction).some(hasReversals))

/** Whether a program, or one inside of its instructions, has reversals. */
export const hasReversals = (program: Program): boolean =>
  reversals(program).length > 0 || hasReversalsInside(program)
