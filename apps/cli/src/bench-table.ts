import type { BenchRow } from '@wengert/bench'
import { table } from './terminal/index.js'

interface Column {
  readonly name: string
  cell(row: BenchRow): string
}

const figure = (value: number | null | undefined) => {
  if (value === null || value === undefined) return ''
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3)
}

const mebibytes = (bytes: number | null | undefined) =>
  bytes === null || bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(1)

const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`)

const columns: readonly Column[] = [
  { name: 'ms', cell: row => (row.failed === undefined ? figure(row.ms) : 'failed') },
  { name: 'ratio', cell: row => figure(row.ratio) },
  { name: 'GFLOP/s', cell: row => figure(row.gflops) },
  { name: 'of peak', cell: row => percent(row.ratioToPeak) },
  { name: 'of matmul', cell: row => percent(row.ratioToMatmul) },
  { name: 'of copy', cell: row => percent(row.ratioToCopy) },
  { name: 'ns each', cell: row => figure(row.nsPerElement ?? row.nsPerOperation) },
  { name: 'redone', cell: row => (row.recomputedShare ? percent(row.recomputedShare) : '') },
  { name: 'budget', cell: row => mebibytes(row.budgetBytes) },
  { name: 'arenas', cell: row => mebibytes(row.arenaBytes) },
  { name: 'process', cell: row => mebibytes(row.peakResidentBytes) },
]

/** The columns that say something of any row. */
const shownOf = (rows: readonly BenchRow[]) =>
  columns.filter(({ cell }) => rows.some(row => cell(row) !== ''))

/** Rows by case, with the columns that say something of any of them. */
export function benchTable(rows: readonly BenchRow[]): string {
  const shown = shownOf(rows)
  const lines = [...new Set(rows.map(row => row.case))].flatMap(name => {
    const mine = rows.filter(row => row.case === name)
    return [
      [name, ...shown.map(() => '')],
      ...mine.map(row => [
        `  ${labelOf(row)}${hasFew(row, mine) ? FEW : ''}`,
        ...shown.map(({ cell }) => cell(row)),
      ]),
    ]
  })
  return table(lines, ['', ...shown.map(({ name }) => name)])
}

/** A mark of rows with fewer rounds than others of their case. */
const FEW = '†'

const hasFew = ({ runs }: BenchRow, ofCase: readonly BenchRow[]): boolean =>
  runs > 0 && ofCase.some(other => other.runs > runs)

/** What columns and marks mean, as far as there are any, and what went wrong, a line a row. */
export function benchNotes(rows: readonly BenchRow[]): readonly string[] {
  const failures = rows.flatMap(row =>
    row.failed === undefined ? [] : [`${row.case}, ${labelOf(row)}:`, `  ${row.failed}`],
  )
  const isMarked = rows.some(row =>
    hasFew(
      row,
      rows.filter(other => other.case === row.case),
    ),
  )
  const names = new Set(shownOf(rows).map(({ name }) => name))
  const peaks = ['arenas', 'process'].filter(name => names.has(name))
  return [
    ...(names.has('ratio') ? ['ratio: time by that of the first row of the case, in the same rounds.'] : []),
    ...(names.has('of peak')
      ? ['of peak: of what a core reaches with vectors of 128 bits; others may have wider ones.']
      : []),
    ...(names.has('budget') ? ['budget: MiB.'] : []),
    ...(peaks.length > 0 ? [`${peaks.join(' and ')}: peak MiB.`] : []),
    ...(isMarked ? [`${FEW}: fewer rounds than others, since one takes long.`] : []),
    ...failures,
  ]
}

/** An engine, and how it was used. */
export const labelOf = ({ engine, variant }: Pick<BenchRow, 'engine' | 'variant'>): string =>
  variant ? `${engine}, ${variant}` : engine
