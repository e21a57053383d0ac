import { OptionError } from '@wengert/tape'

/** What helps where a label is no class. */
export const NUMBER_CLASSES = 'number the classes from 0, or name the column of the labels with --label'

/** Columns of a file. */
interface Columns {
  readonly file: string
  /** Name or number, from 1, of the column that was asked for. */
  readonly label: string | undefined
  readonly names: readonly string[] | undefined
  readonly columns: number
}

/**
 * The column of the labels, from 0: the one that was asked for, otherwise the one named `label`, otherwise the last.
 *
 * @throws {@link OptionError} if there is no such column.
 */
export function columnOf({ file, label, names, columns }: Columns): number {
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
