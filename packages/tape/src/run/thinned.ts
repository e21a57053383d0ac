/** How a loop of unknown length is reversed from records in a store: see `repeatThinning` and `revolve` of the kernels. */
import type { OpenRecords } from '../program/index.js'
import { reversalOf } from './two-level.js'

/** A loop long enough to tell ways to keep its states apart when they are weighed. */
export const LONG_LOOP = 4096

/** A loop of unknown length that took so many steps. */
export interface Open extends OpenRecords {
  readonly steps: number
}

/** Which records are there when the loop has ended. */
export interface Thinned {
  /** Steps between the last records. */
  readonly distance: number
  /** How many of the first ones are twice as far apart. */
  readonly doubled: number
  /** How many were written in all. */
  readonly writes: number
}

/**
 * The records of a loop that took so many steps.
 *
 * @example
 * thinned({ steps: 100, every: 5, count: 8 }) // → { distance: 10, doubled: 2, writes: 17 }
 */
export function thinned({ steps, every, count }: Open): Thinned {
  const multiples = (distance: number) => Math.ceil(steps / distance)
  let distance = every
  let writes = Math.min(count, multiples(distance))
  while (multiples(distance) > 2 * count - 1) {
    writes += count - 1
    distance *= 2
  }
  const doubled = Math.max(0, multiples(distance) - count)
  return { distance, doubled, writes: writes + doubled }
}

/**
 * How many of the steps are run forward again, and how often a record is read.
 *
 * @param snapshots states in memory of a stretch between records.
 * @param held whether the record at its beginning is one of them.
 * @example
 * openReversalOf({ steps: 100, every: 5, count: 8 }, 0, false) // → { advanced: 650, begun: 100 }
 */
export function openReversalOf(
  open: Open,
  snapshots: number,
  held: boolean,
): { readonly advanced: number; readonly begun: number } {
  const { distance, doubled } = thinned(open)
  const far = 2 * distance * doubled
  const [first, rest] = [
    { steps: far, every: 2 * distance },
    { steps: open.steps - far, every: distance },
  ].map(part => reversalOf({ ...part, size: 1, snapshots, held })) as [Reversed, Reversed]
  return { advanced: first.advanced + rest.advanced, begun: first.begun + rest.begun }
}

type Reversed = ReturnType<typeof reversalOf>
