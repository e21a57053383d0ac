import { jit, type Tensor, tensor } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { compiledStep } from './compiled-step.js'
import { elementwiseOptimiser } from './optimiser.js'
import type { OptimiserState } from './state.js'

/** Gradient descent, and how often its step was recorded or run. */
function counted(arenaBytes?: number) {
  const calls = { count: 0 }
  const stepOf = compiledStep((p, g, _moments, _weights, [rate]) => {
    calls.count++
    return [p.sub(g.mul(rate as Tensor))]
  }, arenaBytes)
  const at = (rate: number) => elementwiseOptimiser({ moments: 0, decays: [], step: stepOf(rate) })
  return { calls, at }
}

const [params, gradient] = [tensor([1, 2, 3]), tensor([0.1, -0.7, 1e-30])]

describe('a compiled step', () => {
  test('is recorded once for each shape and dtype, whatever the rate', () => {
    const { calls, at } = counted()
    for (const rate of [0.3, 0.1, 0.7]) {
      const optimiser = at(rate)
      const stepped = optimiser.update(params, gradient, optimiser.init(params)).params
      const expected = [1, 2, 3].map((p, k) => {
        const moved = Math.fround((gradient.toArray() as number[])[k] as number) * Math.fround(rate)
        return Math.fround(Math.fround(p) - Math.fround(moved))
      })
      expect(stepped.toArray()).toEqual(expected)
    }
    expect(calls.count).toBe(1)
    const other = tensor([1, 2, 3], { dtype: 'f64' })
    at(0.1).update(other, other, at(0.1).init(other))
    expect(calls.count).toBe(2)
  })

  test('runs an operation at a time where an arena cannot hold all of it, with the same bits', () => {
    const [within, beyond] = [counted(8 * 12), counted(8 * 12 - 1)]
    const steps = [within, beyond].map(({ at }) => {
      const step = () => at(0.3).update(params, gradient, at(0.3).init(params)).params.toArray()
      return [step(), step()]
    })
    expect(steps[1]).toEqual(steps[0])
    expect([within.calls.count, beyond.calls.count]).toEqual([1, 2])
  })

  test('is recorded into what is being recorded', () => {
    const { at } = counted()
    const optimiser = at(0.3)
    const whole = jit((p: Tensor, g: Tensor, s: OptimiserState<Tensor>) => optimiser.update(p, g, s).params)
    const state = optimiser.init(params)
    expect(whole(params, gradient, state).toArray()).toEqual(
      optimiser.update(params, gradient, state).params.toArray(),
    )
  })
})

test('a rule of its own runs at every step, and may read what changes', () => {
  let rate = 0.5
  const { init, update } = elementwiseOptimiser({
    moments: 0,
    decays: [],
    step: (p, g) => [p.sub(g.mul(rate))],
  })
  const step = () => update(tensor(1), tensor(1), init(tensor(1))).params.item()
  expect(step()).toBe(0.5)
  rate = 0.25
  expect(step()).toBe(0.75)
})

test('errors of a rule are its own, compiled or not', () => {
  const config = undefined as unknown as { readonly rate: number }
  const { init, update } = elementwiseOptimiser({
    moments: 0,
    decays: [],
    step: (p, g) => [p.sub(g.mul(config.rate))],
  })
  for (const run of [update, jit(update as (p: Tensor, g: Tensor, s: OptimiserState<Tensor>) => never)]) {
    const step = run as typeof update
    expect(() => step(tensor(1), tensor(1), init(tensor(1)))).toThrow(
      new TypeError("Cannot read properties of undefined (reading 'rate')"),
    )
  }
})
