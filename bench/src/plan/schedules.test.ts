import type { Graph } from '@wengert/tape'
import { plan } from '@wengert/tape'
import loadHighs from 'highs'
import { describe, expect, test } from 'vitest'
import { caseOf } from './cases.js'
import { dtr } from './dtr.js'
import { leastExtraCost } from './exhaustive.js'
import { optimum } from './milp.js'
import { lstm, vgg } from './networks/index.js'
import { endsOf, type Move, movesOf, replay } from './replay.js'
import { segmentSchedules } from './segments.js'
import { planSuite } from './suite.js'
import { type TrainingStep, trainingStep } from './training-step.js'

const highs = await loadHighs()

/** Small graphs of one storage a step. */
function* smallGraphs(count: number): Generator<Graph> {
  let seed = 7
  const draw = (limit: number) => {
    seed = (seed * 48271) % 2147483647
    return (seed >> 8) % limit
  }
  for (let made = 0; made < count; made++) {
    const steps = Array.from({ length: 5 + draw(4) }, (_, k) => {
      const reach = [k - 1, draw(Math.max(1, k)), draw(Math.max(1, k))].slice(0, 1 + draw(3))
      const inputs = [...new Set(reach)].filter(storage => storage >= 0 && storage < k)
      return { inputs, outputs: [k], scratchBytes: 0, cost: 1 + draw(9) }
    })
    yield {
      bytes: steps.map(() => 16 * (1 + draw(4))),
      inputs: [],
      steps,
      outputs: [steps.length - 1],
    }
  }
}

const budgets = (graph: Graph, fractions: readonly number[]) => {
  const { largestWorkingSetBytes: least, storeEverythingBytes: most } = endsOf(graph)
  return fractions.map(fraction => Math.ceil((least + fraction * (most - least)) / 16) * 16)
}

/** What the integer program finds at a limit, replayed; −1: nothing. */
function solved(graph: Graph, budgetBytes: number, rounds: number): number {
  const { runs, boundCost, proven } = optimum(highs, graph, budgetBytes, { seconds: 20, rounds })
  expect(proven).toBe(true)
  if (runs === undefined) return -1
  const found = replay(graph, movesOf(graph, runs))
  expect(found.peakBytes).toBeLessThanOrEqual(budgetBytes)
  expect(boundCost).toBeCloseTo(found.extraCost, 3)
  return found.extraCost
}

test('the integer program agrees with exhaustive search on small graphs', () => {
  const tally = { points: 0, feasible: 0, extra: 0, inOneRound: 0 }
  for (const graph of smallGraphs(60)) {
    for (const budgetBytes of budgets(graph, [0, 0.4])) {
      const expected = leastExtraCost(graph, budgetBytes)
      const once = solved(graph, budgetBytes, 1)
      if (once === expected) tally.inOneRound++
      else expect(solved(graph, budgetBytes, 3)).toBe(expected)
      if (once >= 0) expect(once).toBeGreaterThanOrEqual(expected)
      tally.points++
      if (expected >= 0) tally.feasible++
      if (expected > 0) tally.extra++
    }
  }
  expect(tally).toMatchInlineSnapshot(`
    {
      "extra": 41,
      "feasible": 120,
      "inOneRound": 119,
      "points": 120,
    }
  `)
})

test('no planner is below the optimum, and every schedule fits', async () => {
  const rows = await planSuite({ cases: ['vgg-16'], fractions: [0.5, 0] })
  expect(rows.map(({ planner, fraction }) => `${planner} ${fraction}`)).toEqual(
    [0.5, 0].flatMap(fraction => ['wengert', 'sqrt-n', 'dtr', 'milp'].map(name => `${name} ${fraction}`)),
  )
  for (const row of rows) {
    expect(row).toMatchObject({ case: 'vgg-16', feasible: true })
    expect(row.peakBytes).toBeLessThanOrEqual(row.budgetBytes)
    expect(row.extraCostPercent).toBeGreaterThan(0)
    expect(row.gapPercent).toBeGreaterThan(-1e-6)
    if (row.planner === 'milp') expect(row.extraCostPercent).toBeCloseTo(row.boundPercent ?? Number.NaN, 6)
  }
})

const networks: readonly (readonly [string, TrainingStep])[] = [
  ['vgg', trainingStep(vgg(19), 4)],
  ['lstm', trainingStep(lstm(24), 4)],
  ['segnet', caseOf('segnet')],
]

describe.each(networks)('%s', (_, training) => {
  const { graph, loss } = training
  const { storeEverythingBytes } = endsOf(graph)

  test('segments run each forward step at most twice, in fewer bytes', () => {
    const tries = [...segmentSchedules(training)].map(moves => ({ moves, ...replay(graph, moves) }))
    const forward = graph.steps.slice(0, loss).reduce((sum, step) => sum + step.cost, 0)
    for (const { moves, extraCost } of tries) {
      expect(extraCost).toBeLessThanOrEqual(forward)
      expect(moves.every(move => move.kind !== 'run' || move.step < graph.steps.length)).toBe(true)
    }
    expect(Math.min(...tries.map(({ peakBytes }) => peakBytes))).toBeLessThan(storeEverythingBytes)
  })

  test('evictions begin when memory is short, and stay within it', () => {
    const ample = dtr(graph, storeEverythingBytes)
    expect(ample && replay(graph, ample)).toEqual({ peakBytes: storeEverythingBytes, extraCost: 0 })
    for (const budgetBytes of budgets(graph, [0.8, 0.5, 0.3])) {
      const replayed = replay(graph, dtr(graph, budgetBytes) ?? [])
      expect(replayed.peakBytes).toBeLessThanOrEqual(budgetBytes)
      expect(replayed.extraCost).toBeGreaterThan(0)
    }
    expect(dtr(graph, endsOf(graph).largestWorkingSetBytes - 16)).toBeUndefined()
  })

  test("the replay measures this engine's plans as they claim", () => {
    for (const budgetBytes of budgets(graph, [0.8, 0.5, 0.3])) {
      const found = plan(graph, { budgetBytes })
      const { peakBytes, extraCost } = replay(graph, found.actions)
      expect(peakBytes).toBeLessThanOrEqual(found.peakBytes)
      expect(extraCost / found.cost).toBeCloseTo(found.extraCost / found.cost, 9)
    }
  })
})

describe('the replay refuses', () => {
  const { graph } = trainingStep(lstm(2), 1)
  const moves = movesOf(graph, [...graph.steps.keys()])
  const last = moves.findLastIndex(move => move.kind === 'run')
  test.each<[string, readonly Move[], RegExp]>([
    ['an operand that is gone', moves.slice(1), /reads 0, which is not live/],
    ['a storage that is written twice', [moves[0]!, ...moves], /0 is written while it is live/],
    ['a drop of what is gone', [{ kind: 'drop', storage: 3 }, ...moves], /3 is dropped but not live/],
    ['a step that never runs', moves.slice(0, last), /never ran/],
  ])('%s', (_, broken, message) => expect(() => replay(graph, broken)).toThrow(message))

  test('an output that is gone', () => {
    const kept = { ...graph, outputs: [0] }
    expect(() => replay(kept, moves)).toThrow(/output 0 is not live at the end/)
    expect(replay(kept, movesOf(kept, [...graph.steps.keys()])).extraCost).toBe(0)
  })
})
