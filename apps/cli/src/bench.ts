import { host, runSuite, type SuiteName } from '@wengert/bench'
import { benchNotes, benchTable } from './bench-table.js'
import { say } from './terminal/index.js'

/** What `wengert bench` was asked. */
export interface BenchSettings {
  readonly runs?: number
  readonly only?: string
  readonly peers?: true
  readonly json?: true
}

/** Runs a suite, says each figure on standard error, and with `--json` ends with all of them on standard output. */
export async function benchCommand(
  suite: SuiteName,
  { json, ...settings }: BenchSettings,
  signal: AbortSignal,
): Promise<void> {
  const machine = host()
  say(`${suite} on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
  const rows = await runSuite(suite, {
    ...settings,
    signal,
    onCase: name => say(`  ${name}`),
    onNote: text => say(`  ${text}`),
  })
  say(benchTable(rows))
  for (const line of benchNotes(rows)) say(line)
  if (json) process.stdout.write(`${JSON.stringify({ suite, host: machine, rows })}\n`)
}
