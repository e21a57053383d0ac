import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import { type Aval, bytesOf, controlOf, type Instruction, type Program, paramsOf } from '../program/index.js'
import { programsOf, type Scan } from './inner.js'

type While = NonNullable<ReturnType<typeof controlOf>> & { readonly kind: 'while' }

/** Bytes of a store in which the loops of a program keep states; of loops of unknown length the most that they may. */
export const spilledBytes = (program: Program): number => SPILL_BLOCK_BYTES * spilledBlocks(program)

/** Blocks of a store up to the last that the loops of a program take, those in programs inside of instructions too. */
export const spilledBlocks = (program: Program): number =>
  program.instructions.reduce((most, one) => Math.max(most, lastBlock(one)), blocksInside(program))

/** Those of the programs inside of instructions alone. */
const blocksInside = ({ instructions }: Program): number =>
  instructions.reduce(
    (most, one) => programsOf(one).reduce((inner, program) => Math.max(inner, spilledBlocks(program)), most),
    0,
  )

/** Blocks of a state whose parts lie behind one another in a record, and where each begins. */
export function recordOf(parts: readonly Aval[]): { readonly blocks: number; readonly offsets: number[] } {
  let blocks = 0
  const offsets = parts.map(aval => {
    blocks += spillBlocks(bytesOf(aval))
    return blocks - spillBlocks(bytesOf(aval))
  })
  return { blocks, offsets }
}

function lastBlock(instruction: Instruction): number {
  const control = controlOf(instruction)
  if (control?.kind === 'scan' && control.spill) return lastOfScan(control, control.spill)
  if (control?.kind !== 'while' || !control.keep?.spill) return 0
  const { base, count } = control.keep.spill
  return base + count * blocksOfState(control)
}

function lastOfScan(
  { body, constants, length, history, every = 1, tail }: Scan,
  slots: readonly number[],
): number {
  const records = Math.ceil((length - (tail?.steps ?? 0)) / every)
  return history.reduce((most, carry, k) => {
    const bytes = bytesOf(body.avals[body.inputs[constants + carry] as number] as Aval)
    return Math.max(most, (slots[k] as number) + records * spillBlocks(bytes))
  }, 0)
}

const blocksOfState = ({ body, bodyConstants, keep }: While): number =>
  recordOf((keep?.parts ?? []).map(part => body.avals[body.inputs[bodyConstants + part] as number] as Aval))
    .blocks

/**
 * The program with the records of its loops of unknown length behind one another, and behind those of loops inside of its
 * instructions, which run while they wait.
 */
export function placeRecords(program: Program): Program {
  let base = blocksInside(program)
  let moved = false
  const instructions = program.instructions.map(instruction => {
    const control = controlOf(instruction)
    if (control?.kind !== 'while' || !control.keep?.spill) return instruction
    const spill = { ...control.keep.spill, base }
    moved ||= control.keep.spill.base !== base
    base += spill.count * blocksOfState(control)
    return { ...instruction, params: paramsOf({ ...control, keep: { ...control.keep, spill } }) }
  })
  return moved ? { ...program, instructions } : program
}
