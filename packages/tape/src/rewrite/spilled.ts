/**
 * Where the loops of a program keep records in a store. Records of a loop wait while what goes back over it runs, and what
 * lies between; they are those of the loop's last run. So loops of one program have places of their own, behind those of the
 * loops inside of its instructions, which come and go while others wait.
 */
import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import {
  type Aval,
  bytesOf,
  type Control,
  controlOf,
  type Instruction,
  type Program,
  paramsOf,
} from '../program/index.js'
import { mapInner, programsOf, type Scan } from './inner.js'

type While = Control & { readonly kind: 'while' }

/** Blocks of a store from one on. */
interface Range {
  readonly first: number
  readonly blocks: number
}

/** Blocks of a state whose parts lie behind one another in a record, and where each begins. */
export function recordOf(parts: readonly Aval[]): { readonly blocks: number; readonly offsets: number[] } {
  let blocks = 0
  const offsets = parts.map(aval => {
    blocks += spillBlocks(bytesOf(aval))
    return blocks - spillBlocks(bytesOf(aval))
  })
  return { blocks, offsets }
}

/** Bytes of a store up to the last that the loops of a program take, whose records have places. */
export const spilledBytes = (program: Program): number => SPILL_BLOCK_BYTES * spilledBlocks(program)

/** Blocks of a store up to the last that the loops of a program take, those in programs inside of instructions too. */
export const spilledBlocks = (program: Program): number =>
  rangesOf(program).reduce((most, { first, blocks }) => Math.max(most, first + blocks), 0)

const rangesOf = (program: Program): readonly Range[] =>
  program.instructions.flatMap(one => [...rangesInside(one), ...ownRanges(one)])

const rangesInside = (instruction: Instruction): readonly Range[] => programsOf(instruction).flatMap(rangesOf)

/** The records of an instruction itself: for each part of the state of a scan, and for the whole state of a `while`. */
function ownRanges(instruction: Instruction): readonly Range[] {
  const control = controlOf(instruction)
  if (control?.kind === 'scan' && control.spill) {
    const { spill } = control
    return blocksOfScan(control).map((blocks, k) => ({ first: spill[k] as number, blocks }))
  }
  if (control?.kind === 'while' && control.keep?.spill) {
    return [{ first: control.keep.spill.base, blocks: blocksOfWhile(control) }]
  }
  return []
}

function blocksOfScan({ body, constants, length, history, every = 1, tail }: Scan): readonly number[] {
  const records = Math.ceil((length - (tail?.steps ?? 0)) / every)
  return history.map(
    carry => records * spillBlocks(bytesOf(body.avals[body.inputs[constants + carry] as number] as Aval)),
  )
}

function blocksOfWhile({ body, bodyConstants, keep }: While): number {
  const parts = keep?.parts ?? []
  const kinds = parts.map(part => body.avals[body.inputs[bodyConstants + part] as number] as Aval)
  return (keep?.spill?.count ?? 0) * recordOf(kinds).blocks
}

const known = new WeakMap<Program, Program>()

/**
 * The program with places for all records of its loops and of those inside of its instructions, as few blocks as that takes.
 * It is the last rewriting: until then all places are 0.
 */
export function placeRecords(program: Program): Program {
  const made = known.get(program) ?? withPlaces(mapInner(program, placeRecords))
  known.set(program, made)
  known.set(made, made)
  return made
}

function withPlaces(program: Program): Program {
  let end = program.instructions
    .flatMap(rangesInside)
    .reduce((most, { first, blocks }) => Math.max(most, first + blocks), 0)
  const take = (blocks: number) => {
    end += blocks
    return end - blocks
  }
  /** Where the records are for which a value stands. */
  const places = new Map<number, number>()
  const instructions = program.instructions.map(instruction => {
    const control = controlOf(instruction)
    if (control?.kind === 'scan' && control.spill) {
      const spill = blocksOfScan(control).map(take)
      const tokens = instruction.outputs.slice(instruction.outputs.length - spill.length)
      tokens.forEach((token, k) => void places.set(token, spill[k] as number))
      return { ...instruction, params: paramsOf({ ...control, spill }) }
    }
    if (control?.kind === 'revolve' && control.spill) {
      const { forwardConstants, states } = control
      const spill = instruction.inputs
        .slice(forwardConstants, forwardConstants + states)
        .map(token => places.get(token) as number)
      return { ...instruction, params: paramsOf({ ...control, spill }) }
    }
    if (control?.kind === 'while' && control.keep?.spill) {
      const spill = { ...control.keep.spill, base: take(blocksOfWhile(control)) }
      return { ...instruction, params: paramsOf({ ...control, keep: { ...control.keep, spill } }) }
    }
    return instruction
  })
  return instructions.every((one, k) => one === program.instructions[k])
    ? program
    : { ...program, instructions }
}

/**
 * Checks that no two loops of a program keep records in the same blocks of a store, nor one and another inside of an instruction.
 *
 * @throws Error if they do, which no program should.
 */
export function assertRecordsApart(program: Program): void {
  const inside = program.instructions.flatMap(rangesInside)
  const before: Range[] = [...inside]
  for (const instruction of program.instructions) {
    for (const range of ownRanges(instruction)) {
      const other = before.find(one => overlap(one, range))
      if (other)
        throw new Error(
          `Loops share blocks of a store: ${written(range)} of ${instruction.op}, and ${written(other)}.`,
        )
      before.push(range)
    }
    programsOf(instruction).forEach(assertRecordsApart)
  }
}

const overlap = (one: Range, other: Range): boolean =>
  one.first < other.first + other.blocks && other.first < one.first + one.blocks

const written = ({ first, blocks }: Range): string => `${first} to ${first + blocks - 1}`
