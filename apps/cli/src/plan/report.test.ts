import { type Graph, type Plan, plan, simulate } from '@wengert/tape'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelName, ModelOptions } from './models/index.js'
import { type PlanReport, plain, reportOf } from './report.js'
import { modelSubject, type Subject } from './subject.js'
import { curveCells, curveNotes, figureRows } from './words.js'

/** A graph as a subject, with nothing from a file. */
const subjectOf = (graph: Graph): Subject => ({
  title: 'a graph',
  named: {},
  stepCount: graph.steps.length,
  within: budgetBytes => ({
    graph,
    plan: plan(graph, { budgetBytes }),
    nameOf: storage => `node ${storage}`,
    others: [],
    loops: [],
  }),
})

/** What holds for every report. */
function check(
  { plan, curve, timeline, budgetBytes = Number.POSITIVE_INFINITY }: PlanReport,
  isOnlyGraph = false,
): void {
  const close = (a: number, b: number) =>
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, a, b))
  const total = plan.cost + plan.extraCost
  expect(plan.peakBytes).toBeLessThanOrEqual(budgetBytes)
  close(plan.extraCostPercent * plan.cost, 100 * plan.extraCost)
  close(plan.recomputedShare * total, plan.extraCost)
  curve.forEach((point, k) => {
    expect(point.peakBytes).toBeLessThanOrEqual(point.budgetBytes)
    expect(point.peakBytes).toBeGreaterThanOrEqual(plan.lowerBoundBytes ?? 0)
    const next = curve[k + 1]
    if (next === undefined) return
    expect(next.peakBytes).toBeGreaterThan(point.peakBytes)
    expect(next.extraCost).toBeLessThan(point.extraCost)
  })
  expect(curve[0]?.peakBytes).toBeLessThanOrEqual(plan.leastBytes)
  // steps without cost may run again at the upper end, too
  expect(curve.at(-1)?.extraCost).toBe(0)
  expect(curve.at(-1)?.peakBytes).toBeLessThanOrEqual(plan.keptBytes)
  const best = curve.findLast(({ peakBytes }) => peakBytes <= budgetBytes)
  expect(best?.extraCost).toBeLessThanOrEqual(plan.extraCost)

  const { runs, totalCost, moveCost, values } = timeline
  expect(runs).toHaveLength(plan.runs)
  expect(Math.max(...runs.map(({ bytes }) => bytes))).toBeLessThanOrEqual(plan.peakBytes)
  expect(runs.filter(({ again }) => again)).toHaveLength(plan.reruns)
  runs.forEach(({ cost, endCost }, k) => {
    expect(endCost - cost).toBeGreaterThanOrEqual((runs[k - 1]?.endCost ?? 0) * (1 - 1e-12))
  })
  close(totalCost, total)
  const again = runs.reduce((sum, { cost, again }) => sum + (again ? cost : 0), 0)
  const added = again + moveCost
  expect(added).toBeLessThanOrEqual(plan.extraCost * (1 + 1e-9) + 1e-9)
  // Another graph, with rewritten loops or without fusion, costs more by itself.
  if (isOnlyGraph) close(added, plan.extraCost)
  for (const { fate, runs, stays } of values) {
    expect(stays.length).toBe(fate === 'given' ? 1 : runs)
    expect(runs > 1).toBe(fate === 'rerun')
    stays.forEach(({ fromCost, toCost }, k) => {
      expect(fromCost).toBeLessThanOrEqual(toCost)
      expect(fromCost).toBeGreaterThanOrEqual(stays[k - 1]?.toCost ?? 0)
      expect(toCost).toBeLessThanOrEqual(totalCost)
    })
  }
}

const small: readonly (readonly [ModelName, ModelOptions])[] = [
  ['mlp', { hidden: [64, 64, 64, 64], batch: 512 }],
  ['cnn', { batch: 32 }],
  ['lstm', { hidden: [16, 8], batch: 8, steps: 32 }],
  ['transformer', { width: 16, heads: 2, steps: 16, layers: 1, batch: 4 }],
]

describe('models', () => {
  test.each(small)('%s within all that it may be given', (model, options) => {
    const subject = modelSubject(model, options)
    const kept = reportOf(subject, undefined)
    check(kept)
    expect(kept.plan).toMatchObject({ extraCost: 0, reruns: 0, peakBytes: kept.plan.keptBytes })
    expect(kept.named).toMatchObject({ model, ...options })
    const least = reportOf(subject, kept.plan.leastBytes)
    check(least)
    expect(plain(least)).toMatchObject({ model, budgetBytes: kept.plan.leastBytes, plan: least.plan })
    expect(() => reportOf(subject, kept.plan.leastBytes - 16)).toThrow(/No plan fits/)
  })

  test('a loop goes back from snapshots within fewer bytes', () => {
    const subject = modelSubject('lstm', { hidden: [16], batch: 8, steps: 64 })
    const kept = reportOf(subject, undefined)
    expect(kept.loops).toEqual([])
    const { loops, plan } = reportOf(subject, kept.plan.leastBytes)
    expect(loops).toMatchObject([{ steps: 64 }])
    expect(plan.extraCost).toBeGreaterThan(0)
    // another way to reverse the loop has another bound
    expect(plan).not.toHaveProperty('lowerBoundBytes')
  })

  test('a loop beside a store costs no more, and says what is there', () => {
    const options = { hidden: [64], batch: 16, steps: 128 }
    const alone = modelSubject('lstm', options)
    const subject = modelSubject('lstm', options, 2 ** 30)
    const { leastBytes } = reportOf(alone, undefined).plan
    const report = reportOf(subject, leastBytes)
    check(report)
    expect(report.plan.extraCost).toBeLessThan(reportOf(alone, leastBytes).plan.extraCost)
    expect(report.plan.spilledBytes).toBeGreaterThan(0)
    expect(report.loops).toMatchObject([{ steps: 128, spilled: true }])
    expect(plain(report)).toMatchObject({ model: 'lstm', spillBytes: 2 ** 30, plan: report.plan })
    const said = [...figureRows(report), ...curveCells(report.curve).rows].join('\n')
    expect(said).toMatch(/beside it, in the store,[\d.]+ [KM]iB/)
    expect(said).toMatch(/keeps \d+ states in the store/)
    expect(curveCells(report.curve).head).toContain('in the store')
    expect(curveCells(reportOf(alone, undefined).curve).head).not.toContain('in the store')
  })

  test('every layer of a transformer takes as many steps', () => {
    const steps = (layers: number) => modelSubject('transformer', { layers, width: 8, steps: 8 }).stepCount
    expect(steps(4) - steps(3)).toBe(steps(3) - steps(2))
    expect(steps(3)).toBeGreaterThan(steps(2))
  })
})

/** Graphs with several inputs, pinned or not, whose steps read what was there before. */
const graphs: fc.Arbitrary<Graph> = fc
  .record({
    inputs: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    steps: fc.array(
      fc.record({
        reads: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        bytes: fc.integer({ min: 0, max: 6 }),
        scratch: fc.integer({ min: 0, max: 3 }),
        record: fc.integer({ min: 0, max: 40 }),
        cost: fc.integer({ min: 0, max: 9 }),
      }),
      { minLength: 1, maxLength: 24 },
    ),
  })
  .map(({ inputs, steps }) => ({
    bytes: [...inputs.map(() => 32), ...steps.map(({ bytes }) => 16 * bytes)],
    inputs: inputs.map((pinned, storage) => ({ storage, pinned })),
    steps: steps.map(({ reads, scratch, record, cost }, k) => ({
      inputs: reads.map(read => read % (inputs.length + k)),
      outputs: [inputs.length + k],
      scratchBytes: 16 * scratch,
      cost,
      recordBytes: record,
    })),
    outputs: [inputs.length + steps.length - 1],
  }))

/** What becomes of each storage, from the list of actions alone. */
function fatesOf({ bytes, inputs, steps, outputs }: Graph, { actions }: Plan): readonly string[] {
  return bytes.map((_, storage) => {
    const runsWith = (of: (step: Graph['steps'][number]) => readonly number[]) =>
      actions.filter(action => action.kind === 'run' && of(steps[action.step]!).includes(storage)).length
    if (inputs.some(input => input.storage === storage)) return 'given'
    if (runsWith(step => step.outputs) > 1) return 'rerun'
    return outputs.includes(storage) || runsWith(step => step.inputs) > 1 ? 'kept' : 'brief'
  })
}

test('drawn graphs: the curve, within any of its budgets', () => {
  fc.assert(
    fc.property(graphs, fc.nat(), (graph, draw) => {
      const kept = reportOf(subjectOf(graph), undefined)
      check(kept, true)
      const { budgetBytes } = kept.curve[draw % kept.curve.length] as (typeof kept.curve)[number]
      const within = reportOf(subjectOf(graph), budgetBytes)
      check(within, true)
      const fates = fatesOf(graph, plan(graph, { budgetBytes }))
      for (const { storage, fate } of within.timeline.values) expect(fate).toBe(fates[storage])
      for (const { budgetBytes, peakBytes, extraCost } of within.curve) {
        const found = plan(graph, { budgetBytes })
        expect(simulate(graph, found, { budgetBytes: peakBytes }).extraCost).toBe(extraCost)
      }
    }),
    { numRuns: 60 },
  )
})

test('a row that costs more without running anything again is explained, where there is one', () => {
  const point = { budgetBytes: 1, peakBytes: 1, cost: 9, extraCostPercent: 0, recomputedShare: 0, runs: 3 }
  const notes = (...costs: readonly (readonly [reruns: number, extraCost: number])[]) =>
    curveNotes({
      curve: costs.map(([reruns, extraCost]) => ({
        ...point,
        reruns,
        extraCost,
        movedBytes: 0,
        spilledBytes: 0,
      })),
      loops: [],
    })
  expect(notes([2, 5], [0, 1], [0, 0])).toEqual([
    expect.stringMatching(/^A row that costs more with 0 run again/),
  ])
  expect(notes([2, 5], [0, 0])).toEqual([])
  expect(notes([0, 1], [0, 0])).toEqual([])
})

test('of long graphs, too, the curve has plans close to the fewest bytes, where it is steep', () => {
  // a chain of 1,500 steps of 16 KiB, and its pullbacks
  const count = 1500
  const step = (cost: number, output: number, ...inputs: number[]) => ({
    inputs,
    outputs: [output],
    scratchBytes: 0,
    cost,
  })
  const graph: Graph = {
    bytes: Array.from({ length: 2 * count }, () => 2 ** 14),
    inputs: [],
    steps: Array.from({ length: 2 * count }, (_, k) => {
      if (k < count) return step(1e6, k, ...(k > 0 ? [k - 1] : []))
      return step(2e6, k, k - 1, 2 * count - 1 - k)
    }),
    outputs: [2 * count - 1],
  }
  const { plan: figures, curve } = reportOf(subjectOf(graph), undefined)
  const near = figures.leastBytes + (figures.keptBytes - figures.leastBytes) / 50
  expect(curve.filter(({ peakBytes }) => peakBytes <= near).length).toBeGreaterThan(2)
})
