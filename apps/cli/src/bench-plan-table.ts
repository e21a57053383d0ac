import { meanNames, type PlanRow } from '@wengert/bench'
import { table } from './terminal/index.js'

/** Extra cost in percent, by case and planner, at each budget. */
export function planTable(rows: readonly PlanRow[]): string {
  const fractions = fractionsOf(rows)
  const head = ['f =', ...fractions.map(String), 'ms']
  return table([...lines(rows, fractions), ...means(rows, fractions)], head)
}

const fractionsOf = (rows: readonly PlanRow[]) => [...new Set(rows.map(row => row.fraction))]

/** Planners that are not this engine's. */
const planners: readonly (readonly [PlanRow['planner'], string])[] = [
  ['sqrt-n', 'sqrt-n: √n segments (Chen et al. 2016).'],
  ['dtr', 'dtr: dynamic tensor rematerialisation (Kirisame et al. 2021).'],
  ['milp', 'milp: an integer program (Jain et al. 2020); bound: none of its kind costs less.'],
]

/** What rows and columns mean, and the marks that there are. */
export function planNotes(rows: readonly PlanRow[]): readonly string[] {
  const isMissing = rows.some(
    ({ planner, extraCostPercent, boundPercent }) =>
      extraCostPercent === null || (planner === 'milp' && boundPercent === null),
  )
  const shown = new Set(rows.map(({ planner }) => planner))
  return [
    'Within W + f·(P − W) bytes (W: largest working set, P: everything stored).',
    ...planners.filter(([name]) => shown.has(name)).map(([, note]) => note),
    ...(means(rows, fractionsOf(rows)).some(([name]) => name === COUNTS)
      ? ['networks: of how many there is a plan, whose mean it is.']
      : []),
    'ms: the longest of planning.',
    ...(isMissing ? [`${MISSING}: no plan was found, or no bound is known.`] : []),
  ]
}

/** A line for each case, below it one for each planner, and one for the bounds of the integer program. */
function lines(rows: readonly PlanRow[], fractions: readonly number[]): readonly (readonly string[])[] {
  const blank = ['', ...fractions.map(() => '')]
  return [...new Set(rows.map(row => row.case))].flatMap(name => {
    const mine = rows.filter(row => row.case === name)
    const planners = [...new Set(mine.map(row => row.planner))]
    const cells = planners.flatMap(planner => {
      const points = fractions.map(fraction =>
        mine.find(row => row.planner === planner && row.fraction === fraction),
      )
      const longest = Math.max(...points.map(point => point?.planMs ?? 0))
      const line = [
        `  ${planner}`,
        ...points.map(point => percent(point?.extraCostPercent)),
        longest.toFixed(0),
      ]
      if (planner !== 'milp') return [line]
      return [line, ['  bound', ...points.map(point => percent(point?.boundPercent)), '']]
    })
    return [[name, ...blank], ...cells]
  })
}

/** The mean over the networks, if all of them were asked for, and of how many the planner has one, if not of all. */
function means(rows: readonly PlanRow[], fractions: readonly number[]): readonly (readonly string[])[] {
  const networks = rows.filter(row => meanNames.includes(row.case) && row.planner !== 'milp')
  if (new Set(networks.map(row => row.case)).size < meanNames.length) return []
  const cells = [...new Set(networks.map(row => row.planner))].flatMap(planner => {
    const costs = fractions.map(fraction =>
      networks.flatMap(row =>
        row.planner === planner && row.fraction === fraction ? (row.extraCostPercent ?? []) : [],
      ),
    )
    const mean = costs.map(one => percent(one.length > 0 ? sum(one) / one.length : null))
    const isWhole = costs.every(one => one.length === meanNames.length)
    const counts = [COUNTS, ...costs.map(one => `${one.length}`), '']
    return [[`  ${planner}`, ...mean, ''], ...(isWhole ? [] : [counts])]
  })
  return [['mean', '', ...fractions.map(() => '')], ...cells]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const MISSING = '—'
const COUNTS = '    networks'

const percent = (value: number | null | undefined): string => value?.toFixed(2) ?? MISSING
