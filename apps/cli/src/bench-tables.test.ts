import { type BenchRow, meanNames, type PlanRow } from '@wengert/bench'
import { describe, expect, test } from 'vitest'
import { planNotes, planTable } from './bench-plan-table.js'
import { benchNotes, benchTable } from './bench-table.js'

const widest = (text: string) => Math.max(...text.split('\n').map(line => line.length))

const fractions = [0.75, 0.5, 0.25, 0.1, 0.03, 0]
const names = [...meanNames, 'transformer-12'] as const

/** Rows as wide as they come. */
const planRows = (costs: readonly (number | null)[]): readonly PlanRow[] =>
  names.flatMap(name =>
    (['wengert', 'sqrt-n', 'dtr', 'milp'] as const).flatMap(planner =>
      fractions.map((fraction, k) => ({
        case: name,
        planner,
        fraction,
        budgetBytes: 2 ** 33,
        feasible: true,
        peakBytes: 2 ** 33,
        extraCostPercent: costs[k] ?? null,
        planMs: 12_345,
        gapPercent: null,
        boundPercent: 12,
      })),
    ),
  )

const benchRow = (engine: string, runs: number): BenchRow =>
  ({ suite: 'mlp', case: 'one', engine, runs, ms: 1, ratio: 1 }) as BenchRow

test('the table of planners fits a terminal', () => {
  const rows = planRows([0.01, 5.5, 22.22, 114.86, 231.73, 999.99])
  for (const text of [planTable(rows), ...planNotes(rows)]) expect(widest(text)).toBeLessThanOrEqual(80)
})

describe('marks and columns are explained where they occur', () => {
  test('no plan', () => {
    const [all, some] = [planRows([1, 2, 3, 4, 5, 6]), planRows([1, 2, 3, 4, 5, null])]
    expect([planTable(all).includes('—'), planNotes(all).some(note => note.startsWith('—:'))]).toEqual([
      false,
      false,
    ])
    expect([planTable(some).includes('—'), planNotes(some).some(note => note.startsWith('—:'))]).toEqual([
      true,
      true,
    ])
    expect(planTable(some)).toMatch(/networks +│ +7 │ +7 │ +7 │ +7 │ +7 │ +0 │/)
    expect(planTable(all)).not.toContain('networks')
  })

  test('few rounds', () => {
    const [all, some] = [
      [benchRow('a', 9), benchRow('b', 9)],
      [benchRow('a', 9), benchRow('b', 3)],
    ]
    expect([benchTable(all), ...benchNotes(all)].join('\n')).not.toContain('†')
    expect(benchTable(some)).toMatch(/ b† /)
    expect(benchNotes(some).join('\n')).toContain('†: fewer rounds')
  })

  test.each<[keyof BenchRow, number, string]>([
    ['arenaBytes', 2 ** 20, 'arenas: peak MiB.'],
    ['peakResidentBytes', 2 ** 20, 'process: peak MiB.'],
    ['budgetBytes', 2 ** 20, 'budget: MiB.'],
    ['ratioToPeak', 0.9, 'of peak: of what a core reaches'],
  ])('%s', (property, value, note) => {
    const [without, shown] = [benchRow('a', 9), { ...benchRow('a', 9), [property]: value }]
    expect(benchNotes([without])).toEqual([
      'ratio: time by that of the first row of the case, in the same rounds.',
    ])
    expect(benchNotes([shown, without]).join('\n')).toContain(note)
  })
})
