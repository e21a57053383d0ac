import { type Aval, elementOf, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'

/** Fewest instructions of a long line. */
const FEWEST_MEMBERS = 192
/** Fewest elements of what each of them computes: fewer make no strips. */
const FEWEST_ELEMENTS = 1024

/** Fewest of them as a part of all instructions that compute as much: a line among others is cut where these read it, and kept. */
const FEWEST_OF_ALL = 0.9
/** Ops that show their operand as it is. */
const SHOWN: ReadonlySet<string> = new Set(['named', 'stopGradient', 'broadcastTo'])

/**
 * Numbers of long lines: elementwise instructions of one shape, of many elements, behind one another, with nothing between them but
 * what computes one element of such, and next to nothing of the same size beside.
 *
 * @returns the line of each instruction that is in one.
 */
export function longLines(program: Program): ReadonlyMap<Instruction, number> {
  const { avals, instructions } = program
  const counts = new Map<number, number>()
  for (const { outputs } of instructions) {
    for (const value of outputs) {
      const size = sizeOf((avals[value] as Aval).shape)
      counts.set(size, (counts.get(size) ?? 0) + 1)
    }
  }
  const lines = linesOf(program).filter(({ size, members }) => {
    const all = counts.get(size) as number
    return members.length >= Math.max(FEWEST_MEMBERS, FEWEST_OF_ALL * all)
  })
  return new Map(
    lines.flatMap(({ members }, number) => members.map(instruction => [instruction, number] as const)),
  )
}

interface Line {
  readonly size: number
  readonly members: Instruction[]
}

function linesOf({ avals, instructions }: Program): readonly Line[] {
  const lines: Line[] = []
  let shape: readonly number[] | undefined
  for (const instruction of instructions) {
    const { op, inputs, outputs, params } = instruction
    const of = inputs.map(value => avals[value] as Aval)
    const [out, ...others] = outputs.map(value => avals[value] as Aval)
    const isOfOne = [out, ...of].every(aval => aval !== undefined && sizeOf(aval.shape) === 1)
    if (isOfOne || (out && SHOWN.has(op) && shape && sameShape(shape, out.shape))) continue
    if (!out || others.length > 0 || !elementOf(op, of, out, params)) {
      shape = undefined
      continue
    }
    const size = sizeOf(out.shape)
    if (!shape || !sameShape(shape, out.shape)) lines.push({ size, members: [] })
    shape = out.shape
    if (size >= FEWEST_ELEMENTS) lines.at(-1)?.members.push(instruction)
  }
  return lines
}
