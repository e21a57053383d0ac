import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { splitRows } from '@wengert/nn'
import { fromData } from '@wengert/tape'
import { CsvError, parse } from 'csv-parse'
import { Cells } from './cells.js'
import { DataError, type Dataset } from './dataset.js'
import { readLabels } from './labels.js'
import { scaled } from './scaled.js'

const [TEST_SHARE, SPLIT_SEED, FEWEST_ROWS] = [5, 0, 10]

/** Which column is the label, and how many classes there are. */
export interface CsvOptions {
  /** Name or number (from 1) of the label's column. Default: the one named `label`, otherwise the last. */
  readonly label?: string | undefined
  /** Default: the largest label + 1. */
  readonly classes?: number | undefined
}

/**
 * Reads a file of rows of numbers, a label among them: a whole number from 0. A first row with anything that is no
 * number names the columns. Every feature is scaled to [0, 1] by its range over the rows to learn from; every fifth
 * row, in the same share of every class, is set apart to test with.
 *
 * @throws {@link DataError} for a file that is not there or a cell that cannot be used, naming file, row and column.
 */
export async function readCsv(file: string, options: CsvOptions, signal: AbortSignal): Promise<Dataset> {
  const cells = await readCells(file, options.label, signal)
  if (cells.rows < FEWEST_ROWS) {
    throw new DataError({
      summary: `${file} has ${cells.rows} rows.`,
      expected: `at least ${FEWEST_ROWS}, to learn from some and test with others`,
    })
  }
  const { column, labels, classes } = readLabels(cells, options)
  const { train, test } = splitRows(labels, Math.max(1, Math.round(cells.rows / TEST_SHARE)), SPLIT_SEED)
  const features = cells.columns - 1
  return {
    name: basename(file),
    x: fromData({ dtype: 'f32', shape: [cells.rows, features] }, scaled(cells, column, train)),
    y: fromData({ dtype: 'i32', shape: [cells.rows] }, labels),
    classes,
    train,
    test,
  }
}

async function readCells(file: string, label: string | undefined, signal: AbortSignal): Promise<Cells> {
  await check(file)
  const cells = new Cells(file, label)
  const source = createReadStream(file)
  const parser = parse({
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    bom: true,
    info: true,
  })
  source.on('error', error => parser.destroy(error))
  try {
    for await (const { record, info } of source.pipe(parser)) {
      signal.throwIfAborted()
      cells.add(record as readonly string[], (info as { readonly lines: number }).lines)
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new DataError({ summary: `${file} is not well-formed CSV.`, at: cause.message, cause })
  } finally {
    source.destroy()
  }
  return cells
}

async function check(file: string): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError({
      summary:
        cause.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${cause.message}.`,
      expected: '--dataset mnist, or the path of a CSV file',
      fix: `check the path; it is taken from ${process.cwd()}`,
      cause,
    })
  })
  if (found.isFile()) return
  throw new DataError({ summary: `${file} is not a file.`, expected: 'the path of a CSV file' })
}
