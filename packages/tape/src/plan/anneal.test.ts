import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anneal } from './anneal.js'
import { type GraphIndex, indexGraph } from './graph-index.js'
import { leastBytes, plan, simulate } from './index.js'
import { extraCostOf, residency } from './residency.js'
import { chain, decodeGraph, transformer } from './samples.js'
import { Sequence } from './sequence.js'

const numbers = fc.array(fc.nat(1e6), { minLength: 48, maxLength: 96 })

/** A graph, and runs of it in its order with other steps again in between. */
const sequences = fc
  .record({ numbers, again: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 }) })
  .map(({ numbers, again }) => {
    const index = indexGraph(decodeGraph(numbers, 20))
    const runs = [...index.graph.steps.keys()]
    for (const [where, which] of again) {
      const position = where % (runs.length + 1)
      const ran = Math.max(-1, ...runs.slice(0, position))
      if (ran >= 0) runs.splice(position, 0, which % (ran + 1))
    }
    return { index, runs: Int32Array.from(runs) }
  })

describe('a sequence that settles', () => {
  test('has the live bytes and the cost of its runs, none of them for nothing', () => {
    fc.assert(
      fc.property(sequences, ({ index, runs }) => {
        const sequence = new Sequence(index)
        sequence.load(runs)
        const fullest = sequence.settle()
        const settled = sequence.copy()
        const { liveBytes, periods } = residency(index, settled)
        expect([...sequence.liveBytes.slice(0, sequence.length)]).toEqual([...liveBytes.slice(1, -1)])
        expect(sequence.liveBytes[fullest]).toBe(Math.max(...liveBytes.slice(1, -1)))
        expect(sequence.extraCost).toBeCloseTo(extraCostOf(index, settled), 9)
        expect(new Set(settled)).toEqual(new Set(index.graph.steps.keys()))
        // what runs again is read, or stays to the end
        const useful = new Set<number>()
        for (let k = 0; k < periods.count; k++) {
          if (periods.end[k]! > periods.start[k]! && periods.start[k]! > 0) useful.add(periods.start[k]! - 1)
        }
        const seen = new Set<number>()
        settled.forEach((step, p) => {
          if (seen.has(step)) expect(useful).toContain(p)
          seen.add(step)
        })
      }),
    )
  })

  test('knows what is resident before a run, and what stays over it for later ones', () => {
    fc.assert(
      fc.property(sequences, fc.nat(), ({ index, runs }, where) => {
        const sequence = new Sequence(index)
        sequence.load(runs)
        sequence.settle()
        const settled = sequence.copy()
        const position = where % settled.length
        const { storage, start, end, count } = residency(index, settled).periods
        // moment p + 1 is run p
        const staying = (from: number, to: number) =>
          Array.from({ length: count }, (_, k) => k).filter(k => start[k]! <= from && end[k]! >= to)
        sequence.lookTo(position)
        const resident = [...sequence.resident.keys()].filter(s => sequence.resident[s] === 1)
        expect(resident).toEqual(
          expect.arrayContaining(staying(position, position + 1).map(k => storage[k]!)),
        )
        expect(
          resident.every(s => staying(position, position + 1).some(k => storage[k] === s) || lasts(index, s)),
        ).toBe(true)
        sequence.lookOver(position)
        sequence.nextRead.forEach((read, s) => {
          if (read < 0) return
          expect(read).toBeGreaterThan(position)
          expect(index.graph.steps[settled[read]!]!.inputs).toContain(s)
          expect(staying(position, position + 2).some(k => storage[k] === s && end[k]! >= read + 1)).toBe(
            true,
          )
        })
      }),
    )
  })
})

const lasts = (index: GraphIndex, s: number) => index.isPinned[s] === 1 || index.isOutput[s] === 1

describe('annealing', () => {
  test('gives runs within the limit that are no dearer, and the same ones again', () => {
    fc.assert(
      fc.property(sequences, ({ index, runs }) => {
        const { peakLiveBytes } = residency(index, runs)
        const options = { limitBytes: peakLiveBytes, leastExtraCost: 0, work: 3000 }
        const found = anneal(index, [runs], options).runs!
        const after = residency(index, found)
        expect(after.peakLiveBytes).toBeLessThanOrEqual(peakLiveBytes)
        expect(extraCostOf(index, found)).toBeLessThanOrEqual(extraCostOf(index, runs) + 1e-9)
        expect(new Set(found)).toEqual(new Set(index.graph.steps.keys()))
        expect(anneal(index, [runs], options).runs).toEqual(found)
      }),
      { numRuns: 60 },
    )
  })

  test('begins with none of the schedules that do not fit', () => {
    const index = indexGraph(chain(8))
    const once = Int32Array.from(index.graph.steps.keys())
    const limitBytes = residency(index, once).peakLiveBytes - 16
    const options = { limitBytes, leastExtraCost: 0, work: 1000 }
    expect(anneal(index, [once], options).runs).toBeUndefined()
    expect(anneal(index, [], options).runs).toBeUndefined()
  })

  test('a search may leave the order of the graph; its plan claims no more than it keeps', () => {
    const graph = transformer(2)
    const least = leastBytes(graph)
    for (const share of [0, 0.1, 0.3, 0.6]) {
      const budgetBytes = least + Math.ceil(((plan(graph).peakBytes - least) * share) / 16) * 16
      const found = plan(graph, { budgetBytes, searchWork: 3e5 })
      expect(found.leastExtraCost).toBeLessThanOrEqual(found.extraCost)
      expect(found.extraCost).toBeLessThanOrEqual(plan(graph, { budgetBytes }).extraCost)
      simulate(graph, found, { budgetBytes })
    }
  })
})
