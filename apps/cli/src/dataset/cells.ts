import { DataError } from './dataset.js'
import { columnOf, NUMBER_CLASSES } from './label-column.js'

const FIRST_CAPACITY = 1 << 16

/** The numbers of a CSV file, row after row. */
export class Cells {
  readonly file: string
  /** Name or number, from 1, of the column of labels, if it was asked for. */
  readonly label: string | undefined
  /** Names of the columns, if the first row has any. */
  names: readonly string[] | undefined
  columns = 0
  rows = 0
  #numbers = new Float64Array(FIRST_CAPACITY)
  readonly #lines: number[] = []

  constructor(file: string, label?: string) {
    this.file = file
    this.label = label
  }

  /**
   * Adds a row; the first one names the columns if it is not all numbers.
   *
   * @throws {@link DataError} for a row of another length or a cell that is no finite number.
   */
  add(record: readonly string[], line: number): void {
    if (this.columns === 0) {
      this.columns = record.length
      if (record.length < 2) {
        throw new DataError({
          summary: `${this.file} has one column.`,
          expected: 'features and a label, with commas between them',
          at: `line ${line}`,
        })
      }
      if (record.some(cell => cell !== '' && !isNumeral(cell))) {
        this.names = record
        return
      }
    }
    if (record.length !== this.columns) {
      throw new DataError({
        summary: `${this.file}: a row has ${record.length} cells.`,
        expected: `${this.columns} cells, as the first row has`,
        at: `row ${this.rows + 1}, line ${line}`,
        fix: 'complete the row, or quote cells with commas in them',
      })
    }
    const first = this.rows * this.columns
    if (first + this.columns > this.#numbers.length) this.#grow(first + this.columns)
    for (let column = 0; column < this.columns; column++) {
      this.#numbers[first + column] = this.#read(record[column] as string, column, line)
    }
    this.#lines.push(line)
    this.rows++
  }

  /** The number of a cell. */
  at(row: number, column: number): number {
    return this.#numbers[row * this.columns + column] as number
  }

  /** Where a cell is, for people: row and column count from 1, without the names. */
  place(row: number, column: number): string {
    return this.#place(row, column, this.#lines[row] as number)
  }

  #place(row: number, column: number, line: number): string {
    const name = this.names?.[column]
    return `row ${row + 1}, column ${column + 1}${name ? ` (${name})` : ''}, line ${line}`
  }

  #read(cell: string, column: number, line: number): number {
    const value = Number(cell)
    if (cell !== '' && Number.isFinite(value)) return value
    const what = cell === '' ? 'an empty cell' : isNumeral(cell) ? cell : `${JSON.stringify(cell)}, no number`
    const isName = cell !== '' && !isNumeral(cell) && column === columnOf(this)
    throw new DataError({
      summary: `${this.file} has ${isName ? `the label ${JSON.stringify(cell)}` : what}.`,
      expected: isName ? 'a whole number from 0 as the label' : 'a finite number in every cell',
      at: this.#place(this.rows, column, line),
      fix: isName ? NUMBER_CLASSES : 'fill it in, or leave the row out',
      data: { file: this.file, row: this.rows + 1, column: column + 1 },
    })
  }

  #grow(least: number): void {
    const grown = new Float64Array(Math.max(least, 2 * this.#numbers.length))
    grown.set(this.#numbers)
    this.#numbers = grown
  }
}

/** Whether a cell means a number, be it one that cannot be used. */
const isNumeral = (cell: string): boolean =>
  !Number.isNaN(Number(cell)) || /^[+-]?(nan|inf(inity)?)$/i.test(cell)
