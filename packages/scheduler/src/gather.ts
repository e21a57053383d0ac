import type { Data } from '@wengert/tape'

/** Rows of a batch in the order in which a call computes them. */
export interface Selection {
  readonly count: number
  /** Row of the batch at each place; absent for the consecutive rows from {@link from} on. */
  readonly at?: ArrayLike<number>
  readonly from: number
}

/** Runs with fewer elements are copied one by one: a bulk copy costs about as much as these. */
const FEW_ELEMENTS = 16

/**
 * Copies rows of `source` into `target`, contiguous runs in bulk.
 *
 * @param rowElements elements of a row.
 * @param from first place of the selection, and how many of them.
 * @example
 * const target = new Float32Array(3)
 * gatherRows(target, new Float32Array([10, 11, 12, 13]), 1, { count: 4, at: [3, 0, 1, 2], from: 0 }, 0, 3)
 * Array.from(target) // → [13, 10, 11]
 */
export function gatherRows(
  target: Data,
  source: Data,
  rowElements: number,
  selection: Selection,
  from: number,
  rows: number,
): void {
  const { at } = selection
  if (!at) {
    const first = (selection.from + from) * rowElements
    target.set(source.subarray(first, first + rows * rowElements))
    return
  }
  let place = 0
  while (place < rows) {
    const first = at[from + place] as number
    let run = 1
    while (place + run < rows && at[from + place + run] === first + run) run++
    copy(target, place * rowElements, source, first * rowElements, run * rowElements)
    place += run
  }
}

function copy(target: Data, to: number, source: Data, from: number, elements: number): void {
  if (elements >= FEW_ELEMENTS) {
    target.set(source.subarray(from, from + elements), to)
    return
  }
  for (let k = 0; k < elements; k++) target[to + k] = source[from + k] as number
}
