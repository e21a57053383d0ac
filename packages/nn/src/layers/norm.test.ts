import { grad, type NestedArray, record, rowMixing, type Tensor, tensor, WengertError } from '@wengert/tape'
import { groupBy, thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  batchNorm,
  batchNormEvaluate,
  groupNorm,
  initBatchStatistics,
  initNorm,
  initRmsNorm,
  layerNorm,
  rmsNorm,
} from './index.js'

const f64 = (values: NestedArray, shape?: readonly number[]) =>
  tensor(values, { dtype: 'f64', ...(shape && { shape }) })

/** Numbers without a pattern, of no sign in particular. */
const wild = (count: number) => Array.from({ length: count }, (_, k) => Math.sin(7 * k * k + 1) * 3 + 0.5)
const average = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length
const variance = (xs: readonly number[]) => average(xs.map(x => (x - average(xs)) ** 2))

/** Each element by the mean and the variance of those with its key. */
function normalised(xs: readonly number[], key: (k: number) => unknown, epsilon: number): number[] {
  const groups = groupBy(xs.keys(), key)
  return xs.map((x, k) => {
    const own = (groups.get(key(k)) as number[]).map(other => xs[other] as number)
    return (x - average(own)) / Math.sqrt(variance(own) + epsilon)
  })
}

const close = (found: Tensor, expected: readonly number[]) => {
  expect(found.size).toBe(expected.length)
  found.toTypedArray().forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k] as number, 11)
  })
}

describe('normalisations are those of loops', () => {
  // [2 rows, 3 places, 4 channels]
  const xs = wild(24)
  const x = f64(xs, [2, 3, 4])
  const [scale, shift] = [wild(4), wild(8).slice(4)]
  const p = { scale: f64(scale), shift: f64(shift) }
  const affine = (ys: readonly number[]) =>
    ys.map((y, k) => y * (scale[k % 4] as number) + (shift[k % 4] as number))

  test('layerNorm, over one axis and over two', () => {
    close(layerNorm(p, x), affine(normalised(xs, k => Math.floor(k / 4), 1e-5)))
    const wide = { scale: f64(wild(12), [3, 4]), shift: f64(wild(12), [3, 4]) }
    const ys = normalised(xs, k => Math.floor(k / 12), 0.1)
    const expected = ys.map((y, k) => y * (wild(12)[k % 12] as number) + (wild(12)[k % 12] as number))
    close(layerNorm(wide, x, { epsilon: 0.1 }), expected)
  })

  test('rmsNorm', () => {
    const rows = xs.map((_, k) => xs.slice(k - (k % 4), k - (k % 4) + 4))
    const ys = xs.map((one, k) => one / Math.sqrt(average((rows[k] as number[]).map(o => o * o)) + 1e-5))
    close(rmsNorm({ scale: p.scale }, x), ys.map((y, k) => y * (scale[k % 4] as number))) // biome-ignore format: one
  })

  test.each([1, 2, 4])('groupNorm, %i groups', groups => {
    const group = (k: number) => `${Math.floor(k / 12)} ${Math.floor((k % 4) / (4 / groups))}`
    close(groupNorm(p, x, { groups }), affine(normalised(xs, group, 1e-5)))
  })

  test('batchNorm, and the statistics it leaves', () => {
    const before = { mean: f64([1, 2, 3, 4]), variance: f64([4, 3, 2, 1]) }
    const { out, statistics } = batchNorm(p, before, x, { momentum: 0.25 })
    close(out, affine(normalised(xs, k => k % 4, 1e-5)))
    const channels = [0, 1, 2, 3].map(channel => xs.filter((_, k) => k % 4 === channel))
    close(statistics.mean, channels.map((own, c) => 0.75 * (c + 1) + 0.25 * average(own))) // biome-ignore format: one
    close(
      statistics.variance,
      channels.map((own, c) => 0.75 * (4 - c) + (0.25 * variance(own) * 6) / 5),
    )
  })

  test('batchNorm recorded with values within a budget, with the same bits', () => {
    const rows = tensor(wild(32 * 64), { shape: [32, 64] })
    const loss = (x: Tensor) => {
      let [y, seen] = [x, initBatchStatistics(64)]
      for (let k = 0; k < 8; k++) {
        const { out, statistics } = batchNorm(initNorm(64), seen, y)
        y = out.mul(x).tanh()
        seen = statistics
      }
      return y.add(seen.mean).sum()
    }
    const bits = (x: Tensor) => new Uint8Array(x.toTypedArray().buffer)
    const dynamic = grad((x: Tensor) => (x.max().item() > 99 ? x.sum() : loss(x)), {
      dynamic: true,
      memory: '128 KiB',
    })
    expect(bits(dynamic(rows))).toEqual(bits(grad(loss)(rows)))
  })

  test('batchNormEvaluate', () => {
    const seen = { mean: f64([1, 2, 3, 4]), variance: f64([4, 3, 2, 1]) }
    const ys = xs.map((one, k) => (one - ((k % 4) + 1)) / Math.sqrt(4 - (k % 4) + 1e-5))
    close(batchNormEvaluate(p, seen, x), affine(ys))
  })
})

test('an even layer is 0, with a derivative that is finite', () => {
  const loss = (x: Tensor) =>
    layerNorm(initNorm(3, { dtype: 'f64' }), x)
      .square()
      .sum()
  expect(grad(loss)(f64([[2, 2, 2]])).toArray()).toEqual([[0, 0, 0]])
  const zero = (x: Tensor) => rmsNorm(initRmsNorm(3, { dtype: 'f64' }), x).sum()
  expect(grad(zero)(f64([[0, 0, 0]])).toArray()).toEqual([Array(3).fill(expect.closeTo(1e5 ** 0.5, 9))])
})

test('large numbers far from 0 keep their digits', () => {
  const out = layerNorm(initNorm(2), tensor([[16777214, 16777216]]), { epsilon: 0 })
  expect(out.toArray()).toEqual([[-1, 1]])
})

test('statistics are no way for derivatives', () => {
  const p = initNorm(2, { dtype: 'f64' })
  const seen = initBatchStatistics(2, { dtype: 'f64' })
  const loss = (x: Tensor) => batchNorm(p, seen, x).statistics.variance.sum()
  expect(grad(loss)(f64([[1, 2], [3, 5]])).toArray()).toEqual([[0, 0], [0, 0]]) // biome-ignore format: a matrix
})

test('of all normalisations, the one over a batch alone combines rows', () => {
  const rows = { dtype: 'f32', shape: [4, 2, 3] } as const
  const [p, seen] = [initNorm(3), initBatchStatistics(3)]
  const mixing = (layer: (x: Tensor) => Tensor) => rowMixing(record(layer, rows).program, [true])?.op
  expect(mixing(x => batchNorm(p, seen, x).out)).toBe('sum')
  expect(mixing(x => batchNormEvaluate(p, seen, x))).toBeUndefined()
  expect(mixing(x => layerNorm(p, x))).toBeUndefined()
  expect(mixing(x => groupNorm(p, x, { groups: 3 }))).toBeUndefined()
})

test('what does not fit is said', () => {
  const screen = (run: () => unknown): string => {
    const error = thrownBy(run, WengertError)
    return `${error.code} ${error.message.replace(/at +\S+$/m, 'at …')}`
  }
  const [x, p, seen] = [tensor([[1, 2, 3]]), initNorm(3), initBatchStatistics(3)]
  expect(screen(() => layerNorm(initNorm(2), x))).toMatchInlineSnapshot(`
    "SHAPE layerNorm: f32[2], f32[2] do not fit x f32[1,3].
      expected  parameters of the shape of the last axes of x
      at …"
  `)
  expect(screen(() => rmsNorm({ scale: tensor(1) }, x))).toMatchInlineSnapshot(`
    "SHAPE rmsNorm: f32[] do not fit x f32[1,3].
      expected  parameters of the shape of the last axes of x
      at …"
  `)
  expect(screen(() => layerNorm(p, x, { epsilon: -1 }))).toMatchInlineSnapshot(`
    "OPTION layerNorm: epsilon -1.
      expected  a number of at least 0
      at …"
  `)
  expect(screen(() => groupNorm(p, x, { groups: 2 }))).toMatchInlineSnapshot(`
    "OPTION groupNorm: 2 groups of the channels of x f32[1,3].
      expected  a number that divides 3
      at …"
  `)
  expect(screen(() => groupNorm(initNorm([1, 3]), x, { groups: 1 }))).toMatchInlineSnapshot(`
    "SHAPE groupNorm: f32[1,3], f32[1,3] do not fit x f32[1,3].
      expected  x [rows, …, channels] and parameters [channels]
      at …"
  `)
  expect(screen(() => batchNorm(p, initBatchStatistics(2), x))).toMatchInlineSnapshot(`
    "SHAPE batchNorm: f32[3], f32[3], f32[2], f32[2] do not fit x f32[1,3].
      expected  x [rows, …, channels] and parameters [channels]
      at …"
  `)
  expect(screen(() => batchNorm(p, seen, x))).toMatchInlineSnapshot(`
    "SHAPE batchNorm: 1 elements of each channel in x f32[1,3].
      expected  two or more, to have a variance
      at …"
  `)
  expect(screen(() => batchNorm(p, seen, x, { momentum: 2 }))).toMatchInlineSnapshot(`
    "OPTION batchNorm: momentum 2.
      expected  a number from 0 to 1
      at …"
  `)
  expect(screen(() => batchNormEvaluate(p, seen, tensor([1, 2, 3])))).toMatchInlineSnapshot(`
    "SHAPE batchNormEvaluate: f32[3], f32[3], f32[3], f32[3] do not fit x f32[3].
      expected  x [rows, …, channels] and parameters [channels]
      at …"
  `)
})
