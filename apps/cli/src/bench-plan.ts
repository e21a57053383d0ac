import { type CaseName, host, planSuite } from '@wengert/bench'
import { planNotes, planTable } from './bench-plan-table.js'
import { say } from './terminal/index.js'

/** What `wengert bench plan` was asked. */
export interface BenchPlanSettings {
  readonly case?: readonly CaseName[]
  readonly fraction?: readonly number[]
  readonly seconds?: number
  readonly flopsPerByte?: number
  readonly json?: true
}

/** Plans training steps with this planner and baselines, and says the extra cost of each at each budget. */
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
  say('Extra cost in %:')
  say(planTable(rows))
  for (const line of planNotes(rows)) say(line)
  if (settings.json) process.stdout.write(`${JSON.stringify({ suite: 'plan', host: machine, rows })}\n`)
}
