import { type BenchRow, host, runSuite, type SuiteName } from '@wengert/bench'
import { benchNotes, benchTable, labelOf } from './bench-table.js'
import { answer, Interrupt, PhaseBar, say } from './terminal/index.js'

/** What `wengert bench` was asked. */
export interface BenchSettings {
  readonly runs?: number
  readonly only?: string
  readonly peers?: true
  readonly json?: true
}

/** Runs a suite, shows how it goes, and tells the figures; if it is interrupted, those of the cases that are finished. */
export async function benchCommand(
  suite: SuiteName,
  { json, ...settings }: BenchSettings,
  signal: AbortSignal,
): Promise<void> {
  const machine = host()
  say(`${suite} on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
  const bar = new PhaseBar()
  const rows: BenchRow[] = []
  const running = runSuite(suite, {
    ...settings,
    signal,
    onCase: name => say(`  ${name}`),
    onProgress: ({ phase, done, of, ...row }) => bar.show(phase, labelOf(row), done, of),
    onRows: finished => {
      bar.stop()
      rows.push(...finished)
    },
    onNote: text => say(`  ${text}`),
  })
  const { tell, end } = answer(json)
  try {
    await running.finally(() => bar.stop())
  } catch (error) {
    if (!(error instanceof Interrupt)) throw error
    say(
      rows.length > 0 ? 'Interrupted; these cases are finished:' : 'Interrupted before a case was finished.',
    )
    if (rows.length > 0) tellRows(rows, tell)
    end(() => ({ suite, host: machine, rows, interrupted: true }))
    throw error
  }
  tellRows(rows, tell)
  end(() => ({ suite, host: machine, rows }))
}

function tellRows(rows: readonly BenchRow[], tell: (text: string) => void): void {
  tell(benchTable(rows))
  for (const line of benchNotes(rows)) tell(line)
}
