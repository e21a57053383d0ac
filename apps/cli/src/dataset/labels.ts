import type { Cells } from './cells.js'
import { DataError } from './dataset.js'
import { columnOf, NUMBER_CLASSES } from './label-column.js'

const MOST_CLASSES = 10_000

/** The labels of a file. */
export interface Labels {
  /** Their column, from 0. */
  readonly column: number
  readonly labels: Int32Array<ArrayBuffer>
  readonly classes: number
}

/**
 * Takes the labels from their column.
 *
 * @throws {@link DataError} for a label that is not a class; OptionError if there is no such column.
 */
export function readLabels(cells: Cells, { classes }: { readonly classes?: number | undefined }): Labels {
  const column = columnOf(cells)
  const most = (classes ?? MOST_CLASSES) - 1
  const labels = new Int32Array(cells.rows)
  let largest = 0
  for (let row = 0; row < cells.rows; row++) {
    const value = cells.at(row, column)
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new DataError({
        summary: `${cells.file} has the label ${value}.`,
        expected: `a whole number from 0 to ${most}${classes === undefined ? '' : `, one of ${classes} classes`}`,
        at: cells.place(row, column),
        fix: NUMBER_CLASSES,
      })
    }
    labels[row] = value
    largest = Math.max(largest, value)
  }
  return { column, labels, classes: classes ?? Math.max(2, largest + 1) }
}
