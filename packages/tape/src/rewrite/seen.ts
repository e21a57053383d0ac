import { type Aval, type Instruction, type View, viewThrough, wholeView } from '../program/index.js'

/** A value as elements of another one. */
export interface Seen {
  readonly source: number
  readonly view: View
}

/** A value as all elements of itself. */
export const whole = (avals: readonly Aval[], value: number): Seen => ({
  source: value,
  view: wholeView((avals[value] as Aval).shape),
})

/**
 * A value as elements of the earliest one in which it can be seen.
 *
 * @param shows the instruction that shows a value of its first input in place, if one does.
 */
export function seen(
  avals: readonly Aval[],
  value: number,
  shows: (value: number) => Instruction | undefined,
): Seen {
  const instruction = shows(value)
  if (!instruction) return whole(avals, value)
  const { source, view } = seen(avals, instruction.inputs[0] as number, shows)
  const through = viewThrough(instruction, avals[value] as Aval, view)
  return through ? { source, view: through } : whole(avals, value)
}
