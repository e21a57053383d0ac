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
  ({ suite: 'mlp', case: 'one', engine, variant: '', runs, ms: 1, ratio: 1 }) as BenchRow

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
    expect([all, some].map(rows => planNotes(rows).some(note => note.startsWith('networks:')))).toEqual([
      false,
      true,
    ])
  })

  test('planners', () => {
    const said = (...planners: readonly string[]) =>
      planNotes(planRows([1, 2, 3, 4, 5, 6]).filter(({ planner }) => planners.includes(planner)))
        .map(note => note.split(':')[0])
        .slice(1, -1)
    expect(said('wengert')).toEqual([])
    expect(said('wengert', 'dtr', 'milp')).toEqual(['dtr', 'milp'])
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

  test('what is shown', () => {
    const plain = benchRow('wengert', 9)
    expect(benchNotes([plain, benchRow('tfjs', 9)])).toMatchInlineSnapshot(`
      [
        "ms: of one step; median of rounds.",
        "ratio: time by that of the case's first row in the same round; median of rounds.",
      ]
    `)
    const used = { ...plain, quartilesMs: [0.9, 1.15] as const }
    const rows = [
      { ...used, variant: 'in place, turbo', ratioToPeak: 0.9, gflops: 3 },
      { ...used, variant: '2 workers', arenaBytes: 2 ** 20, budgetBytes: 2 ** 20, recomputedShare: 0.2 },
      { ...used, variant: '25 %', ratioToCopy: 0.3, nsPerElement: 4, peakResidentBytes: 2 ** 20 },
    ]
    expect(benchTable(rows)).toContain('25 %')
    expect(benchNotes(rows)).toMatchInlineSnapshot(`
      [
        "in place: compiled code alone; its numbers stay where it computes.",
        "workers: rows shared out among threads, by \`createScheduler\`.",
        "turbo: with V8's re-vectoriser, by \`enableTurbo\`.",
        "no budget, %: with all the memory it likes, and within that share of it.",
        "ms: of one step; median of rounds.",
        "spread: from the first quartile of the rounds to the third, in % of ms.",
        "ratio: time by that of the case's first row in the same round; median of rounds.",
        "of peak: of what a core reaches with vectors of 128 bits; others may have wider ones.",
        "of copy: of the bytes that a copy moves in that time.",
        "ns each: per element, or per operation of a row.",
        "redone: share of the cost that computes again what was dropped for lack of memory.",
        "budget: MiB that the arenas cannot pass.",
        "arenas: peak MiB of the memories that it computes in; not measured of calls and peers.",
        "process: peak MiB of all that its process has.",
      ]
    `)
  })

  test('a cold start', () => {
    expect(benchNotes([{ ...benchRow('a', 3), cold: true }])[0]).toBe(
      'ms: from recording to the first result, in a new process each round; median of rounds.',
    )
  })

  test('one round has no spread', () => {
    const row = { ...benchRow('a', 1), quartilesMs: [1, 1] as const }
    expect(benchTable([row])).not.toContain('spread')
    expect(benchTable([{ ...row, runs: 2 }])).toContain('spread')
  })

  test('a reason once, whatever fails for it', () => {
    const failed = (name: string, reason: string) =>
      ({ ...benchRow('a', 0), case: name, ms: null, ratio: null, failed: reason }) as BenchRow
    const rows = [failed('one', 'No turbo.'), failed('two', 'Too slow.'), failed('three', 'No turbo.')]
    expect(benchNotes(rows).slice(-5)).toEqual([
      'one, a:',
      'three, a:',
      '  No turbo.',
      'two, a:',
      '  Too slow.',
    ])
  })
})
