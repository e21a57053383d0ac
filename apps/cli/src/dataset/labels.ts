import { OptionError } from '@wengert/tape'
import type { Cells } from './cells.js'
import { DataError } from './dataset.js'

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
 * @throws {@link DataError} for a label that is not a class; {@link OptionError} if there is no such column.
 */
export function readLabels(
  cells: Cells,
  { label, classes }: { readonly label?: string | undefined; readonly classes?: number | undefined },
): Labels {
  const column = columnOf(cells, label)
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
        fix: 'number the classes from 0, or name the column of the labels with --label',
      })
    }
    labels[row] = value
    largest = Math.max(largest, value)
  }
  return { column, labels, classes: classes ?? Math.max(2, largest + 1) }
}

function columnOf({ file, names, columns }: Cells, label: string | undefined): number {
  if (label === undefined) {
    const named = names?.findIndex(name => name.toLowerCase() === 'label') ?? -1
    return named === -1 ? columns - 1 : named
  }
  const named = names?.indexOf(label) ?? -1
  const numbered = Number(label) - 1
  if (named !== -1) return named
  if (Number.isInteger(numbered) && numbered >= 0 && numbered < columns) return numbered
  throw new OptionError({
    summary: `\`--label\` is ${JSON.stringify(label)}, which is no column of ${file}.`,
    expected: names
      ? `one of ${shortened(names)}`
      : `a number from 1 to ${columns}; the columns have no names`,
    data: { option: '--label' },
  })
}

const shortened = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ')
