import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import {
  atLeastBytes,
  type Graph,
  largestWorkingSetBytes,
  leastBytes,
  PlanError,
  plan,
  simulate,
} from './index.js'
import { chain, decodeGraph, GraphBuilder, perceptron, transformer } from './samples.js'

const graphs = (maxSteps: number) =>
  fc.array(fc.nat(1000), { minLength: 8, maxLength: 80 }).map(numbers => decodeGraph(numbers, maxSteps))

const budgetErrorOf = (graph: Graph, budgetBytes: number): BudgetError => {
  try {
    plan(graph, { budgetBytes })
  } catch (error) {
    if (error instanceof BudgetError) return error
    throw error
  }
  throw new Error(`expected a BudgetError at ${budgetBytes} bytes`)
}

/** Budgets from the least bytes to beyond the peak of storing everything. */
const budgetsOf = (graph: Graph, count: number): number[] => {
  const least = leastBytes(graph)
  const full = plan(graph).peakBytes
  const between = Array.from({ length: count }, (_, k) => least + Math.floor(((full - least) * k) / count))
  return [...between, full - 1, full, full + 16, 2 * full].filter(bytes => bytes >= least)
}

describe('any graph', () => {
  test('from the least bytes on there is a plan, it is sound, and it never costs more with more bytes', () => {
    fc.assert(
      fc.property(graphs(40), graph => {
        let extraCost = Infinity
        for (const budgetBytes of budgetsOf(graph, 6)) {
          const found = plan(graph, { budgetBytes })
          simulate(graph, found, { budgetBytes })
          expect(found.extraCost).toBeLessThanOrEqual(extraCost)
          extraCost = found.extraCost
        }
        expect(extraCost).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  test('from the least bytes on there is a plan where records of runs count, too', () => {
    fc.assert(
      fc.property(graphs(25), fc.integer({ min: 1, max: 9 }), (one, some) => {
        const steps = one.steps.map((step, k) => ({ ...step, recordBytes: 16 * (1 + ((k * some) % 5)) }))
        const graph = { ...one, steps }
        const least = leastBytes(graph)
        expect(atLeastBytes(graph)).toBeLessThanOrEqual(least)
        for (const budgetBytes of [least, least + 16, least + 160]) {
          const { peakBytes, recordBytes } = plan(graph, { budgetBytes })
          expect(peakBytes + recordBytes).toBeLessThanOrEqual(budgetBytes)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('storing everything runs each step once', () => {
    fc.assert(
      fc.property(graphs(60), graph => {
        const found = plan(graph)
        expect(simulate(graph, found).runs.every(times => times === 1)).toBe(true)
        expect(plan(graph, { budgetBytes: found.peakBytes }).extraCost).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('a step without results, which may change what lies outside, runs once whatever the budget', () => {
    fc.assert(
      fc.property(graphs(40), graph => {
        for (const budgetBytes of budgetsOf(graph, 3)) {
          const { runs } = simulate(graph, plan(graph, { budgetBytes }))
          graph.steps.forEach(({ outputs }, step) => {
            if (outputs.length === 0) expect(runs[step]).toBe(1)
          })
        }
      }),
      { numRuns: 100 },
    )
  })

  test('below the least bytes there is an error that names them', () => {
    fc.assert(
      fc.property(graphs(25), graph => {
        const least = leastBytes(graph)
        expect(least).toBeGreaterThanOrEqual(largestWorkingSetBytes(graph))
        for (const budgetBytes of [least - 1, least - 16, least >> 1, -1]) {
          if (budgetBytes >= least) continue
          const error = budgetErrorOf(graph, budgetBytes)
          expect(error.leastBytes).toBe(least)
          expect(error.budgetBytes).toBe(budgetBytes)
          expect(error.data.step).toBeTypeOf('number')
        }
      }),
      { numRuns: 150 },
    )
  })

  test('says where it is stuck: at a step that takes much', () => {
    const graph = transformer(3)
    const ownBytes = graph.steps.map(({ inputs, outputs, scratchBytes }) =>
      [...new Set([...inputs, ...outputs])].reduce((sum, s) => sum + graph.bytes[s]!, scratchBytes),
    )
    const [largest, least] = [largestWorkingSetBytes(graph), leastBytes(graph)]
    expect(largest).toBeLessThan(least)
    for (const budgetBytes of [least - 16, Math.round((largest + least) / 2), largest, largest - 16, 0]) {
      const { step } = budgetErrorOf(graph, budgetBytes).data
      expect(ownBytes[step as number]).toBeGreaterThan(0.5 * Math.max(...ownBytes))
    }
  })

  test('a plan depends on graph and budget alone, not on what was asked before', () => {
    fc.assert(
      fc.property(graphs(25), graph => {
        const budgets = budgetsOf(graph, 4)
        const asked = budgets.map(budgetBytes => plan(graph, { budgetBytes }))
        const fresh = budgets.toReversed().map(budgetBytes => plan(structuredClone(graph), { budgetBytes }))
        expect(fresh.toReversed()).toEqual(asked)
      }),
      { numRuns: 60 },
    )
  })
})

describe('training', () => {
  test.each([
    ['chain(30)', chain(30)],
    ['perceptron(12)', perceptron(12, 32, 256)],
    ['transformer(3)', transformer(3, 64, 32)],
  ])('%s rematerialises under every budget and stays within it', (_, graph) => {
    const full = plan(graph).peakBytes
    for (const budgetBytes of budgetsOf(graph, 12)) {
      const found = plan(graph, { budgetBytes })
      simulate(graph, found, { budgetBytes })
      if (budgetBytes < full) expect(found.extraCost).toBeGreaterThan(0)
    }
  })

  test('a chain can be run in its largest working set', () => {
    expect(largestWorkingSetBytes(chain(50))).toBe(4 * 1024)
    expect(leastBytes(chain(50))).toBe(4 * 1024)
  })

  test('a chain in s snapshots is near the binomial optimum (Griewank & Walther 2000, t(n, s) = r·n − C(s+r, r−1))', () => {
    const choose = (n: number, k: number) => {
      let product = 1
      for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i
      return Math.round(product)
    }
    const length = 50
    const graph = chain(length)
    // beside the snapshots: the primal being computed, the cotangent read and the one written
    const ratios = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45].map(snapshots => {
      let r = 0
      while (choose(snapshots + r, r) < length) r++
      const advances = r * length - choose(snapshots + r, r - 1)
      const found = plan(graph, { budgetBytes: (snapshots + 3) * 1024 })
      return found.extraCost / (advances - (length - 1))
    })
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(1)
    expect(ratios[0]).toBe(1)
    expect(Math.max(...ratios)).toBeLessThan(1.4)
  })

  test('a chain of n layers in about 2√n snapshots costs at most one more forward', () => {
    for (const length of [64, 256, 1024]) {
      const graph = chain(length)
      const budgetBytes = (2 * Math.sqrt(length) + 6) * 1024
      expect(plan(graph, { budgetBytes }).extraCost).toBeLessThanOrEqual(length)
    }
  })

  test.each([
    ['chain', chain(500), 0.5, 0.28],
    ['chain', chain(500), 0.1, 0.5],
    ['perceptron', perceptron(100, 64, 512), 0.5, 0.22],
    ['transformer', transformer(20, 256, 64), 0.5, 0.08],
  ])('%s: extra cost in proportion (%#)', (_name, graph, fraction, mostExtra) => {
    const budgetBytes = Math.floor(plan(graph).peakBytes * fraction)
    const found = plan(graph, { budgetBytes })
    simulate(graph, found, { budgetBytes })
    expect(found.extraCost / found.cost).toBeLessThan(mostExtra)
  })

  test('an input that is not pinned leaves after its last use, reruns included', () => {
    const b = new GraphBuilder()
    const x = b.input(1024, false)
    const primals = [x]
    for (let k = 0; k < 20; k++) primals.push(b.step([primals[k]!], [1024])[0]!)
    let ct = primals[20]!
    for (let k = 20; k > 0; k--) ct = b.step([ct, primals[k]!], [1024])[0]!
    const graph = b.graph([ct])
    for (const budgetBytes of budgetsOf(graph, 10)) {
      const found = plan(graph, { budgetBytes })
      simulate(graph, found, { budgetBytes })
      const leaves = found.actions.findIndex(action => action.kind === 'drop' && action.storage === x)
      const lastRead = found.actions.findLastIndex(action => action.kind === 'run' && action.step === 0)
      expect(leaves).toBe(lastRead + 1)
    }
  })
})

describe('speed, with room for a busy machine', () => {
  const timed = (work: () => unknown) => {
    const before = performance.now()
    work()
    return performance.now() - before
  }

  test('1,000 steps without a budget', () => {
    const graph = perceptron(200, 64, 512)
    expect(timed(() => plan(graph))).toBeLessThan(500)
  })

  test('10,000 steps at half the bytes', () => {
    const graph = perceptron(2000, 64, 512)
    const budgetBytes = Math.floor(plan(graph).peakBytes / 2)
    expect(timed(() => plan(graph, { budgetBytes }))).toBeLessThan(5000)
  })
})

describe('edges', () => {
  test('no steps', () => {
    const b = new GraphBuilder()
    const x = b.input(32)
    b.input(16, false)
    const graph = b.graph([x, x])
    const found = plan(graph)
    expect(found.peakBytes).toBe(48)
    simulate(graph, found)
    expect(plan(new GraphBuilder().graph([])).peakBytes).toBe(0)
  })

  test('a budget error reads well', () => {
    expect(budgetErrorOf(chain(10), 3000).message).toMatchInlineSnapshot(`
      "plan: no plan within 3000 bytes was found.
        expected  a budget of at least 4096 bytes
        at        step 10
        fix       give it 4096 bytes"
    `)
    expect(budgetErrorOf(chain(10), 3000).data).toMatchInlineSnapshot(`
      {
        "budgetBytes": 3000,
        "largestWorkingSetBytes": 4096,
        "leastBytes": 4096,
        "step": 10,
      }
    `)
  })

  test.each<[string, Graph]>([
    ['a size that is not aligned', { bytes: [8], inputs: [], steps: [], outputs: [] }],
    ['a read before the writing', { bytes: [16], inputs: [], steps: [reads(0)], outputs: [] }],
    ['a storage that does not exist', { bytes: [16], inputs: [], steps: [], outputs: [1] }],
    ['an output that is never written', { bytes: [16], inputs: [], steps: [], outputs: [0] }],
    ['an input given twice', { bytes: [16], inputs: [given(0), given(0)], steps: [], outputs: [] }],
    [
      'two producers',
      { bytes: [16], inputs: [given(0)], steps: [{ ...reads(0), outputs: [0] }], outputs: [] },
    ],
    [
      'a cost that is not a number',
      { bytes: [], inputs: [], steps: [{ ...reads(), cost: NaN }], outputs: [] },
    ],
    ['negative scratch', { bytes: [], inputs: [], steps: [{ ...reads(), scratchBytes: -1 }], outputs: [] }],
  ])('malformed: %s', (_, graph) => {
    expect(() => plan(graph)).toThrow(PlanError)
  })
})

function reads(...inputs: number[]) {
  return { inputs, outputs: [], scratchBytes: 0, cost: 1 }
}

function given(storage: number) {
  return { storage, pinned: true }
}

describe('moves', () => {
  const moving = (graph: Graph): Graph => ({ ...graph, move: { costPerByte: 0.5, recordBytes: 24 } })

  test('with moves every graph runs in no more bytes than without, soundly, and at a monotone cost', () => {
    let moved = 0
    fc.assert(
      fc.property(graphs(25), graph => {
        const mobile = moving(graph)
        let extraCost = Infinity
        for (const budgetBytes of budgetsOf(mobile, 5)) {
          const found = plan(mobile, { budgetBytes })
          simulate(mobile, found, { budgetBytes })
          expect(found.extraCost).toBeLessThanOrEqual(extraCost)
          extraCost = found.extraCost
          moved += found.movedBytes
        }
      }),
      { numRuns: 80, seed: 7 },
    )
    expect(moved).toBeGreaterThan(0)
  })

  test('a storage is moved where two gaps lie on both sides of it', () => {
    const b = new GraphBuilder()
    const first = b.input(16, false)
    const [left] = b.step([first], [64]) as [number]
    const [middle] = b.step([left], [64]) as [number]
    const [right] = b.step([middle], [64]) as [number]
    const [kept] = b.step([right, left], [16]) as [number]
    const [wide] = b.step([kept, middle], [128]) as [number]
    const [last] = b.step([wide, middle], [16]) as [number]
    const graph = b.graph([last])
    const budgetBytes = largestWorkingSetBytes(graph)
    const found = plan(moving(graph), { budgetBytes })
    expect(simulate(moving(graph), found, { budgetBytes }).peakBytes).toBe(budgetBytes)
    expect(found.extraCost).toBe(found.movedBytes / 2)
  })
})

describe('with time to search', () => {
  test.each([
    ['perceptron(12)', perceptron(12, 32, 256)],
    ['transformer(3)', transformer(3, 64, 32)],
  ])('%s: no dearer than without where that is known', (_, graph) => {
    for (const budgetBytes of budgetsOf(graph, 4)) {
      const { extraCost } = plan(graph, { budgetBytes })
      const found = plan(graph, { budgetBytes, searchMs: 30 })
      simulate(graph, found, { budgetBytes })
      expect(found.extraCost).toBeLessThanOrEqual(extraCost)
      expect(found.leastExtraCost).toBeLessThanOrEqual(found.extraCost)
    }
  })

  test('no time at all still gives a plan', () => {
    const graph = chain(200)
    const budgetBytes = plan(graph).peakBytes / 2
    expect(
      simulate(graph, plan(graph, { budgetBytes, searchMs: 0 }), { budgetBytes }).extraCost,
    ).toBeGreaterThan(0)
  })

  test('nor does it take more than the least bytes', () => {
    for (const graph of [transformer(2), perceptron(8), chain(40)]) {
      const budgetBytes = leastBytes(structuredClone(graph))
      const found = plan(graph, { budgetBytes, searchMs: 0 })
      expect(simulate(graph, found, { budgetBytes }).peakBytes).toBeLessThanOrEqual(budgetBytes)
    }
  })
})
