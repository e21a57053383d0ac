import { expect, test } from 'vitest'
import { rerunBound } from './bound.js'
import { indexGraph } from './graph-index.js'
import {
  atLeastBytes,
  type Graph,
  largestWorkingSetBytes,
  leastBytes,
  lowerBoundBytes,
  plan,
  simulate,
} from './index.js'
import { residency } from './residency.js'
import { chain, decodeGraph, GraphBuilder } from './samples.js'

/**
 * The least extra cost at a limit on live bytes, by Dijkstra over (set of steps run so far, resident set), whatever the order.
 * Placement is left out, so this bounds what any plan can reach. −1: not feasible.
 */
function leastExtraCost(graph: Graph, limitBytes: number): number {
  const { steps, bytes } = graph
  const mask = (storages: readonly number[]) => storages.reduce((set, s) => set | (1 << s), 0)
  const sizes = Array.from({ length: 1 << bytes.length }, (_, set) =>
    bytes.reduce((sum, size, s) => sum + (set & (1 << s) ? size : 0), 0),
  )
  const pinned = mask(graph.inputs.filter(input => input.pinned).map(input => input.storage))
  const outputs = mask(graph.outputs)
  const reads = steps.map(step => mask(step.inputs))
  const writes = steps.map(step => mask(step.outputs))
  const start = mask(graph.inputs.map(input => input.storage))
  if (sizes[start]! > limitBytes) return -1
  const best = new Map<number, number>()
  const buckets: number[][] = [[start]]
  best.set(start, 0)
  const sets = 1 << bytes.length
  const all = 2 ** steps.length - 1
  for (let cost = 0; cost < buckets.length; cost++) {
    const bucket = buckets[cost] ?? []
    for (let state = bucket.pop(); state !== undefined; state = bucket.pop()) {
      if (best.get(state) !== cost) continue
      const set = state % sets
      const ran = (state - set) / sets
      if (ran === all && (set & outputs) === outputs) return cost
      const go = (next: number, nextCost: number) => {
        if ((best.get(next) ?? Infinity) <= nextCost) return
        best.set(next, nextCost)
        for (let c = buckets.length; c <= nextCost; c++) buckets.push([])
        buckets[nextCost]!.push(next)
      }
      for (let s = 0; s < bytes.length; s++) {
        if (set & (1 << s) & ~pinned) go(ran * sets + (set ^ (1 << s)), cost)
      }
      for (let k = 0; k < steps.length; k++) {
        if ((set & reads[k]!) !== reads[k]) continue
        const next = set | writes[k]!
        if (sizes[next]! + Math.ceil(steps[k]!.scratchBytes / 16) * 16 > limitBytes) continue
        const isAgain = (ran & (1 << k)) !== 0
        go((ran | (1 << k)) * sets + next, isAgain ? cost + steps[k]!.cost : cost)
      }
    }
  }
  return -1
}

/** Small graphs of 3 to 7 steps and at most 10 storages that can do with less than storing everything. */
function* tinyGraphs(count: number): Generator<Graph> {
  let seed = 1
  for (let found = 0; found < count; ) {
    const numbers = Array.from({ length: 48 }, () => {
      seed = (seed * 48271) % 2147483647
      return seed >> 8
    })
    const graph = decodeGraph(numbers, 7, 2)
    if (graph.bytes.length > 10 || graph.steps.length < 3) continue
    if (plan(graph).peakBytes === largestWorkingSetBytes(graph)) continue
    found++
    yield graph
  }
}

test('near the optimum by exhaustive search', () => {
  const tally = {
    graphs: 0,
    leastReached: 0,
    budgets: 0,
    feasible: 0,
    optimal: 0,
    extra: 0,
    optimum: 0,
    tight: 0,
  }
  for (const graph of tinyGraphs(250)) {
    const least = leastBytes(graph)
    const lowest = lowerBoundBytes(graph)
    expect(lowest).toBeLessThanOrEqual(largestWorkingSetBytes(graph))
    expect(leastExtraCost(graph, lowest - 16)).toBeLessThan(0)
    tally.tight += Number(leastExtraCost(graph, lowest) >= 0)
    const index = indexGraph(graph)
    const once = residency(index, Int32Array.from(graph.steps.keys()))
    const { least: bound, fractional } = rerunBound(index, once, index.cost)
    let reachable = Infinity
    for (
      let budgetBytes = largestWorkingSetBytes(graph);
      budgetBytes < plan(graph).peakBytes;
      budgetBytes += 16
    ) {
      const optimum = leastExtraCost(graph, budgetBytes)
      if (optimum < 0) continue
      reachable = Math.min(reachable, budgetBytes)
      expect(bound(budgetBytes)).toBeLessThanOrEqual(optimum + 1e-9)
      expect(fractional(budgetBytes)).toBeLessThanOrEqual(bound(budgetBytes))
      tally.budgets++
      if (budgetBytes < least) continue
      const { extraCost } = plan(graph, { budgetBytes })
      expect(extraCost).toBeGreaterThanOrEqual(optimum)
      tally.feasible++
      tally.optimum += optimum
      tally.extra += extraCost
      if (extraCost === optimum) tally.optimal++
    }
    tally.graphs++
    if (least <= reachable) tally.leastReached++
  }
  expect(tally).toMatchInlineSnapshot(`
    {
      "budgets": 867,
      "extra": 1996,
      "feasible": 854,
      "graphs": 250,
      "leastReached": 239,
      "optimal": 702,
      "optimum": 1191,
      "tight": 210,
    }
  `)
  // what the planner is held to, whatever the exact figures
  expect(tally.leastReached / tally.graphs).toBeGreaterThan(0.95)
  expect(tally.feasible / tally.budgets).toBeGreaterThan(0.95)
  expect(tally.optimal / tally.feasible).toBeGreaterThan(0.75)
})

/** A step whose scratch fills the memory, between a value `r` and what reads it; and what `r` is made of. */
const around = (steps: Graph['steps'], bytes: readonly number[], outputs: readonly number[]): Graph => ({
  bytes,
  inputs: [{ storage: 0, pinned: true }],
  steps,
  outputs,
})
const step = (inputs: number[], outputs: number[], cost: number, scratchBytes = 0) => ({
  inputs,
  outputs,
  cost,
  scratchBytes,
})

test.each([
  [
    'an output, which is there anyway',
    around(
      [step([0], [1], 9), step([1], [2], 1), step([2], [3], 0), step([3], [5], 0, 64), step([2, 5], [4], 1)],
      [0, 16, 16, 16, 0, 0],
      [1, 4],
    ),
  ],
  [
    'one of two results, which come again together',
    around(
      [
        step([0], [1, 2], 9),
        step([1], [3], 1),
        step([3, 2], [4], 0),
        step([4], [6], 0, 64),
        step([2, 3, 6], [5], 1),
      ],
      [0, 16, 16, 16, 16, 0, 0],
      [5],
    ),
  ],
])('a step takes no weight along of what computes %s', (_, graph) => {
  const index = indexGraph(graph)
  const once = residency(index, Int32Array.from(graph.steps.keys()))
  const { least } = rerunBound(index, once, index.cost)
  for (let limitBytes = lowerBoundBytes(graph); limitBytes <= once.peakLiveBytes; limitBytes += 16) {
    const optimum = leastExtraCost(graph, limitBytes)
    if (optimum >= 0) expect(least(limitBytes)).toBeLessThanOrEqual(optimum)
  }
  expect(least(once.peakLiveBytes - 16)).toBeGreaterThan(0)
})

/** A chain in which each state is read by the next two steps, and its pullback, which reads all states. */
function chainOfPairs(length: number): Graph {
  const b = new GraphBuilder()
  const states = [b.input(16)]
  for (let k = 0; k < length; k++) states.push(b.step(states.slice(-2), [16])[0]!)
  let ct = states.at(-1)!
  for (let k = length - 1; k >= 0; k--) ct = b.step([ct, states[k]!], [16])[0]!
  return b.graph([ct])
}

test.each([3, 4, 5, 6])('a chain of %i steps read in pairs runs in the fewest bytes that suffice', length => {
  const graph = chainOfPairs(length)
  const least = leastBytes(graph)
  expect(least).toBe(length < 5 ? 4 * 16 : 5 * 16)
  expect(leastExtraCost(graph, least - 16)).toBe(-1)
  expect(plan(graph, { budgetBytes: least }).extraCost).toBe(leastExtraCost(graph, least))
})

test.each([10, 40, 150])('so does one of %i steps, which takes no fewer bytes than one of 5', length => {
  expect(leastBytes(chainOfPairs(length))).toBe(5 * 16)
})

test('bytes below which nothing is looked for, records of runs included, are never too many', () => {
  const tally = { graphs: 0, exact: 0, reached: 0 }
  for (const one of tinyGraphs(120)) {
    const steps = one.steps.map((step, k) => {
      const recordBytes = 16 * (1 + ((k * 7) % 4))
      return { ...step, cost: recordBytes, recordBytes }
    })
    const graph = { ...one, steps }
    const onceBytes = steps.reduce((sum, { recordBytes }) => sum + recordBytes, 0)
    let least = Infinity
    for (
      let limitBytes = largestWorkingSetBytes(graph);
      limitBytes <= plan(one).peakBytes;
      limitBytes += 16
    ) {
      const rerunBytes = leastExtraCost(graph, limitBytes)
      if (rerunBytes >= 0) least = Math.min(least, limitBytes + onceBytes + rerunBytes)
    }
    // where every step runs once in any case, those of its placement
    const onceNeeds = plan(graph).peakBytes + onceBytes
    if (atLeastBytes(graph) !== onceNeeds) expect(atLeastBytes(graph)).toBeLessThanOrEqual(least)
    tally.graphs++
    if (atLeastBytes(graph) === least) tally.exact++
    if (leastBytes(graph) === least) tally.reached++
  }
  expect(tally).toMatchInlineSnapshot(`
    {
      "exact": 90,
      "graphs": 120,
      "reached": 100,
    }
  `)
})

test.each([20, 100, 500])(
  'a chain of %i equal layers and its pullback takes four tensors, whatever has to run again',
  length => {
    // the input, a cotangent, and a primal with the next, or with the cotangent before it
    const graph = chain(length)
    expect(leastBytes(graph)).toBe(4 * 1024)
    const found = plan(graph, { budgetBytes: 4 * 1024 })
    expect(simulate(graph, found, { budgetBytes: 4 * 1024 }).extraCost).toBe(
      ((length - 1) * (length - 2)) / 2,
    )
  },
)
