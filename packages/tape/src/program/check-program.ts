import { checkArgument } from '../options.js'
import type { Instruction, Program } from './program.js'

/** @throws {@link OptionError} for what is no program. */
export function checkProgram(owner: string, program: Program): void {
  const { avals, inputs, constants, instructions, outputs } = Object(program) as Partial<Program>
  const fits = [avals, inputs, constants, instructions, outputs].every(Array.isArray)
  checkArgument(owner, 'what it takes', program, fits, 'a program, as of `record(…).program`')
}

/** @throws {@link OptionError} for what is no instruction. */
export function checkInstruction(owner: string, instruction: Pick<Instruction, 'op' | 'params'>): void {
  const { op, params } = (instruction ?? {}) as Partial<Instruction>
  if (typeof op === 'string' && typeof params === 'object' && params !== null) return
  checkArgument(owner, 'what it takes', instruction, false, 'an instruction: { op, params }')
}
