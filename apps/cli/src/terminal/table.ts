import Table from 'cli-table3'

/**
 * Rows of cells as a table in plain characters, the first row its head if `head` is given. Under a head, columns are
 * figures but for the first, unless `figures` says which are. Where a terminal is narrower than that, each row is a list of its own:
 * its first cell, and below it the others by their heads.
 */
export function table(
  rows: readonly (readonly string[])[],
  head: readonly string[] = [],
  figures: readonly string[] = head.slice(1),
  columns = process.stdout.columns ?? Infinity,
): string {
  const drawn = new Table({
    head: [...head],
    // Its own colours would also go where nobody watches.
    style: { head: [], border: [], compact: true },
    colAligns: (rows[0] ?? []).map((_, column) => (figures.includes(head[column] ?? '') ? 'right' : 'left')),
  })
  drawn.push(...rows.map(row => [...row]))
  const text = drawn.toString()
  return text.indexOf('\n') > columns ? lists(rows, head) : text
}

function lists(rows: readonly (readonly string[])[], head: readonly string[]): string {
  const longest = Math.max(0, ...head.slice(1).map(name => name.length))
  return rows
    .flatMap(([first = '', ...cells]) => {
      const margin = ' '.repeat(first.search(/\S|$/) + 2)
      const named = (cell: string, k: number) => `${(head[k + 1] ?? '').padEnd(longest)}  ${cell}`.trimStart()
      return [first, ...cells.flatMap((cell, k) => (cell === '' ? [] : margin + named(cell, k)))]
    })
    .join('\n')
}
