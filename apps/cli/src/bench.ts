import { host, runSuite, type SuiteName } from '@wengert/bench'
import { benchNotes, benchTable } from './bench-table.js'
import { answer, say } from './terminal/index.js'

/** What `wengert bench` was asked. */
export interface BenchSettings {
  readonly runs?: number
  readonly only?: string
  readonly peers?: true
  readonly json?: true
}

/** Runs a suite, says how it goes, and tells the figures. */
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
  const { tell, end } = answer(json)
  tell(benchTable(rows))
  for (const line of benchNotes(rows)) tell(line)
  end(() => ({ suite, host: machine, rows }))
}
