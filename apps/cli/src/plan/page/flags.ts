/** A name that flies from an upright line. */
export interface Flag {
  readonly kind: string
  /** Where the line is. */
  readonly at: number
  readonly text: string
}

/** A flag in its row. */
export interface PlacedFlag extends Flag {
  /** Rows above it. */
  readonly row: number
  /** Whether the text begins at the line, or ends there. */
  readonly side: 'start' | 'end'
}

/** Width of a letter, at most on average. */
const LETTER = 7

/** Between a line and its name. */
export const FLAG_GAP = 5

/** Height of a row of names. */
export const ROW = 16

/**
 * Gives each name a row of its own, from which on its line goes down: a line can cross names in lower rows alone. Names to the
 * left come first, from right to left, then names to the right, from left to right, so that no line crosses a name of its side.
 *
 * @param ends left and right end of the room.
 */
export function placeFlags(flags: readonly Flag[], [left, right]: readonly [number, number]): PlacedFlag[] {
  const widthOf = ({ text }: Flag) => FLAG_GAP + LETTER * text.length
  const leftward = flags.filter(flag => flag.at + widthOf(flag) > right)
  const rightward = flags.filter(flag => !leftward.includes(flag))
  for (const flag of rightward.toSorted((a, b) => b.at - a.at)) {
    const isCrossed = leftward.some(({ at }) => at > flag.at && at < flag.at + widthOf(flag))
    if (isCrossed && flag.at - widthOf(flag) >= left) leftward.push(flag)
  }
  const sorted = [
    ...leftward.toSorted((a, b) => b.at - a.at),
    ...rightward.filter(flag => !leftward.includes(flag)).toSorted((a, b) => a.at - b.at),
  ]
  return sorted.map((flag, row) => ({ ...flag, row, side: leftward.includes(flag) ? 'end' : 'start' }))
}
