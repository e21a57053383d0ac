import { forwardSteps } from '@wengert/kernels'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  dataOf,
  forLoop,
  grad,
  jvp,
  type Program,
  record,
  scan,
  simplify,
  type Tensor,
  type Tree,
  tensor,
  valueAndGrad,
  vmap,
} from '../index.js'
import { leastBytes, plan } from '../plan/index.js'
import { lower } from './lower.js'
import { snapshotsIn } from './schedules.js'

/** A chain of so many steps over a vector, as the program of its value and gradient. */
function chain(steps: number, length: number): { program: Program; inputs: readonly Tensor[] } {
  const x = tensor(Float32Array.from({ length }, (_, k) => 0.1 + k / length))
  const rate = tensor(0.9)
  const loss = (rate: Tensor, x: Tensor) =>
    forLoop(steps, (_, s) => s.mul(s).mul(rate).add(0.05).sqrt(), x).sum()
  const { program } = record(
    (rate: Tensor, x: Tensor) => ({ ...valueAndGrad(loss, { argnums: [0, 1] })(rate, x) }),
    rate.aval,
    x.aval,
  )
  return { program: simplify(program), inputs: [rate, x] }
}

function run(program: Program, inputs: readonly Tensor[], memoryBytes?: number) {
  const executable = compile(program, { memoryBytes })
  if (memoryBytes !== undefined) expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
  const arena = new Arena(
    memoryBytes === undefined ? {} : { maximumBytes: Math.ceil(memoryBytes / 65536) * 65536 },
  )
  arena.load(executable)
  inputs.forEach((x, k) => void arena.write(k, dataOf(x)))
  arena.run()
  return { executable, results: executable.outputs.map((_, k) => arena.read(k)) }
}

function leastBytesOf(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

describe('a loop and its pullback within a budget', () => {
  test.each([
    [300, 64],
    [97, 1000],
    [2, 500],
    [1, 500],
  ])('%i steps of %i elements: the same bits from the fewest bytes to ample ones', (steps, length) => {
    const { program, inputs } = chain(steps, length)
    const ample = run(program, inputs)
    const [least, most] = [leastBytesOf(program), ample.executable.peakBytes]
    expect(() => compile(program, { memoryBytes: least - 1 })).toThrow(BudgetError)
    let before = Number.POSITIVE_INFINITY
    for (let k = 0; k <= 12; k++) {
      const budget = Math.round(least * (most / least) ** (k / 12))
      const { executable, results } = run(program, inputs, budget)
      expect(results).toEqual(ample.results)
      expect(executable.cost + executable.extraCost).toBeLessThanOrEqual(before)
      before = executable.cost + executable.extraCost
    }
    expect(before).toBe(ample.executable.cost)
  })

  test('loops in loops, and several in one program', () => {
    const loss = (x: Tensor) => {
      const [inner, rows] = scan(
        (c: Tensor, k: Tensor) => [forLoop(20, (_, s: Tensor) => s.mul(s).add(k).sqrt(), c), c.sum()],
        x,
        tensor(Float32Array.from({ length: 30 }, (_, k) => 0.1 + k / 30)),
      ) as readonly [Tensor, Tensor]
      return forLoop(50, (_, s: Tensor) => s.sin().add(0.3), inner)
        .sum()
        .add(rows.square().sum())
    }
    const x = tensor(Float32Array.from({ length: 200 }, (_, k) => k / 200))
    const program = simplify(record((x: Tensor) => grad(loss)(x), x.aval).program)
    const ample = run(program, [x])
    const [least, most] = [leastBytesOf(program), ample.executable.peakBytes]
    expect(most).toBeGreaterThan(5 * least)
    for (let k = 0; k <= 8; k++) {
      expect(run(program, [x], Math.round(least * (most / least) ** (k / 8))).results).toEqual(ample.results)
    }
  })

  const loss = (x: Tensor) =>
    forLoop(60, (k, y: Tensor) => y.mul(y).mul(0.1).add(x).tanh().add(k.convert('f32')).sin(), x).sum()
  test.each<[string, (x: Tensor) => Tree<Tensor>]>([
    ['a tangent of a gradient', x => jvp(grad(loss), [x], [x]).tangent],
    ['a gradient and its tangent', x => ({ ...jvp(grad(loss), [x], [x.cos()]) })],
    [
      'tangents of a gradient of a tangent',
      x =>
        jvp(
          grad(y => jvp(loss, [y], [x]).tangent),
          [x],
          [x],
        ).tangent,
    ],
    ['gradients of a batch', x => vmap(grad(loss))(x.reshape([10, 10]))],
  ])('%s: the same bits from the fewest bytes to ample ones', (_, f) => {
    const x = tensor(Float32Array.from({ length: 100 }, (_, k) => k / 100))
    const program = simplify(record(f, x.aval).program)
    const ample = run(program, [x])
    const [least, most] = [leastBytesOf(program), ample.executable.peakBytes]
    expect(most).toBeGreaterThan(5 * least)
    for (let k = 0; k <= 5; k++) {
      expect(run(program, [x], Math.round(least * (most / least) ** (k / 5))).results).toEqual(ample.results)
    }
  })

  test('what a step computes on its way goes before the states that are kept', () => {
    const ones = tensor(new Float32Array(2000).fill(1))
    const step = (s: Tensor) => {
      const [wide, other] = [s.mul(ones).exp(), s.mul(ones).sin()]
      return wide.cumsum().mean().add(other.cumsum().mul(wide).mean()).add(s).mul(0.1)
    }
    const program = simplify(
      record(
        (x: Tensor) => grad((x: Tensor) => forLoop(50, (_, s: Tensor) => step(s), x))(x),
        tensor(0.3).aval,
      ).program,
    )
    const { graph } = lower(program, [], 'least')
    const memoryBytes = leastBytes(graph)
    const kept = plan(graph, { budgetBytes: memoryBytes })
    const executable = compile(program, { memoryBytes })
    expect(executable.cost + executable.extraCost).toBeLessThanOrEqual(kept.cost + kept.extraCost)
  })

  test('10,000 steps in 64 KiB', () => {
    const { program, inputs } = chain(10_000, 100)
    expect(run(program, inputs, 65536).results).toEqual(run(program, inputs).results)
  })
})

describe('snapshotsIn', () => {
  test('never more states than it may keep, nor more steps than Revolve from the start alone', () => {
    for (const length of [1, 2, 10, 99, 1000]) {
      for (const slots of [0, 1, 2, 5, 30, 200]) {
        const { every, snapshots } = snapshotsIn(length, slots)
        const kept = every >= length ? 0 : Math.ceil(length / every)
        expect(kept + snapshots).toBeLessThanOrEqual(Math.max(slots, 0))
        const steps =
          Math.floor(length / every) * forwardSteps(every, snapshots + 1) +
          forwardSteps(length % every, snapshots + 1)
        expect(steps).toBeLessThanOrEqual(forwardSteps(length, slots + 1))
      }
    }
  })
})
