import Table from 'cli-table3'

/**
 * Rows of cells as a table in plain characters, the first row its head if `head` is given. Under a head, columns are
 * figures but for the first, unless `figures` says which are.
 */
export function table(
  rows: readonly (readonly string[])[],
  head: readonly string[] = [],
  figures: readonly string[] = head.slice(1),
): string {
  const drawn = new Table({
    head: [...head],
    // Its own colours would also go where nobody watches.
    style: { head: [], border: [], compact: true },
    colAligns: (rows[0] ?? []).map((_, column) => (figures.includes(head[column] ?? '') ? 'right' : 'left')),
  })
  drawn.push(...rows.map(row => [...row]))
  return drawn.toString()
}
