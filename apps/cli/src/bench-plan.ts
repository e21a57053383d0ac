import { type CaseName, host, meanNames, type PlanRow, planSuite } from '@wengert/bench'
import { say, table } from './terminal/index.js'

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
  const fractions = [...new Set(rows.map(row => row.fraction))]
  const head = ['case', 'planner', ...fractions.map(fraction => `f = ${fraction}`), 'longest ms']
  say('Extra cost in %, within W + f·(P − W) bytes (W: largest working set, P: everything stored):')
  say(table([...lines(rows, fractions), ...means(rows, fractions)], head))
  if (settings.json) process.stdout.write(`${JSON.stringify({ suite: 'plan', host: machine, rows })}\n`)
}

/** A line for each case and planner, and one for the bounds of the integer program. */
function lines(rows: readonly PlanRow[], fractions: readonly number[]): readonly (readonly string[])[] {
  const cases = [...new Set(rows.map(row => row.case))]
  return cases.flatMap(name => {
    const mine = rows.filter(row => row.case === name)
    const planners = [...new Set(mine.map(row => row.planner))]
    return planners.flatMap(planner => {
      const points = fractions.map(fraction =>
        mine.find(row => row.planner === planner && row.fraction === fraction),
      )
      const longest = Math.max(...points.map(point => point?.planMs ?? 0))
      const line = [
        name,
        planner,
        ...points.map(point => percent(point?.extraCostPercent)),
        longest.toFixed(0),
      ]
      if (planner !== 'milp') return [line]
      return [line, [name, 'bound', ...points.map(point => percent(point?.boundPercent)), '']]
    })
  })
}

/** The mean over the networks, if all of them were asked for; in brackets how many the planner managed, if not all. */
function means(rows: readonly PlanRow[], fractions: readonly number[]): readonly (readonly string[])[] {
  const networks = rows.filter(row => meanNames.includes(row.case) && row.planner !== 'milp')
  if (new Set(networks.map(row => row.case)).size < meanNames.length) return []
  return [...new Set(networks.map(row => row.planner))].map(planner => {
    const mine = networks.filter(row => row.planner === planner)
    const cells = fractions.map(fraction => {
      const costs = mine.flatMap(row => (row.fraction === fraction ? (row.extraCostPercent ?? []) : []))
      if (costs.length === 0) return percent(null)
      const mean = percent(costs.reduce((sum, cost) => sum + cost, 0) / costs.length)
      return costs.length === meanNames.length ? mean : `${mean} (${costs.length})`
    })
    return ['mean', planner, ...cells, '']
  })
}

const percent = (value: number | null | undefined): string => value?.toFixed(2) ?? '—'
