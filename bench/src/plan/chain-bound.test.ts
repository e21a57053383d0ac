import type { Graph } from '@wengert/tape'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainBound } from './chain-bound.js'
import { leastExtraCost } from './exhaustive.js'

const link = fc.record({
  units: fc.integer({ min: 1, max: 6 }),
  cost: fc.nat(5),
  reads: fc.array(fc.nat(), { maxLength: 2 }),
})

/** Each step reads the one before it and perhaps others; what is kept to the end is nothing. */
const chains = fc.array(link, { minLength: 2, maxLength: 8 }).map(
  (links): Graph => ({
    bytes: links.map(({ units }) => 16 * units),
    inputs: [],
    outputs: [],
    steps: links.map(({ cost, reads }, k) => ({
      inputs: k === 0 ? [] : [...new Set([k - 1, ...reads.map(storage => storage % k)])],
      outputs: [k],
      scratchBytes: 0,
      cost,
    })),
  }),
)

const shares = fc.double({ min: 0, max: 1, noNaN: true })

/** Between the largest working set and all bytes. */
function limitOf({ bytes, steps }: Graph, share: number): number {
  const sum = (storages: readonly number[]) => storages.reduce((sum, storage) => sum + bytes[storage]!, 0)
  const largest = Math.max(...steps.map(({ inputs }, k) => sum([...inputs, k])))
  return Math.round(largest + share ** 2 * (sum(bytes.map((_, k) => k)) - largest))
}

const least = (graph: Graph, limitBytes: number) => {
  const cost = leastExtraCost(graph, limitBytes)
  return cost < 0 ? Infinity : cost
}

test('with all storages tracked it is the least extra cost', () => {
  fc.assert(
    fc.property(chains, shares, (graph, share) => {
      const limit = limitOf(graph, share)
      const tracked = graph.bytes.map((_, k) => k)
      expect(chainBound(graph, limit, { tracked, costUnit: 1 })).toBe(least(graph, limit))
    }),
    { numRuns: 400 },
  )
})

test('whatever is tracked, carried and held, no schedule costs less', () => {
  let [tight, positive] = [0, 0]
  fc.assert(
    fc.property(
      chains,
      shares,
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(3),
      (graph, share, isTracked, dear, from) => {
        const limit = limitOf(graph, share)
        const tracked = graph.bytes.flatMap((_, k) => (isTracked[k] ? [k] : []))
        const options = { tracked, costUnit: 1, from: Math.min(from, graph.steps.length - 1) }
        const free = chainBound(graph, limit, options)
        const held = chainBound(graph, limit, { ...options, dear })
        expect(held).toBeGreaterThanOrEqual(free)
        const bound = Math.min(held, free + dear)
        const exact = least(graph, limit)
        expect(bound).toBeLessThanOrEqual(exact)
        if (exact > 0 && exact < Infinity) positive++
        if (exact > 0 && bound === exact) tight++
      },
    ),
    { numRuns: 3000 },
  )
  // bounds that say nothing would pass as well
  expect(positive).toBeGreaterThan(300)
  expect(tight).toBeGreaterThan(positive / 10)
})

test('what is no chain is refused, and what cannot be carried', () => {
  const step = (inputs: number[], k: number) => ({ inputs, outputs: [k], scratchBytes: 0, cost: 1 })
  const apart: Graph = { bytes: [16, 16], inputs: [], outputs: [], steps: [step([], 0), step([], 1)] }
  expect(() => chainBound(apart, 64, { tracked: [], costUnit: 1 })).toThrow('step 1 is no link')
  const chain: Graph = { bytes: [32, 16], inputs: [], outputs: [], steps: [step([], 0), step([0], 1)] }
  const carried = { 1: [0] }
  expect(() => chainBound(chain, 64, { tracked: [0], costUnit: 1, carried })).toThrow('cannot carry')
})
