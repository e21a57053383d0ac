import { grad, type NestedArray, scan, stack, type Tensor, tensor, WengertError } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  elmanCell,
  embedding,
  gruCell,
  initElman,
  initEmbedding,
  initGru,
  initLstm,
  type LstmParams,
  type LstmState,
  lstmCell,
} from './index.js'

const f64 = (values: NestedArray) => tensor(values, { dtype: 'f64' })
const sizes = { inputs: 3, units: 2 }
const options = { seed: 5, dtype: 'f64' } as const
const σ = (x: number) => 1 / (1 + Math.exp(-x))

const x = f64([[0.5, -1, 2], [1.5, 0.25, -0.75]]) // biome-ignore format: a matrix
const h = f64([[0.1, -0.2], [0.9, 0.4]]) // biome-ignore format: a matrix
const c = f64([[1, -0.5], [-2, 0.25]]) // biome-ignore format: a matrix
const bias = (count: number) => f64(Array.from({ length: count }, (_, k) => Math.cos(k)))

/** (vector·matrix)ₖ + biasₖ of one row. */
function affine(vector: Tensor, row: number, w: Tensor, b: Tensor, k: number): number {
  const [values, length] = [vector.at(row).toTypedArray(), vector.shape[1] as number]
  let total = b.at(k).item()
  for (let j = 0; j < length; j++) total += (values[j] as number) * w.at(j).at(k).item()
  return total
}

const close = (found: Tensor, expected: (row: number, unit: number) => number) =>
  expect(found.toArray()).toEqual(
    [0, 1].map(row => [0, 1].map(unit => expect.closeTo(expected(row, unit), 12))),
  )

describe('cells are what their equations say', () => {
  const zero = (count: number) => f64(Array(count).fill(0))

  test('elman', () => {
    const p = { ...initElman(sizes, options), b: bias(2) }
    const sum = (row: number, k: number) => affine(x, row, p.wx, p.b, k) + affine(h, row, p.wh, zero(2), k)
    close(elmanCell(p, h, x), (row, unit) => Math.tanh(sum(row, unit)))
    close(elmanCell(p, h, x, { activation: of => of.relu() }), (row, unit) => Math.max(0, sum(row, unit)))
  })

  test('lstm', () => {
    const p = { ...initLstm(sizes, options), b: bias(8) }
    const gate = (row: number, which: number, unit: number) =>
      affine(x, row, p.wx, p.b, 2 * which + unit) + affine(h, row, p.wh, zero(8), 2 * which + unit)
    const kept = (row: number, unit: number) =>
      σ(gate(row, 1, unit)) * c.at(row).at(unit).item() +
      σ(gate(row, 0, unit)) * Math.tanh(gate(row, 2, unit))
    const state = lstmCell(p, { h, c }, x)
    close(state.c, kept)
    close(state.h, (row, unit) => σ(gate(row, 3, unit)) * Math.tanh(kept(row, unit)))
  })

  test('gru', () => {
    const p = { ...initGru(sizes, options), bx: bias(6), bh: f64([6, 5, 4, 3, 2, 1]) }
    close(gruCell(p, h, x), (row, unit) => {
      const gx = (which: number) => affine(x, row, p.wx, p.bx, 2 * which + unit)
      const gh = (which: number) => affine(h, row, p.wh, p.bh, 2 * which + unit)
      const [r, z] = [σ(gx(0) + gh(0)), σ(gx(1) + gh(1))]
      return (1 - z) * Math.tanh(gx(2) + r * gh(2)) + z * h.at(row).at(unit).item()
    })
  })
})

// Every gate of h = c = x = 1 with weights of 0.5 is 1: c′ = σ(1)·(1 + tanh 1), h′ = σ(1)·tanh c′; of the GRU
// n = tanh(½ + ½σ(1)), h′ = (1 − σ(1))·n + σ(1).
test('cells of one unit', () => {
  const half = (count: number) => f64([Array(count).fill(0.5)])
  const none = (count: number) => f64(Array(count).fill(0))
  const one = f64([[1]])
  expect(elmanCell({ wx: half(1), wh: half(1), b: none(1) }, one, one).item()).toBeCloseTo(Math.tanh(1), 14)
  const state = lstmCell({ wx: half(4), wh: half(4), b: none(4) }, { h: one, c: one }, one)
  expect(state.c.item()).toBeCloseTo(1.28782852, 8)
  expect(state.h.item()).toBeCloseTo(0.62765529, 8)
  const h = gruCell({ wx: half(3), wh: half(3), bx: none(3), bh: none(3) }, one, one)
  expect(h.item()).toBeCloseTo(0.91907433, 8)
})

test('a cell in a scan is that cell step by step, and so is its gradient', () => {
  const p = initLstm(sizes, options)
  const xs = stack([x, x.mul(0.5), x.neg(), x.square()])
  const unrolled = (p: LstmParams) =>
    [0, 1, 2, 3].reduce((state: LstmState, k) => lstmCell(p, state, xs.at(k)), { h, c }).h
  const looped = (p: LstmParams) =>
    scan((state: LstmState, row: Tensor) => [lstmCell(p, state, row), null], { h, c }, xs)[0].h
  expect(looped(p).toArray()).toEqual(unrolled(p).toArray())
  const gradient = (of: typeof looped) => grad((p: LstmParams) => of(p).square().sum())(p)
  const [one, other] = [gradient(looped), gradient(unrolled)]
  for (const key of ['wx', 'wh', 'b'] as const) {
    one[key].toTypedArray().forEach((value, k) => {
      expect(value).toBeCloseTo(other[key].toTypedArray()[k] as number, 12)
    })
  }
})

test('an LSTM survives extremes', () => {
  const p = { ...initLstm({ inputs: 1, units: 1 }), b: tensor([1e4, 1e4, -1e4, 1e4]) }
  const one = tensor([[1]])
  const { h, c } = lstmCell(p, { h: one, c: one }, one)
  expect([h.item(), c.item()]).toEqual([0, 0])
})

describe('initial parameters', () => {
  test('are the same for equal seeds and within their limits', () => {
    const weights = [initElman(sizes, options), initLstm(sizes, options), initGru(sizes, options)]
    for (const { wx, wh } of weights) {
      const all = [...wx.toTypedArray(), ...wh.toTypedArray()]
      expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(Math.SQRT1_2)
      expect(new Set(all).size).toBe(all.length)
    }
    expect(initLstm(sizes, options).wh.toArray()).toEqual(initLstm(sizes, options).wh.toArray())
    expect(initLstm(sizes, options).wh.toArray()).not.toEqual(initLstm(sizes, { ...options, stream: 1 }).wh.toArray()) // biome-ignore format: one
  })

  test('of an embedding make rows about 1 long', () => {
    const { table } = initEmbedding({ words: 400, features: 50 }, { seed: 1 })
    expect(table.square().sum({ axis: 1 }).mean().item()).toBeCloseTo(1, 1)
  })
})

test('an embedding is NaN for an id that is no word', () => {
  const p = { table: tensor([[1, 2], [3, 4]]) } // biome-ignore format: a matrix
  expect(embedding(p, tensor([[1, 2]], { dtype: 'i32' })).toArray()).toEqual([[[3, 4], [Number.NaN, Number.NaN]]]) // biome-ignore format: one
})

test('what does not fit is said', () => {
  const screen = (run: () => unknown): string => {
    const error = thrownBy(run, WengertError)
    return `${error.code} ${error.message.replace(/at +\S+$/m, 'at …')}`
  }
  expect(screen(() => elmanCell(initElman(sizes, options), x, x))).toMatchInlineSnapshot(`
    "SHAPE elmanCell: weights f64[3,2], f64[2,2], biases f64[2], state f64[2,3] and x f64[2,3] do not fit.
      expected  weights [inputs, units] and [units, units], biases [units], states [rows, units], x [rows, inputs]
      at …"
  `)
  expect(
    screen(() => lstmCell({ ...initLstm(sizes, options), b: bias(6) }, { h, c }, x)),
  ).toMatchInlineSnapshot(`
    "SHAPE lstmCell: weights f64[3,8], f64[2,8], biases f64[6], state f64[2,2], f64[2,2] and x f64[2,3] do not fit.
      expected  weights [inputs, 4·units] and [units, 4·units], biases [4·units], states [rows, units], x [rows, inputs]
      at …"
  `)
  expect(screen(() => gruCell(initGru(sizes, options), h, x.at(0)))).toMatchInlineSnapshot(`
    "SHAPE gruCell: weights f64[3,6], f64[2,6], biases f64[6], f64[6], state f64[2,2] and x f64[3] do not fit.
      expected  weights [inputs, 3·units] and [units, 3·units], biases [3·units], states [rows, units], x [rows, inputs]
      at …"
  `)
})
