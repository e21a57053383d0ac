/** Explanations against the simulator, and against a replay of the plan's actions that knows nothing of how they are made. */
import { randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BudgetError,
  checkpoint,
  compile,
  cond,
  type Explanation,
  explain,
  forLoop,
  formatExplanation,
  grad,
  matmul,
  named,
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
import { planWithin } from './choose.js'
import type { Lowered } from './lowered.js'

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
  const { lowered, chosen } = planWithin(program, [], memoryBytes ?? Number.POSITIVE_INFINITY)
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
  expect(sum(values.map(value => value.extraCost))).toBeCloseTo(extraCost, 6)
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

describe('as text', () => {
  const layer = (x: Tensor, w: Tensor) => named(matmul(x, w), 'hidden').tanh()
  const deep = (count: number) =>
    simplify(
      record(
        grad((w: Tensor, x: Tensor) =>
          Array.from({ length: count })
            .reduce<Tensor>(h => layer(h, w), x)
            .sum(),
        ),
        f32(16, 16),
        f32(64, 16),
      ).program,
    )

  test('a short program', () => {
    const program = deep(2)
    expect(formatExplanation(explain(program))).toMatchInlineSnapshot(`
      "peak 22 KiB without a budget; 18 values, 15 runs and 0 again, 0 % more work
      kept 14.1 KiB, run again 0 B, brief 42.2 KiB
      %1   f32[64,16]  input            4.02 KiB               kept
      %3   f32[64,16]  matmul 'hidden'  4.02 KiB  cost 42 k    brief
      %5   f32[64,16]  tanh             4.02 KiB  cost 9.22 k  kept
      %6   f32[64,16]  matmul 'hidden'  4.02 KiB  cost 42 k    brief
      %8   f32[64,16]  tanh             4.02 KiB  cost 9.22 k  brief
      %10  f32[64,16]  broadcastTo      4.02 KiB  cost 4.1 k   brief
      %11  f32[64,16]  square           4.02 KiB  cost 9.22 k  brief
      %12  f32[64,16]  sub              4.02 KiB  cost 9.22 k  brief
      %13  f32[64,16]  mul              4.02 KiB  cost 13.3 k  kept
      %14  f32[64,16]  matmul           4.02 KiB  cost 42 k    brief
      %16  f32[64,16]  square           4.02 KiB  cost 9.22 k  brief
      %17  f32[64,16]  sub              4.02 KiB  cost 9.22 k  brief
      %18  f32[64,16]  mul              4.02 KiB  cost 13.3 k  brief
      %0   f32[16,16]  input            1.02 KiB               kept
      %15  f32[16,16]  matmul           1.02 KiB  cost 42 k    brief
      %19  f32[16,16]  matmul           1.02 KiB  cost 42 k    brief
      %20  f32[16,16]  add              1.02 KiB  cost 3.33 k  kept
      %2   f32[]       constant         16 B                   kept"
    `)
    const memoryBytes = leastOf(program)
    expect(formatExplanation(explain(program, { memoryBytes }))).toMatchInlineSnapshot(`
      "peak 19.5 KiB of 19.5 KiB; 18 values, 15 runs and 21 again, 164 % more work
      kept 6.06 KiB, run again 50.2 KiB, brief 0 B
      %1   f32[64,16]  input            4.02 KiB               kept
      %3   f32[64,16]  matmul 'hidden'  4.02 KiB  cost 42 k    run again 4× for 168 k
      %5   f32[64,16]  tanh             4.02 KiB  cost 9.22 k  run again 4× for 36.9 k
      %6   f32[64,16]  matmul 'hidden'  4.02 KiB  cost 42 k    run again 1× for 42 k
      %8   f32[64,16]  tanh             4.02 KiB  cost 9.22 k  run again 1× for 9.22 k
      %10  f32[64,16]  broadcastTo      4.02 KiB  cost 4.1 k   run again 1× for 4.1 k
      %11  f32[64,16]  square           4.02 KiB  cost 9.22 k  run again 1× for 9.22 k
      %12  f32[64,16]  sub              4.02 KiB  cost 9.22 k  run again 1× for 9.22 k
      %13  f32[64,16]  mul              4.02 KiB  cost 13.3 k  run again 1× for 13.3 k
      %14  f32[64,16]  matmul           4.02 KiB  cost 42 k    run again 2× for 84 k
      %16  f32[64,16]  square           4.02 KiB  cost 9.22 k  run again 1× for 9.22 k
      %17  f32[64,16]  sub              4.02 KiB  cost 9.22 k  run again 1× for 9.22 k
      %18  f32[64,16]  mul              4.02 KiB  cost 13.3 k  run again 1× for 13.3 k
      %0   f32[16,16]  input            1.02 KiB               kept
      %15  f32[16,16]  matmul           1.02 KiB  cost 42 k    run again 1× for 42 k
      %19  f32[16,16]  matmul           1.02 KiB  cost 42 k    run again 1× for 42 k
      %20  f32[16,16]  add              1.02 KiB  cost 3.33 k  kept
      %2   f32[]       constant         16 B                   kept"
    `)
  })

  test('a long one is summarised', () => {
    const explanation = explain(deep(40))
    const lines = formatExplanation(explanation, 3).split('\n')
    expect(lines).toHaveLength(2 + 3 + 1)
    expect(lines.at(-1)).toBe(`and ${explanation.values.length - 3} smaller ones, 1.01 MiB together`)
  })

  test('a program without instructions', () => {
    const { program } = record((x: Tensor) => x, tensor([1, 2]))
    expect(formatExplanation(explain(program))).toMatchInlineSnapshot(`
      "peak 32 B without a budget; 1 values, 0 runs and 0 again, 0 % more work
      kept 32 B, run again 0 B, brief 0 B
      %0  f32[2]  input  32 B    kept"
    `)
  })
})

test('what does not fit is refused as it is when it is compiled', () => {
  const { program } = record((x: Tensor) => x.exp().sin(), f32(1000))
  expect(() => explain(program, { memoryBytes: 5000 })).toThrow(BudgetError)
})
