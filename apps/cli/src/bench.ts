import { host, runSuite, type SuiteName } from '@wengert/bench'
import { say, table } from './terminal/index.js'

/** Runs a suite, says each figure on standard error, and with `--json` ends with all of them on standard output. */
export async function benchCommand(
  suite: SuiteName,
  { runs, json }: { readonly runs?: number; readonly json?: true },
  signal: AbortSignal,
): Promise<void> {
  const machine = host()
  say(`${suite} on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
  const rows = await runSuite(suite, {
    ...(runs === undefined ? {} : { runs }),
    signal,
    onCase: name => say(`  ${name}`),
  })
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))].filter(name => name !== 'engine')
  const cells = rows.map(row => columns.map(name => shown(Reflect.get(row, name))))
  say(table(cells, columns))
  if (json) process.stdout.write(`${JSON.stringify({ suite, host: machine, rows })}\n`)
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toPrecision(4)
  return String(value)
}
