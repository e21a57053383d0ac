/**
 * Colours the columns of a sparse matrix so that no two columns of a colour have an element in the same row: their sum
 * then shows the elements of each (Curtis, Powell & Reid 1974). Greedy, columns with most conflicts first, in the way of
 * Coleman & Moré, SIAM J. Numer. Anal. 20(1), 1983. The fewest colours are NP-hard to find; no fewer than the most
 * elements in a row will do.
 */

/** Places of the elements that may differ from 0: row and column of each. */
export interface SparsityPattern {
  readonly rows: readonly number[]
  readonly columns: readonly number[]
}

/** A colour, from 0 on, for each column, and how many there are. */
export interface Colouring {
  readonly colours: readonly number[]
  readonly count: number
}

/** Colours the columns of a matrix with so many of them; those without elements have colour 0. */
export function colourColumns({ rows, columns }: SparsityPattern, columnCount: number): Colouring {
  const columnsOf = new Map<number, number[]>()
  const rowsOf = Array.from({ length: columnCount }, (): number[] => [])
  rows.forEach((row, k) => {
    const column = columns[k] as number
    rowsOf[column]?.push(row)
    const there = columnsOf.get(row)
    if (there) there.push(column)
    else columnsOf.set(row, [column])
  })
  const conflicts = rowsOf.map(own =>
    own.reduce((sum, row) => sum + (columnsOf.get(row) as number[]).length, 0),
  )
  const order = conflicts
    .map((_, column) => column)
    .sort((a, b) => (conflicts[b] as number) - (conflicts[a] as number))
  const colours = new Array<number>(columnCount).fill(-1)
  // A colour is taken for a column if its mark is that column.
  const marks: number[] = []
  for (const column of order) {
    for (const row of rowsOf[column] as number[]) {
      for (const other of columnsOf.get(row) as number[]) {
        const colour = colours[other] as number
        if (colour >= 0) marks[colour] = column
      }
    }
    let colour = 0
    while (marks[colour] === column) colour++
    colours[column] = colour
  }
  return { colours, count: Math.max(0, ...colours.map(colour => colour + 1)) }
}
