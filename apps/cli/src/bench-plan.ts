import { type CaseName, host, planSuite } from '@wengert/bench'
import { planNotes, planTable } from './bench-plan-table.js'
import { answer, say } from './terminal/index.js'

/** What `wengert bench plan` was asked. */
export interface BenchPlanSettings {
  readonly case?: readonly CaseName[]
  readonly fraction?: readonly number[]
  readonly seconds?: number
  readonly flopsPerByte?: number
  readonly json?: true
}

/** Plans training steps with this planner and baselines, and tells the extra cost of each at each budget. */
export async function benchPlanCommand(settings: BenchPlanSettings): Promise<void> {
  const machine = host()
  say(`plan on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
  const rows = await planSuite({
    cases: settings.case,
    fractions: settings.fraction,
    seconds: settings.seconds,
    flopsPerByte: settings.flopsPerByte,
    onCase: name => say(`  ${name}`),
  })
  const { tell, end } = answer(settings.json)
  tell('Extra cost in %:')
  tell(planTable(rows))
  for (const line of planNotes(rows)) tell(line)
  end(() => ({ suite: 'plan', host: machine, rows }))
}
