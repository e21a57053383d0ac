import { type BenchRow, variantNotes } from '@wengert/bench'
import { table } from './terminal/index.js'

interface Column {
  readonly name: string
  cell(row: BenchRow): string
  /** What it says, in a line of its own; left out where the name says it all. */
  readonly note?: string
}

const figure = (value: number | null | undefined) => {
  if (value === null || value === undefined) return ''
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3)
}

const mebibytes = (bytes: number | null | undefined) =>
  bytes === null || bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(1)

const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`)

/** How far the quartiles of the rounds are from each other, as a share of the median. */
function spread({ ms, quartilesMs, runs }: BenchRow): number | undefined {
  if (ms === null || quartilesMs === undefined || runs < 2) return undefined
  return (quartilesMs[1] - quartilesMs[0]) / ms
}

const columns: readonly Column[] = [
  { name: 'ms', cell: row => (row.failed === undefined ? figure(row.ms) : 'failed') },
  {
    name: 'spread',
    cell: row => percent(spread(row)),
    note: 'spread: from the first quartile of the rounds to the third, in % of ms.',
  },
  {
    name: 'ratio',
    cell: row => figure(row.ratio),
    note: "ratio: time by that of the case's first row in the same round; median of rounds.",
  },
  { name: 'GFLOP/s', cell: row => figure(row.gflops) },
  {
    name: 'of peak',
    cell: row => percent(row.ratioToPeak),
    note: 'of peak: of what a core reaches with vectors of 128 bits; others may have wider ones.',
  },
  {
    name: 'of matmul',
    cell: row => percent(row.ratioToMatmul),
    note: 'of matmul: of the GFLOP/s of a 512×512 product in the same round.',
  },
  {
    name: 'of copy',
    cell: row => percent(row.ratioToCopy),
    note: 'of copy: of the bytes that a copy moves in that time.',
  },
  {
    name: 'ns each',
    cell: row => figure(row.nsPerElement ?? row.nsPerOperation),
    note: 'ns each: per element, or per operation of a row.',
  },
  {
    name: 'redone',
    cell: row => (row.recomputedShare ? percent(row.recomputedShare) : ''),
    note: 'redone: share of the cost that computes again what was dropped for lack of memory.',
  },
  {
    name: 'budget',
    cell: row => mebibytes(row.budgetBytes),
    note: 'budget: MiB that the arenas cannot pass.',
  },
  {
    name: 'arenas',
    cell: row => mebibytes(row.arenaBytes),
    note: 'arenas: peak MiB of the memories that it computes in; not measured of calls and peers.',
  },
  {
    name: 'process',
    cell: row => mebibytes(row.peakResidentBytes),
    note: 'process: peak MiB of all that its process has.',
  },
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

/** What rows, columns and marks mean, as far as there are any, and what went wrong, a line each. */
export function benchNotes(rows: readonly BenchRow[]): readonly string[] {
  const isMarked = rows.some(row =>
    hasFew(
      row,
      rows.filter(other => other.case === row.case),
    ),
  )
  const what = rows.some(({ cold }) => cold)
    ? 'from recording to the first result, in a new process each round'
    : 'of one step'
  return [
    ...variantNotes(rows.map(({ variant }) => variant)),
    `ms: ${what}; median of rounds.`,
    ...shownOf(rows).flatMap(({ note }) => note ?? []),
    ...(isMarked ? [`${FEW}: fewer rounds than others, since one takes long.`] : []),
    ...failuresIn(rows),
  ]
}

/** Each reason once, below the rows that failed for it. */
function failuresIn(rows: readonly BenchRow[]): readonly string[] {
  const reasons = [...new Set(rows.flatMap(({ failed }) => failed ?? []))]
  return reasons.flatMap(reason => [
    ...rows.filter(({ failed }) => failed === reason).map(row => `${row.case}, ${labelOf(row)}:`),
    `  ${reason}`,
  ])
}

/** An engine, and how it was used. */
export const labelOf = ({ engine, variant }: Pick<BenchRow, 'engine' | 'variant'>): string =>
  variant ? `${engine}, ${variant}` : engine
