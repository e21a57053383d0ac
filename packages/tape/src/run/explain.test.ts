/** Explanations against the simulator, and against a replay of the plan's actions that knows nothing of how they are made. */
import { tmpdir } from 'node:os'
import { randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ARENA_LIMIT_BYTES,
  BudgetError,
  checkpoint,
  compile,
  cond,
  type Explanation,
  explain,
  forLoop,
  formatExplanation,
  type GradOptions,
  grad,
  matmul,
  type Plan,
  type Program,
  record,
  scan,
  simplify,
  simulate,
  type Tensor,
  tensor,
  whileLoop,
} from '../index.js'
import { planKeeping } from './keep.js'
import type { Lowered } from './lowered.js'
import { plansOf } from './plans-of.js'

/** The fewest bytes for a program. */
function leastOf(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  return 1
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

/** What becomes of a storage, from the list of actions alone. */
function fateOf(storage: number, { graph }: Lowered, { actions }: Plan) {
  const runsOf = (of: (step: Lowered['graph']['steps'][number]) => readonly number[]) =>
    actions.flatMap((action, k) =>
      action.kind === 'run' && of(graph.steps[action.step] as never).includes(storage) ? [k] : [],
    )
  const [made, read] = [runsOf(step => step.outputs), runsOf(step => step.inputs)]
  const drops = actions.flatMap((action, k) =>
    action.kind === 'drop' && action.storage === storage ? [k] : [],
  )
  const fate =
    made.length > 1 ? 'rerun' : read.length > 1 || graph.outputs.includes(storage) ? 'kept' : 'brief'
  return { made, read, drops, fate }
}

function expectConsistent(program: Program, memoryBytes: number | undefined) {
  const explanation = explain(program, { memoryBytes })
  const { lowered, chosen } = planKeeping(program, [], {
    memoryBytes: memoryBytes ?? Number.POSITIVE_INFINITY,
    spillBytes: 0,
  })
  const simulated = simulate(lowered.graph, chosen)
  const { values, timeline, totals, cost, extraCost, peakBytes } = explanation
  expect(timeline.map(({ liveBytes }) => liveBytes)).toEqual(simulated.timeline)
  if (timeline.length > 0) {
    expect(Math.max(...timeline.map(({ arenaBytes }) => arenaBytes))).toBeLessThanOrEqual(simulated.peakBytes)
  }
  values.forEach((value, storage) => {
    const naive = fateOf(storage, lowered, chosen)
    expect([value.fate, value.reruns]).toEqual([naive.fate, Math.max(0, naive.made.length - 1)])
    // Kept and brief values are there until their last use; others are dropped before each further run.
    if (value.fate !== 'rerun') {
      expect(naive.drops.length).toBeLessThanOrEqual(1)
      expect(naive.drops[0] ?? Infinity).toBeGreaterThan(naive.read.at(-1) ?? -1)
    } else {
      expect(naive.drops.length).toBeGreaterThanOrEqual(value.reruns)
    }
  })
  expect(sum(values.map(value => value.extraCost)) + totals.moveCost).toBeCloseTo(extraCost, 6)
  expect(sum(values.map(value => value.cost))).toBeCloseTo(cost, 6)
  expect(sum(values.map(({ bytes }) => bytes))).toBe(totals.keptBytes + totals.rerunBytes + totals.briefBytes)
  expect(totals.runs).toBe(lowered.graph.steps.length)
  expect(totals.runs + totals.reruns).toBe(sum(simulated.runs))
  const compiled = compile(program, { memoryBytes })
  expect({ peakBytes, cost, extraCost }).toEqual({
    peakBytes: compiled.peakBytes,
    cost: compiled.cost,
    extraCost: compiled.extraCost,
  })
  expect(structuredClone(explanation)).toEqual(explanation)
}

test('what is explained is what is planned, for random programs and budgets', () => {
  fc.assert(
    fc.property(
      randomPrograms({ maxSteps: 24 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (random, share) => {
        const avals = random.inputs.map(({ dtype, shape }) => ({ dtype, shape }))
        const loss = grad(random.loss, { argnums: avals.map((_, k) => k) })
        const program = simplify(record((...xs: Tensor[]) => loss(...xs), ...avals).program)
        const [least, most] = [leastOf(program), compile(program).peakBytes]
        expectConsistent(program, undefined)
        expectConsistent(program, least)
        expectConsistent(program, Math.ceil(least + share * Math.max(0, most - least)))
      },
    ),
    { numRuns: 10 },
  )
})

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

test('an aligned end of a value is the end of the arena', () => {
  const { program } = record((x: Tensor) => x.exp().sin(), f32(1000))
  const { timeline, peakBytes, recordBytes } = explain(program)
  expect(Math.max(...timeline.map(({ arenaBytes }) => arenaBytes))).toBe(peakBytes - recordBytes)
})

describe('loops', () => {
  const loopsOf = ({ loops }: Explanation) =>
    loops.map(({ op, depth, length, keptStates, every }) => [op, depth, length, keptStates, every])
  const step = (x: Tensor) => x.sin().mul(1.5)
  const gradient = simplify(
    record(
      grad((x: Tensor) =>
        forLoop(100, (_, c) => step(c), x)
          .square()
          .sum(),
      ),
      f32(1000),
    ).program,
  )

  test('keep all their states, or few of them', () => {
    expect(loopsOf(explain(gradient))).toEqual([
      ['scan', 0, 100, 100, 1],
      ['scan', 0, 100, 0, undefined],
    ])
    const tight = explain(gradient, { memoryBytes: 80_000 })
    expect(tight.loops.map(({ op }) => op)).toEqual(['scan', 'revolve'])
    expect(tight.loops[1]?.stateBytes).toBe(4000)
    expect(tight.peakBytes).toBeLessThanOrEqual(80_000)
  })

  test('are found inside of others, of branches and of checkpointed functions', () => {
    const inner = (x: Tensor) => forLoop(3, (_, c) => step(c), x)
    const f = (x: Tensor) => {
      const [looped] = scan((c: Tensor) => [checkpoint(inner)(c), null], x, null, { length: 2 })
      const branched = cond(x.sum().greater(0), inner, (y: Tensor) => y, looped)
      return whileLoop(
        (y: Tensor) => y.sum().greater(1),
        (y: Tensor) => inner(y),
        branched,
      )
    }
    const explanation = explain(simplify(record(f, f32(4)).program))
    expect(loopsOf(explanation)).toEqual([
      ['scan', 0, 2, 0, undefined],
      ['scan', 2, 3, 0, undefined],
      ['scan', 1, 3, 0, undefined],
      ['while', 0, undefined, 0, undefined],
      ['scan', 1, 3, 0, undefined],
    ])
    expect(formatExplanation(explanation).split('\n').slice(-5)).toEqual([
      'scan: 2 steps, no states kept',
      '    scan: 3 steps, no states kept',
      '  scan: 3 steps, no states kept',
      'while: steps while its condition holds, no states kept',
      '  scan: 3 steps, no states kept',
    ])
  })
})

describe('checkpoints', () => {
  const layer = (x: Tensor, w: Tensor) => matmul(x, w).exp().add(1).log()
  const explained = (fn: typeof layer, times = 1) =>
    grad((w: Tensor, x: Tensor) => fn(fn(x, w), w).square().mul(times).sum()).explain(f32(8, 8), f32(16, 8))

  test('say what their derivatives compute again, where, and what those cost', () => {
    const { checkpoints, cost } = explained(checkpoint(layer))
    // of each all but the logarithm, whose value nothing reads
    expect(checkpoints.map(({ depth, repeated }) => [depth, repeated])).toEqual([
      [0, 3],
      [0, 3],
    ])
    for (const { at } of checkpoints) expect(at).toMatch(/^explain\.test\.ts:\d+:\d+$/)
    const inCheckpoints = sum(checkpoints.map(one => one.cost))
    expect(inCheckpoints).toBeGreaterThan(0.5 * cost)
    expect(inCheckpoints).toBeLessThan(cost)
    expect(explained(checkpoint(layer, { keep: 'dots' })).checkpoints.map(one => one.repeated)).toEqual([
      2, 2,
    ])
  })

  test('are not there where nothing is computed again', () => {
    expect(explained(layer).checkpoints).toEqual([])
    expect(explained(checkpoint(layer, { keep: 'everything' })).checkpoints).toEqual([])
    const { program } = record((x: Tensor) => checkpoint(layer)(x, x), f32(8, 8))
    expect(explain(program).checkpoints).toEqual([])
  })

  test('are found inside of loops, and are written', () => {
    const loop = (w: Tensor, x: Tensor) => forLoop(5, (_, c) => checkpoint(layer)(c, w), x).sum()
    const explanation = grad(loop).explain(f32(8, 8), f32(16, 8))
    expect(explanation.checkpoints.map(({ depth, repeated }) => [depth, repeated])).toEqual([[1, 3]])
    expect(formatExplanation(explanation)).toMatch(
      /\n {2}checkpoint: 3 of its instructions again in its derivative, which costs \S+ kFLOP {2}explain\.test\.ts:\d+:\d+$/,
    )
  })
})

test('what the steps of a loop leave for its pullback is said, and that there is no budget beside a store', () => {
  const layer = (w: Tensor) => (h: Tensor) => [matmul(h, w).tanh(), null] as const
  const known = (w: Tensor, x: Tensor) => scan(layer(w), x, null, { length: 60 })[0].sum()
  const open = (w: Tensor, x: Tensor) =>
    whileLoop(
      (h: Tensor) => h.sum().less(100),
      (h: Tensor) => matmul(h, w).tanh(),
      x,
    ).sum()
  const textOf = (loss: typeof known, options: GradOptions = {}) =>
    formatExplanation(grad(loss, options).explain(f32(64, 64), f32(16, 64))).replace(/ {2}\S+:\d+:\d+/g, '')
  const linesOf = (...args: Parameters<typeof textOf>) => textOf(...args).match(/^\w+: .*$/gm)
  expect(linesOf(known)).toEqual([
    'scan: 60 steps, 480 KiB of results and residuals kept',
    'scan: 60 steps, no states kept',
  ])
  expect(linesOf(known, { memory: '300 KiB' })).toEqual([
    expect.stringMatching(
      /^scan: 60 steps, \d+ states of 4 KiB each kept, every \d+, and \S+ KiB of results and/,
    ),
    expect.stringMatching(/^revolve: 60 steps, \d+ snapshots of 4 KiB each in stretches of \d+$/),
  ])
  expect(linesOf(open, { memory: '300 KiB' })?.[0]).toMatch(
    /^while: steps while its condition holds, \d+ states of 4 KiB each kept at most$/,
  )
  expect(textOf(known, { spill: { directory: tmpdir() } })).toMatch(/^peak \S+ KiB without a budget;/)
  expect(textOf(known, { memory: '4 GiB' })).toMatch(/^peak \S+ KiB of 4 GiB;/)
})

describe('as text', () => {
  const aval = f32(64, 16)
  const value = { aval, bytes: 4112, scratchBytes: 0, cost: 42_000, reruns: 0, extraCost: 0 }
  const explanation: Explanation = {
    budgetBytes: 32_768,
    peakBytes: 20_000,
    recordBytes: 96,
    cost: 93_216,
    extraCost: 84_000,
    ampleCost: 93_216,
    values: [
      { ...value, value: 0, op: 'input', aval: f32(), bytes: 16, cost: 0, fate: 'kept' },
      {
        ...value,
        value: 1,
        op: 'matmul',
        name: 'hidden',
        at: 'model.ts:7:12',
        fate: 'rerun',
        reruns: 2,
        extraCost: 84_000,
      },
      { ...value, value: 3, op: 'tanh', at: 'model.ts:7:30', cost: 9216, fate: 'brief' },
      {
        ...value,
        value: 4,
        op: 'matmul',
        aval: f32(1024, 1024),
        bytes: 4_194_320,
        at: 'model.ts:112:1',
        fate: 'kept',
      },
    ],
    loops: [
      { op: 'scan', depth: 0, length: 100, stateBytes: 4096, keptStates: 10, every: 10, at: 'model.ts:3:4' },
      { op: 'revolve', depth: 1, length: 100, stateBytes: 4096, keptStates: 3, every: 10 },
      { op: 'while', depth: 0, stateBytes: 8, keptStates: 0 },
    ],
    checkpoints: [{ depth: 0, at: 'model.ts:9:9', repeated: 23, cost: 1_234_567 }],
    timeline: [],
    totals: {
      keptBytes: 4_194_336,
      rerunBytes: 4112,
      briefBytes: 4112,
      runs: 3,
      reruns: 2,
      drops: 3,
      moves: 0,
      movedBytes: 0,
      moveCost: 0,
    },
  }

  test('sorted by bytes', () => {
    expect(formatExplanation(explanation)).toMatchInlineSnapshot(`
      "peak 19.5 KiB of 32 KiB; 4 values, 3 runs and 2 again, 90.1 % more work than without a budget (177 kFLOP against 93.2 kFLOP)
      kept 4 MiB, run again 4.02 KiB, brief 4.02 KiB
      %4  f32[1024,1024]  matmul           4 MiB     cost 42 kFLOP    kept                       model.ts:112:1
      %1  f32[64,16]      matmul 'hidden'  4.02 KiB  cost 42 kFLOP    run again 2× for 84 kFLOP  model.ts:7:12
      %3  f32[64,16]      tanh             4.02 KiB  cost 9.22 kFLOP  brief                      model.ts:7:30
      %0  f32[]           input            16 B                       kept
      scan: 100 steps, 10 states of 4 KiB each kept, every 10  model.ts:3:4
        revolve: 100 steps, 3 snapshots of 4 KiB each in stretches of 10
      while: steps while its condition holds, no states kept
      checkpoint: 23 of its instructions again in its derivative, which costs 1.23 MFLOP  model.ts:9:9"
    `)
  })

  test('a long one is summarised', () => {
    expect(formatExplanation(explanation, 1)).toMatchInlineSnapshot(`
      "peak 19.5 KiB of 32 KiB; 4 values, 3 runs and 2 again, 90.1 % more work than without a budget (177 kFLOP against 93.2 kFLOP)
      kept 4 MiB, run again 4.02 KiB, brief 4.02 KiB
      %4  f32[1024,1024]  matmul  4 MiB  cost 42 kFLOP  kept  model.ts:112:1
      and 3 smaller ones, 8.05 KiB together
      scan: 100 steps, 10 states of 4 KiB each kept, every 10  model.ts:3:4
        revolve: 100 steps, 3 snapshots of 4 KiB each in stretches of 10
      while: steps while its condition holds, no states kept
      checkpoint: 23 of its instructions again in its derivative, which costs 1.23 MFLOP  model.ts:9:9"
    `)
  })

  test('a program without instructions', () => {
    const { program } = record((x: Tensor) => x, tensor([1, 2]))
    expect(formatExplanation(explain(program)).split('\n')[0]).toBe(
      'peak 32 B without a budget; 1 values, 0 runs and 0 again, 0 % more work',
    )
  })
})

test('what does not fit is refused as it is when it is compiled', () => {
  const { program } = record((x: Tensor) => x.exp().sin(), f32(1000))
  expect(() => explain(program, { memoryBytes: 5000 })).toThrow(BudgetError)
})

test('states in a store are said to be there', () => {
  const step = (y: Tensor) => matmul(y, y).tanh()
  const known = (x: Tensor) => forLoop(200, (_, y) => step(y), x).sum()
  const open = (x: Tensor) =>
    whileLoop(
      ([k]: readonly [Tensor, Tensor]) => k.less(200),
      ([k, y]: readonly [Tensor, Tensor]) => [k.add(1), step(y)] as const,
      [tensor(0), x] as const,
    )[1].sum()
  const linesOf = (loss: (x: Tensor) => Tensor) => {
    const { program } = record(x => grad(loss)(x), f32(64, 64))
    const explanation = explain(simplify(program), { memoryBytes: 300_000, spillBytes: 2 ** 30 })
    expect(explanation.loops.some(({ spilled }) => spilled)).toBe(true)
    return formatExplanation(explanation)
      .split('\n')
      .filter(line => / steps|: steps/.test(line))
      .map(line => line.replace(/ {2}\S+$/, ''))
  }
  expect(linesOf(known)).toMatchInlineSnapshot(`
    [
      "scan: 200 steps, 50 states of 16 KiB each kept, every 4, in the store",
      "revolve: 200 steps, 0 snapshots of 16 KiB each in stretches of 4 from the store",
    ]
  `)
  expect(linesOf(open)).toMatchInlineSnapshot(`
    [
      "while: steps while its condition holds, states of 16 KiB each in the store, 0 more kept at most",
      "rewind: steps while its condition holds, 1 snapshots of 16 KiB each in stretches of 1 from the store",
    ]
  `)
})

test('what would take more than an arena can have is planned within that', () => {
  const loss = (x: Tensor) => {
    let y = x.broadcastTo([2 ** 12, 2 ** 14])
    for (let k = 0; k < 8; k++) y = y.sin().exp().mul(x)
    return y.sum()
  }
  const { program } = record(x => grad(loss)(x), f32())
  const simple = simplify(program)
  const { peakBytes, recordBytes } = plansOf(simple)(Number.POSITIVE_INFINITY).chosen
  expect(peakBytes + recordBytes).toBeGreaterThan(ARENA_LIMIT_BYTES)
  for (const memoryBytes of [undefined, 2 ** 36]) {
    expect(explain(simple, { memoryBytes }).peakBytes).toBeLessThanOrEqual(ARENA_LIMIT_BYTES)
    expect(compile(simple, { memoryBytes }).peakBytes).toBeLessThanOrEqual(ARENA_LIMIT_BYTES)
  }
  // A matrix by itself is too large for any.
  const huge = record((x: Tensor) => matmul(x, x), f32(2 ** 15, 2 ** 15)).program
  expect(() => compile(huge)).toThrow(/one memory has at most 4 GiB/)
})
