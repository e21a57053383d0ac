import { type Aval, elementOf, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'

/** Fewest instructions of a long line. */
const FEWEST_MEMBERS = 192
/** Fewest elements of what each of them computes: fewer make no strips. */
const FEWEST_ELEMENTS = 1024

/**
 * Numbers of long lines: elementwise instructions of one shape, of many elements, behind one another, with nothing between them but
 * what computes one element.
 *
 * @returns the line of each instruction that is in one.
 */
export function longLines(program: Program): ReadonlyMap<Instruction, number> {
  const lines = linesOf(program).filter(line => line.length >= FEWEST_MEMBERS)
  return new Map(lines.flatMap((line, number) => line.map(instruction => [instruction, number] as const)))
}

function linesOf({ avals, instructions }: Program): readonly (readonly Instruction[])[] {
  const lines: Instruction[][] = []
  let shape: readonly number[] | undefined
  for (const instruction of instructions) {
    const { op, inputs, outputs, params } = instruction
    const out = avals[outputs[0] as number] as Aval
    if (outputs.length === 1 && sizeOf(out.shape) === 1) continue
    const of = inputs.map(value => avals[value] as Aval)
    if (outputs.length !== 1 || !elementOf(op, of, out, params)) {
      shape = undefined
      continue
    }
    if (!shape || !sameShape(shape, out.shape)) lines.push([])
    shape = out.shape
    if (sizeOf(shape) >= FEWEST_ELEMENTS) lines.at(-1)?.push(instruction)
  }
  return lines
}
