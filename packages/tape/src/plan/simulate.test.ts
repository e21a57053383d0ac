import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Action, type Graph, leastBytes, type Plan, PlanError, plan, simulate } from './index.js'
import { chain, decodeGraph, transformer } from './samples.js'

const withAction = (found: Plan, at: number, ...actions: Action[]): Plan => ({
  ...found,
  actions: found.actions.toSpliced(at, 1, ...actions),
})

const samples: [string, Graph][] = [
  ['chain', chain(8)],
  ['transformer', transformer(1, 16, 16)],
]

describe.each(samples)('a good plan of a %s, then one thing wrong', (_, graph) => {
  const found = plan(graph, { budgetBytes: leastBytes(graph) })
  const refused = (broken: Plan, reason: RegExp) => {
    expect(() => simulate(graph, broken)).toThrow(PlanError)
    expect(() => simulate(graph, broken)).toThrow(reason)
  }
  const each = (kind: Action['kind'], check: (action: Action & { kind: 'run' }, at: number) => void) => {
    found.actions.forEach((action, at) => {
      if (action.kind === kind) check(action as Action & { kind: 'run' }, at)
    })
  }

  test('is accepted as it is', () => {
    expect(found.extraCost).toBeGreaterThan(0)
    const { peakBytes, runs, timeline, extraCost } = simulate(graph, found, { budgetBytes: found.peakBytes })
    expect(peakBytes).toBe(found.peakBytes)
    expect(extraCost).toBe(found.extraCost)
    expect(timeline).toHaveLength(found.actions.length)
    expect(Math.max(...timeline)).toBeLessThanOrEqual(peakBytes)
    expect(Math.max(...runs)).toBeGreaterThan(1)
  })

  test('any run deleted', () => {
    each('run', (_run, at) => refused(withAction(found, at), /./))
  })

  test('any run repeated at once', () => {
    each('run', (run, at) => {
      if (run.offsets.length > 0) refused(withAction(found, at, run, run), /while it is resident/)
    })
  })

  test('any drop deleted: the bytes are taken, or it is written again', () => {
    const freed = found.actions.flatMap((action, at) => (action.kind === 'drop' ? [at] : []))
    const caught = freed.filter(at => {
      try {
        simulate(graph, withAction(found, at))
        return false
      } catch (error) {
        return error instanceof PlanError
      }
    })
    // a plan that keeps bytes nobody needs any more is sound, so not every one is refused
    expect(caught.length).toBeGreaterThan(freed.length / 2)
  })

  test('any drop twice', () => {
    found.actions.forEach((action, at) => {
      if (action.kind === 'drop') refused(withAction(found, at, action, action), /dropped but not resident/)
    })
  })

  test('any run before its operands', () => {
    each('run', (run, at) => {
      if (at > 0 && run.step > 0)
        refused({ ...found, actions: [run, ...found.actions.toSpliced(at, 1)] }, /./)
    })
  })

  test('a drop before the last reader', () => {
    found.actions.forEach((action, at) => {
      if (action.kind !== 'drop') return
      const before = found.actions[at - 1]
      if (before?.kind !== 'run' || !graph.steps[before.step]!.inputs.includes(action.storage)) return
      const actions = found.actions.toSpliced(at - 1, 2, action, before)
      refused({ ...found, actions }, /is not resident|cannot be computed again/)
    })
  })

  test.each([1, -16, 0.5, NaN])('any offset moved by %d: misaligned, negative or overlapping', by => {
    each('run', (run, at) => {
      const offsets = run.offsets.map((offset, k) => (k > 0 ? offset : by === -16 ? -16 : offset + by))
      if (offsets.length > 0) refused(withAction(found, at, { ...run, offsets }), /has offset/)
    })
  })

  test('any result put over another resident storage', () => {
    const taken = found.inputOffsets[graph.inputs.findIndex(input => input.pinned)]!
    each('run', (run, at) => {
      const offsets = run.offsets.map(() => taken)
      if (offsets.length > 0) refused(withAction(found, at, { ...run, offsets }), /overlaps/)
    })
  })

  test('an offset far away: the peak is not the one that was promised', () => {
    each('run', (run, at) => {
      const offsets = run.offsets.map(offset => offset + 1_048_576)
      if (offsets.length > 0) refused(withAction(found, at, { ...run, offsets }), /peakBytes/)
    })
  })

  test('lies about the figures', () => {
    refused({ ...found, peakBytes: found.peakBytes - 16 }, /peakBytes/)
    refused({ ...found, peakBytes: found.peakBytes + 16 }, /peakBytes/)
    refused({ ...found, recordBytes: found.recordBytes + 16 }, /recordBytes/)
    refused({ ...found, cost: found.cost + 1 }, /cost/)
    refused({ ...found, extraCost: found.extraCost - 1 }, /extraCost/)
    refused({ ...found, inputOffsets: [] }, /inputOffsets/)
  })

  test('a budget below the peak', () => {
    expect(() => simulate(graph, found, { budgetBytes: found.peakBytes - 1 })).toThrow(/exceed the budget/)
  })

  test('a pinned input dropped', () => {
    const { storage } = graph.inputs.find(input => input.pinned)!
    refused({ ...found, actions: [...found.actions, { kind: 'drop', storage }] }, /pinned/)
  })

  test('an output dropped at the end', () => {
    const storage = graph.outputs.at(-1)!
    refused(
      { ...found, actions: [...found.actions, { kind: 'drop', storage }] },
      /output \d+ is not resident/,
    )
  })

  test('a step or storage that does not exist', () => {
    const run: Action = { kind: 'run', step: graph.steps.length, offsets: [], scratchOffset: -1 }
    refused({ ...found, actions: [...found.actions, run] }, /no step/)
    refused({ ...found, actions: [...found.actions, { kind: 'drop', storage: -1 }] }, /not resident/)
  })
})

test('an input that is not pinned cannot come back', () => {
  const graph: Graph = {
    bytes: [16, 16],
    inputs: [{ storage: 0, pinned: false }],
    steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
    outputs: [1],
  }
  const found = plan(graph)
  expect(found.actions.map(action => action.kind)).toEqual(['run', 'drop'])
  expect(() => simulate(graph, { ...found, actions: found.actions.toReversed() })).toThrow(
    /input 0 was dropped and cannot be computed again/,
  )
})

test('scratch may overlap neither operands nor results', () => {
  const graph: Graph = {
    bytes: [16, 16],
    inputs: [{ storage: 0, pinned: true }],
    steps: [{ inputs: [0], outputs: [1], scratchBytes: 10, cost: 1 }],
    outputs: [1],
  }
  const at = (offset: number, scratchOffset: number, peakBytes = 48): Plan => ({
    inputOffsets: [0],
    actions: [{ kind: 'run', step: 0, offsets: [offset], scratchOffset }],
    peakBytes,
    recordBytes: 0,
    cost: 1,
    extraCost: 0,
    movedBytes: 0,
    leastExtraCost: 0,
  })
  expect(simulate(graph, at(16, 32)).peakBytes).toBe(48)
  expect(simulate(graph, at(32, 16)).peakBytes).toBe(48)
  for (const scratchOffset of [0, 16, -1, 40])
    expect(() => simulate(graph, at(16, scratchOffset))).toThrow(PlanError)
})

test('deleting a run from any plan is refused', () => {
  const plans = fc
    .array(fc.nat(1000), { minLength: 8, maxLength: 60 })
    .map(numbers => decodeGraph(numbers, 20))
    .map(graph => ({ graph, found: plan(graph, { budgetBytes: leastBytes(graph) }) }))
  fc.assert(
    fc.property(plans, fc.nat(), ({ graph, found }, pick) => {
      const runs = found.actions.flatMap((action, at) => (action.kind === 'run' ? [at] : []))
      const at = runs[pick % runs.length]!
      const { step } = found.actions[at] as Action & { kind: 'run' }
      // without cost and without results nobody can tell whether it ran twice or once
      if (graph.steps[step]!.cost === 0 && graph.steps[step]!.outputs.length === 0) return
      expect(() => simulate(graph, withAction(found, at))).toThrow(PlanError)
    }),
    { numRuns: 200 },
  )
})

test('a move keeps apart from others, may overlap itself, counts, and is refused where it is not allowed', () => {
  const graph: Graph = {
    bytes: [32, 16],
    inputs: [{ storage: 0, pinned: false }],
    steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
    outputs: [0, 1],
    move: { costPerByte: 0.5, recordBytes: 24 },
  }
  const at = (offset: number, from = 0): Plan => ({
    inputOffsets: [from],
    actions: [
      { kind: 'move', storage: 0, offset },
      { kind: 'run', step: 0, offsets: [offset + 32], scratchOffset: -1 },
    ],
    peakBytes: Math.max(from, offset + 16) + 32,
    recordBytes: 32,
    cost: 1,
    extraCost: 16,
    movedBytes: 32,
    leastExtraCost: 0,
  })
  expect(simulate(graph, at(16), { budgetBytes: 64 + 32 }).peakBytes).toBe(64)
  expect(simulate(graph, at(0, 64)).extraCost).toBe(16)
  expect(() => simulate({ ...graph, move: undefined }, at(16))).toThrow(/does not allow/)
  expect(() => simulate({ ...graph, inputs: [{ storage: 0, pinned: true }] }, at(16))).toThrow(/pinned/)
  expect(() => simulate(graph, { ...at(16), movedBytes: 0 })).toThrow(/movedBytes/)
  expect(() => simulate(graph, { ...at(16), extraCost: 0 })).toThrow(/extraCost/)
  expect(() => simulate(graph, { ...at(16), recordBytes: 0 })).toThrow(/recordBytes/)
  const [move, run] = at(16).actions as [Plan['actions'][number], Plan['actions'][number]]
  expect(() =>
    simulate(graph, { ...at(16), actions: [run, { ...move, offset: 32 } as typeof move] }),
  ).toThrow(/overlaps/)
})
