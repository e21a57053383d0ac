import Table from 'cli-table3'

/** Rows of cells as a table in plain characters, the first row its head if `head` is given. */
export function table(rows: readonly (readonly string[])[], head: readonly string[] = []): string {
  const drawn = new Table({
    head: [...head],
    // Its own colours would also go where nobody watches.
    style: { head: [], border: [], compact: true },
    colAligns: (rows[0] ?? []).map((_, column) => (head.length > 0 && column > 0 ? 'right' : 'left')),
  })
  drawn.push(...rows.map(row => [...row]))
  return drawn.toString()
}
