import { type Control, controlOf, type Instruction, type Program, paramsOf } from '../program/index.js'

/** A loop of known length. */
export type Scan = Control & { readonly kind: 'scan' }

/** The scan that an instruction is, if it is one. */
export const scanOf = (instruction: Instruction): Scan | undefined => {
  const control = controlOf(instruction)
  return control?.kind === 'scan' ? control : undefined
}

/** How often a loop of unknown length is taken to run, when it is weighed against other work. */
export const EXPECTED_TURNS = 16

/** The instruction with other programs inside; each comes with how often one run of the instruction runs it, about. */
export function mapPrograms(
  instruction: Instruction,
  map: (program: Program, times: number) => Program,
): Instruction {
  const control = controlOf(instruction)
  switch (control?.kind) {
    case undefined:
      return instruction
    case 'call':
      return { ...instruction, params: paramsOf({ ...control, body: map(control.body, 1) }) }
    case 'scan':
      return { ...instruction, params: paramsOf({ ...control, body: map(control.body, control.length) }) }
    case 'cond': {
      const [whenTrue, whenFalse] = [map(control.whenTrue, 1), map(control.whenFalse, 1)]
      return { ...instruction, params: paramsOf({ ...control, whenTrue, whenFalse }) }
    }
    case 'while': {
      const [condition, body] = [map(control.condition, EXPECTED_TURNS), map(control.body, EXPECTED_TURNS)]
      return { ...instruction, params: paramsOf({ ...control, condition, body }) }
    }
    case 'unwind': {
      const [condition, body, reverse] = [control.condition, control.body, control.reverse].map(program =>
        map(program, EXPECTED_TURNS),
      ) as [Program, Program, Program]
      return { ...instruction, params: paramsOf({ ...control, condition, body, reverse }) }
    }
    case 'rewind': {
      const [forward, reverse] = [map(control.forward, EXPECTED_TURNS), map(control.reverse, EXPECTED_TURNS)]
      return { ...instruction, params: paramsOf({ ...control, forward, reverse }) }
    }
    case 'revolve': {
      const [forward, reverse] = [map(control.forward, control.length), map(control.reverse, control.length)]
      const keep = control.groups && { ...control.groups, keep: map(control.groups.keep, control.length) }
      return {
        ...instruction,
        params: paramsOf({ ...control, forward, reverse, ...(keep && { groups: keep }) }),
      }
    }
  }
}

/** The programs inside of an instruction. */
export function programsOf(instruction: Instruction): readonly Program[] {
  const found: Program[] = []
  mapPrograms(instruction, program => {
    found.push(program)
    return program
  })
  return found
}

/** The program with other programs inside of its instructions; itself where they are the same. */
export function mapInner(program: Program, map: (program: Program) => Program): Program {
  let changed = false
  const instructions = program.instructions.map(instruction => {
    if (!controlOf(instruction)) return instruction
    const own = programsOf(instruction)
    const inner = own.map(map)
    if (inner.every((one, k) => one === own[k])) return instruction
    changed = true
    let next = 0
    return mapPrograms(instruction, () => inner[next++] as Program)
  })
  return changed ? { ...program, instructions } : program
}

/** For each value the instructions that read it; −1 stands for the outputs of the program. */
export function readersOf({ avals, instructions, outputs }: Program): number[][] {
  const readers = avals.map((): number[] => [])
  instructions.forEach(({ inputs }, k) => {
    for (const value of inputs) readers[value]?.push(k)
  })
  for (const value of outputs) readers[value]?.push(-1)
  return readers
}
