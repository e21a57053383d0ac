import { expect, test } from 'vitest'
import type { Graph } from './graph.js'
import { leastBytes, plan } from './plan.js'
import { RandomNumbers } from './random.js'
import { chain, GraphBuilder, transformer } from './samples.js'
import { simulate } from './simulate.js'

/** Graphs of more than 800 steps, whose schedules are found by policies alone, and what plans of them cost: less is welcome. */
const graphs: readonly (readonly [string, Graph, readonly number[]])[] = [
  ['a chain', chain(600), [82.75, 44.92, 37.42, 24.92, 12.5]],
  ['a transformer', transformer(60), [9.82, 8.32, 6.21, 3.54, 0.87]],
  // what is computed long before it is read first is computed when it is
  ['readers of anything', readersOfAnything(850), [692.05, 217.94, 71.69, 21.19, 5.16]],
]

test.each(graphs)(
  '%s: the extra cost in percent, and that it is no less than what is claimed',
  (_, graph, expected) => {
    expect(graph.steps.length).toBeGreaterThan(800)
    const once = plan(graph)
    const least = leastBytes(graph)
    const costs = [0.03, 0.1, 0.25, 0.5, 0.75].map(share => {
      const budgetBytes = Math.ceil((least + share * (once.peakBytes - least)) / 16) * 16
      const found = plan(graph, { budgetBytes })
      expect(simulate(graph, found, { budgetBytes }).extraCost).toBe(found.extraCost)
      expect(found.leastExtraCost).toBeLessThanOrEqual(found.extraCost)
      const searched = plan(graph, { budgetBytes, searchWork: 2e5 })
      expect(searched.leastExtraCost).toBeLessThanOrEqual(searched.extraCost)
      expect(searched.extraCost).toBeLessThanOrEqual(found.extraCost)
      return Number(((100 * found.extraCost) / once.cost).toFixed(2))
    })
    expect(costs).toEqual(expected)
  },
)

test.each<[string, Graph]>([
  ['readers of anything', readersOfAnything(820)],
  ['uneven layers', unevenChain(420)],
])(
  '%s: more bytes never cost more',
  (_, graph) => {
    const [full, least] = [plan(graph).peakBytes, leastBytes(graph)]
    const costs = Array.from({ length: 24 }, (_, k) => {
      const budgetBytes = Math.ceil((least + (k / 24) ** 2 * (full - least)) / 16) * 16
      return plan(structuredClone(graph), { budgetBytes }).extraCost
    })
    expect(costs).toEqual(costs.toSorted((a, b) => b - a))
    expect(new Set(costs).size).toBeGreaterThan(6)
  },
  60_000,
)

test('layers of uneven sizes run in little more bytes when they are ten times as many', () => {
  const graph = unevenChain(6000)
  const budgetBytes = leastBytes(graph)
  expect(budgetBytes).toBeLessThan(1.2 * leastBytes(unevenChain(600)))
  expect(simulate(graph, plan(graph, { budgetBytes }), { budgetBytes }).peakBytes).toBe(budgetBytes)
}, 60_000)

/** Steps that read up to three values of any that are computed before. */
function readersOfAnything(length: number): Graph {
  const [b, random] = [new GraphBuilder(), new RandomNumbers(7)]
  const values: number[] = []
  for (let k = 0; k < length; k++) {
    const read = Array.from({ length: k === 0 ? 0 : 1 + random.below(3) }, () => values[random.below(k)]!)
    values.push(...b.step([...new Set(read)], [16 * (1 + random.below(100))], 1 + random.below(100)))
  }
  return b.graph(values.slice(-1))
}

/** A chain of layers whose bytes and costs are drawn, and its pullback. */
function unevenChain(length: number): Graph {
  const [b, random] = [new GraphBuilder(), new RandomNumbers(7)]
  const layers = Array.from({ length }, () => ({
    bytes: 64 * (1 + random.below(50)),
    cost: 1 + random.below(100),
  }))
  const primals: number[] = []
  for (const { bytes, cost } of layers) primals.push(...b.step(primals.slice(-1), [bytes], cost))
  let cotangent: number[] = []
  for (let k = length - 1; k >= 0; k--) {
    cotangent = b.step([primals[k]!, ...cotangent], [layers[k]!.bytes], 2 * layers[k]!.cost)
  }
  return b.graph(cotangent)
}
