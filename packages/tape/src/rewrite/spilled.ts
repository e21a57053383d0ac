import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import { type Aval, bytesOf, type Instruction, type Program } from '../program/index.js'
import { programsOf, scanOf } from './inner.js'

/** Bytes of a store in which the loops of a program keep states. */
export const spilledBytes = (program: Program): number => SPILL_BLOCK_BYTES * spilledBlocks(program)

/** Blocks of a store up to the last that the loops of a program take, those in programs inside of instructions too. */
export const spilledBlocks = ({ instructions }: Program): number =>
  instructions.reduce((most, one) => {
    const inside = programsOf(one).reduce((inner, program) => Math.max(inner, spilledBlocks(program)), 0)
    return Math.max(most, inside, lastBlock(one))
  }, 0)

function lastBlock(instruction: Instruction): number {
  const scan = scanOf(instruction)
  if (!scan?.spill) return 0
  const { body, constants, length, history, every = 1, tail, spill } = scan
  const records = Math.ceil((length - (tail?.steps ?? 0)) / every)
  return history.reduce((most, carry, k) => {
    const bytes = bytesOf(body.avals[body.inputs[constants + carry] as number] as Aval)
    return Math.max(most, (spill[k] as number) + records * spillBlocks(bytes))
  }, 0)
}
