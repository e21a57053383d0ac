import { BudgetError, flatten, jit, type Tensor, type Tree, tensor } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { glorotUniform, uniformWeights } from '../random/index.js'
import { adam, inPieces, type Optimiser, type OptimiserState, sgd, type Updated } from './index.js'

type Pair = { readonly w: Tensor; readonly b: Tensor }

const f64 = { dtype: 'f64' } as const
const start = (): Pair => ({ w: glorotUniform([3, 4], { seed: 1, ...f64 }), b: tensor([0.5, -0.5], f64) })
/** Gradients of some steps, as numbers that depend on step and element. */
const gradientAt = (step: number, like: Pair): Pair => ({
  w: uniformWeights(like.w.shape, 1 / step, { seed: 2, stream: step, ...f64 }),
  b: uniformWeights(like.b.shape, step, { seed: 3, stream: step, ...f64 }),
})

function steps(optimiser: Optimiser, count: number): Pair {
  let params = start()
  let state = optimiser.init(params)
  for (let step = 1; step <= count; step++) {
    ;({ params, state } = optimiser.update(params, gradientAt(step, params), state))
  }
  return params
}

/** A loop over numbers, a rule for one of them: p and its moments in place. */
function reference(
  count: number,
  moments: number,
  rule: (p: number, g: number, moments: number[], step: number) => number,
): number[] {
  const values = flatten(start()).leaves.flatMap(leaf => [...leaf.toTypedArray()])
  const held = values.map(() => new Array<number>(moments).fill(0))
  for (let step = 1; step <= count; step++) {
    const g = flatten(gradientAt(step, start())).leaves.flatMap(leaf => [...leaf.toTypedArray()])
    for (const [k, p] of values.entries()) values[k] = rule(p, g[k] as number, held[k] as number[], step)
  }
  return values
}

const bitsOf = (tree: unknown) => flatten(tree).leaves.map(leaf => [...leaf.toTypedArray()])
const valuesOf = (params: Pair) => flatten(params).leaves.flatMap(leaf => [...leaf.toTypedArray()])

function expectClose(params: Pair, expected: readonly number[]): void {
  for (const [k, value] of valuesOf(params).entries()) expect(value).toBeCloseTo(expected[k] as number, 12)
}

describe('optimisers are their formulas', () => {
  test('sgd', () =>
    expectClose(
      steps(sgd({ rate: 0.3 }), 4),
      reference(4, 0, (p, g) => p - 0.3 * g),
    ))

  test('sgd with momentum', () => {
    const rule = (p: number, g: number, held: number[]) => {
      held[0] = 0.8 * (held[0] as number) + g
      return p - 0.3 * held[0]
    }
    expectClose(steps(sgd({ rate: 0.3, momentum: 0.8 }), 5), reference(5, 1, rule))
  })

  test('adam', () => {
    const [rate, beta1, beta2, epsilon] = [0.05, 0.8, 0.95, 1e-6]
    const rule = (p: number, g: number, held: number[], step: number) => {
      held[0] = beta1 * (held[0] as number) + (1 - beta1) * g
      held[1] = beta2 * (held[1] as number) + (1 - beta2) * g * g
      const [m, v] = [held[0] / (1 - beta1 ** step), held[1] / (1 - beta2 ** step)]
      return p - (rate * m) / (Math.sqrt(v) + epsilon)
    }
    expectClose(steps(adam({ rate, beta1, beta2, epsilon }), 6), reference(6, 2, rule))
  })
})

describe('adam in f32', () => {
  const optimiser = (beta2: number) => adam({ rate: 1, beta2, epsilon: 1e-30 })

  test.each([0.999, 0.99999, 0.9999999])('its first step is the rate: β₂ = %s', beta2 => {
    const { init, update } = optimiser(beta2)
    const gradient = tensor([1, 1e-3, -250])
    const params = tensor([0, 0, 0])
    for (const step of update(params, gradient, init(params)).params.toTypedArray()) {
      expect(Math.abs(Math.abs(step) - 1)).toBeLessThan(3e-7)
    }
  })

  test('bits are the same, recorded or in pieces', () => {
    const rule = optimiser(0.99999)
    const jitted = jit((p: Tensor, g: Tensor, s: OptimiserState<Tensor>) => rule.update(p, g, s))
    const pieces = inPieces(rule)
    let [plain, recorded, cut] = Array.from({ length: 3 }, () => {
      const params = uniformWeights([1000], 1, { seed: 1 })
      return { params, state: rule.init(params) }
    }) as [Updated<Tensor>, Updated<Tensor>, Updated<Tensor>]
    for (let step = 1; step <= 3; step++) {
      const gradient = uniformWeights([1000], step, { seed: 2, stream: step })
      plain = rule.update(plain.params, gradient, plain.state)
      recorded = jitted(recorded.params, gradient, recorded.state)
      cut = pieces.update(cut.params, gradient, cut.state)
    }
    expect(bitsOf(recorded)).toEqual(bitsOf(plain))
    expect(bitsOf(cut)).toEqual(bitsOf(plain))
  })
})

describe('parameters without elements', () => {
  test.each<[string, Tree<Tensor>]>([
    ['an empty leaf first', { a: tensor(new Float32Array(0)), b: tensor([1, 2]) }],
    ['an empty leaf last', { a: tensor([1, 2]), b: tensor(new Float32Array(0)) }],
    ['an empty leaf last, of another dtype', { a: tensor([1, 2]), b: tensor(new Float64Array(0)) }],
    ['nothing but empty leaves', [tensor(new Float32Array(0))]],
    ['no leaves', []],
  ])('%s', (_, params) => {
    const [whole, pieces] = [adam(), inPieces(adam())]
    let [a, b] = [whole, pieces].map(({ init }) => ({ params, state: init(params) })) as [
      Updated<Tree<Tensor>>,
      Updated<Tree<Tensor>>,
    ]
    for (let step = 0; step < 3; step++) {
      a = whole.update(a.params, params, a.state)
      b = pieces.update(b.params, params, b.state)
    }
    expect(bitsOf(b)).toEqual(bitsOf(a))
    expect(b.state.powers[0]?.item()).toBeCloseTo(0.9 ** 3, 15)
  })
})

describe('the same bits, recorded or in pieces', () => {
  test.each([
    ['sgd', sgd()],
    ['momentum', sgd({ momentum: 0.9 })],
    ['adam', adam()],
  ])('%s', (_, optimiser) => {
    const compiled: Optimiser = {
      init: optimiser.init,
      update: jit(optimiser.update as (p: Pair, g: Pair, s: OptimiserState<Pair>) => never, {
        memory: '1 MiB',
      }) as Optimiser['update'],
    }
    const expected = valuesOf(steps(optimiser, 3))
    expect(valuesOf(steps(compiled, 3))).toEqual(expected)
    const pieces = inPieces(optimiser, { memory: '64 KiB' })
    expect(valuesOf(steps(pieces, 3))).toEqual(expected)
    expect(pieces.peakBytes).toBe(65536)
  })

  test('parameters longer than a piece', () => {
    const params = {
      w: uniformWeights([311, 97], 1, { seed: 1 }),
      b: uniformWeights([50_000], 1, { seed: 2 }),
    }
    const gradient = {
      w: uniformWeights([311, 97], 1, { seed: 3 }),
      b: uniformWeights([50_000], 1, { seed: 4 }),
    }
    const optimiser = adam()
    const whole = optimiser.update(params, gradient, optimiser.init(params))
    for (const memory of ['64 KiB', '8 MiB']) {
      const pieces = inPieces(optimiser, { memory })
      const cut = pieces.update(params, gradient, pieces.init(params))
      expect(bitsOf(cut)).toEqual(bitsOf(whole))
    }
  })
})

describe('what does not fit is refused', () => {
  test.each<[string, () => unknown]>([
    ['rate', () => sgd({ rate: 0 })],
    ['momentum', () => sgd({ momentum: 1 })],
    ['beta', () => adam({ beta2: -0.1 })],
    ['epsilon', () => adam({ epsilon: Number.NaN })],
  ])('%s', (_, run) => expect(run).toThrow(expect.objectContaining({ code: 'OPTION' })))

  const params = { w: tensor([1, 2, 3]) }
  const f32 = adam().init(params)
  const [power1, power2] = f32.powers as [Tensor, Tensor]
  test.each<[string, unknown, unknown]>([
    ['a gradient with other keys', { v: tensor([1]) }, f32],
    ['a gradient with more keys', { w: params.w, x: params.w }, f32],
    ['a gradient of another shape', { w: tensor([1]) }, f32],
    ['a gradient of another dtype', { w: tensor([1, 2, 3], f64) }, f32],
    ['moments of another shape', params, adam().init({ w: tensor([1]) })],
    ['moments of another dtype', params, adam().init({ w: tensor([1, 2, 3], f64) })],
    ['moments of other parameters', params, adam().init(tensor([1, 2, 3]))],
    ['a state of another optimiser', params, sgd({ momentum: 0.5 }).init(params)],
    ['powers in f32', params, { ...f32, powers: [power1.convert('f32'), power2] }],
    ['a power too few', params, { ...f32, powers: [power1] }],
  ])('%s', (_, gradient, state) => {
    for (const { update } of [adam(), inPieces(adam())]) {
      expect(() => update(params, gradient as never, state as never)).toThrow(
        expect.objectContaining({ code: 'OPTION' }),
      )
    }
  })

  test('memory', () => {
    const { init, update } = inPieces(adam(), { memory: '1 KiB' })
    expect(() => update(tensor([1]), tensor([1]), init(tensor([1])))).toThrow(BudgetError)
  })
})
