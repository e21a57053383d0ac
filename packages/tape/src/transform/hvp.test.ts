/** Hessian-vector products of trees, and the options of directional derivatives. */
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetError, DerivativeError, OptionError, ShapeError } from '../errors.js'
import {
  directoryStore,
  forLoop,
  hessian,
  hvp,
  jvp,
  type RunOptions,
  type Tensor,
  tensor,
  zeros,
} from '../index.js'

type Params = { readonly w: Tensor; readonly layers: readonly [Tensor, { readonly b: Tensor }] }

const f64 = (values: readonly number[], shape: readonly number[]) => tensor(values, { shape, dtype: 'f64' })
const treeOf = (n: readonly number[]): Params => ({
  w: f64(n.slice(0, 4), [2, 2]),
  layers: [f64(n.slice(4, 6), [2]), { b: f64(n.slice(6), []) }],
})
const numbersOf = ({ w, layers: [h, { b }] }: Params) => [w.toArray(), h.toArray(), b.toArray()].flat(2)

const loss = ({ w, layers: [h, { b }] }: Params) =>
  w.matmul(h.tanh()).mul(b).exp().sum().add(w.square().sum())
/** The same of one tensor of seven numbers. */
const flat = (x: Tensor) =>
  loss({
    w: x.slice([0], [4]).reshape([2, 2]),
    layers: [x.slice([4], [6]), { b: x.slice([6], [7]).reshape([]) }],
  })

const seven = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 })

test('of a tree are products with the Hessian of all of its numbers', () => {
  fc.assert(
    fc.property(seven, seven, (x, v) => {
      const matrix = hessian(flat)(f64(x, [7])).toArray() as number[][]
      const product = numbersOf(hvp(loss, treeOf(x), treeOf(v)))
      matrix.forEach((row, k) => {
        expect(product[k]).toBeCloseTo(
          row.reduce((sum, h, j) => sum + h * (v[j] as number), 0),
          9,
        )
      })
    }),
    { numRuns: 20 },
  )
})

test('what does not fit is said', () => {
  const x = treeOf([1, 2, 3, 4, 5, 6, 7])
  expect(() => hvp(loss, x, { ...x, w: zeros([2, 2]) })).toThrow(/^hvp: a tangent is f32\[2,2\]/)
  expect(() => hvp(loss, x, { w: x.w } as never)).toThrow(ShapeError)
  expect(() => hvp((p: Params) => p.w, x, x)).toThrow(/^hvp: the function returned f64\[2,2\]/)
  expect(() => hvp((p: Params) => p as never, x, x)).toThrow(
    /^hvp: the function returned an object of layers, w\./,
  )
  const whole = tensor([1, 2], { dtype: 'i32' })
  expect(() => hvp((y: Tensor) => y.sum(), whole, whole)).toThrow(DerivativeError)
})

const wide = tensor(Float32Array.from({ length: 5000 }, (_, k) => 0.1 + k / 5000))
const one = wide.mul(0).add(1)
const chain = (x: Tensor) => forLoop(20, (_, s: Tensor) => s.mul(s).add(0.2).sqrt().sin(), x).sum()

const derivatives: Readonly<Record<string, (options?: RunOptions) => Tensor>> = {
  hvp: options => hvp(chain, wide, one, options),
  jvp: options => jvp(chain, [wide], [one], options).tangent,
}

describe.each(Object.entries(derivatives))('%s within a budget', (name, run) => {
  test('runs in exactly the bytes that a refusal names, to the same bits, beside a store too', () => {
    let least = 0
    try {
      run({ memory: 1 })
    } catch (error) {
      least = (error as BudgetError).leastBytes
    }
    const bits = run().toTypedArray()
    expect(run({ memory: least }).toTypedArray()).toEqual(bits)
    expect(run({ memory: least, spill: { directory: tmpdir() } }).toTypedArray()).toEqual(bits)
    expect(() => run({ memory: least - 1 })).toThrow(BudgetError)
  })

  test.each<[unknown]>([[{ memory: 'banana' }], [{ mem: 1 }], [{ dynamic: true }], [7], [null]])(
    'options that are none: %j',
    options => expect(() => run(options as never)).toThrow(OptionError),
  )

  test('a function is recorded once for options that say the same', () => {
    let recorded = 0
    const f = (x: Tensor) => {
      recorded++
      return x.square().sum()
    }
    const call = (options?: RunOptions) =>
      name === 'hvp' ? hvp(f, wide, one, options) : jvp(f, [wide], [one], options).tangent
    const store = directoryStore({ directory: tmpdir() })
    const different: readonly (() => RunOptions | undefined)[] = [
      () => undefined,
      () => ({ memory: '1 MiB' }),
      () => ({ memory: '2 MiB' }),
      () => ({ memory: '1 MiB', arithmetic: 'portable' }),
      () => ({ memory: '1 MiB', spill: { directory: tmpdir() } }),
      () => ({ memory: '1 MiB', spill: { directory: tmpdir(), bytes: '1 MiB' } }),
      () => ({ memory: '1 MiB', spill: store }),
    ]
    for (const optionsOf of different) call(optionsOf())
    const once = recorded
    for (const optionsOf of different) call(optionsOf())
    expect(recorded).toBe(once)
    expect(once).toBeGreaterThanOrEqual(different.length)
  })
})
