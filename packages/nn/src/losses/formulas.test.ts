import { type NestedArray, type Tensor, tensor, valueAndGrad, WengertError } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  binaryCrossEntropy,
  crossEntropy,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
} from './index.js'

type Rows = readonly (readonly number[])[]
const f64 = (values: NestedArray) => tensor(values, { dtype: 'f64' })
const i32 = (...labels: number[]) => tensor(labels, { dtype: 'i32' })

const total = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0)
const average = (xs: readonly number[]) => total(xs) / xs.length
const logSoftmax = (row: readonly number[]) => {
  const most = Math.max(...row)
  const log = most + Math.log(total(row.map(x => Math.exp(x - most))))
  return row.map(x => x - log)
}

const x: Rows = [[0.5, -1.5, 2], [3, 0.25, -0.75]] // biome-ignore format: a matrix
const y: Rows = [[0.25, 1.5, 1], [3, -4, 0.5]] // biome-ignore format: a matrix
const p: Rows = [[0.2, 0.3, 0.5], [0, 1, 0]] // biome-ignore format: a matrix
const labels = [2, 0]
const smooth = (row: readonly number[], share: number) => row.map(one => (1 - share) * one + share / 3)
const oneHot = (label: number) => [0, 1, 2].map(k => Number(k === label))
const entropy = (logits: readonly number[], weights: readonly number[]) =>
  -total(logSoftmax(logits).map((log, k) => log * (weights[k] as number)))

/** A loss of the operands, and what the textbook makes of one row of them. */
const losses: readonly [string, () => Tensor, (row: number) => number][] = [
  [
    'meanSquaredError',
    () => meanSquaredError(f64(x), f64(y)),
    k => average(x[k]!.map((a, j) => (a - y[k]![j]!) ** 2)),
  ],
  [
    'meanAbsoluteError',
    () => meanAbsoluteError(f64(x), f64(y)),
    k => average(x[k]!.map((a, j) => Math.abs(a - y[k]![j]!))),
  ],
  ...[0.5, 1, 3].map((delta): [string, () => Tensor, (row: number) => number] => [
    `huber, delta ${delta}`,
    () => huber(f64(x), f64(y), { delta }),
    k =>
      average(
        x[k]!.map((a, j) => {
          const d = Math.abs(a - y[k]![j]!)
          return d <= delta ? 0.5 * d * d : delta * (d - 0.5 * delta)
        }),
      ),
  ]),
  [
    'binaryCrossEntropy',
    () => binaryCrossEntropy(f64(x), f64(p)),
    k =>
      average(
        x[k]!.map((a, j) => {
          const [one, q] = [p[k]![j]!, 1 / (1 + Math.exp(-a))]
          return -one * Math.log(q) - (1 - one) * Math.log(1 - q)
        }),
      ),
  ],
  [
    'klDivergence',
    () => klDivergence(f64(x.map(logSoftmax)), f64(p)),
    k =>
      total(
        p[k]!.map((one, j) => (one === 0 ? 0 : one * (Math.log(one) - logSoftmax(x[k] as number[])[j]!))),
      ),
  ],
  [
    'negativeLogLikelihood',
    () => negativeLogLikelihood(f64(x.map(logSoftmax)), i32(...labels)),
    k => entropy(x[k]!, oneHot(labels[k]!)),
  ],
  ['crossEntropy', () => crossEntropy(f64(x), i32(...labels)), k => entropy(x[k]!, oneHot(labels[k]!))],
  [
    'crossEntropy, smoothing',
    () => crossEntropy(f64(x), i32(...labels), { smoothing: 0.3 }),
    k => entropy(x[k]!, smooth(oneHot(labels[k]!), 0.3)),
  ],
  ['crossEntropy, soft labels', () => crossEntropy(f64(x), f64(p)), k => entropy(x[k]!, p[k]!)],
  [
    'crossEntropy, soft labels, smoothing',
    () => crossEntropy(f64(x), f64(p), { smoothing: 0.3 }),
    k => entropy(x[k]!, smooth(p[k]!, 0.3)),
  ],
]

describe('losses are what their formulas say, a number a row', () => {
  test.each(losses)('%s', (_, loss, row) => {
    const found = loss()
    expect(found.shape).toEqual([2])
    found.toTypedArray().forEach((value, k) => {
      expect(value).toBeCloseTo(row(k), 12)
    })
  })

  test.each<[string, (x: Tensor, y: Tensor) => Tensor]>([
    ['meanSquaredError', meanSquaredError],
    ['meanAbsoluteError', meanAbsoluteError],
    ['huber', (x, y) => huber(x, y)],
    ['binaryCrossEntropy', binaryCrossEntropy],
  ])('%s is the mean over all of a row', (_, loss) => {
    const [flat, deep] = [loss(f64([x.flat()]), f64([p.flat()])), loss(f64([x]), f64([p]))]
    expect(deep.toArray()).toEqual([expect.closeTo(flat.at(0).item(), 12)])
    expect(loss(f64(x[0]!), f64(p[0]!)).shape).toEqual([3])
  })

  test.each<[string, (x: Tensor) => Tensor, (x: Tensor) => Tensor]>([
    [
      'crossEntropy',
      x => crossEntropy(x, tensor([labels], { dtype: 'i32' })),
      x => crossEntropy(x, i32(...labels)),
    ],
    ['soft crossEntropy', x => crossEntropy(x, f64([p])), x => crossEntropy(x, f64(p))],
    ['klDivergence', x => klDivergence(x, f64([p])), x => klDivergence(x, f64(p))],
  ])('%s is the mean over places between rows and classes', (_, deep, flat) => {
    const [found] = deep(f64([x])).toTypedArray()
    expect(found).toBeCloseTo(average([...flat(f64(x)).toTypedArray()]), 12)
  })
})

describe('extreme logits', () => {
  const far = [[1e4, -1e4], [-1e4, 1e4]] // biome-ignore format: a matrix
  const first = [[1, 0], [1, 0]] // biome-ignore format: a matrix

  test.each<[string, (x: Tensor) => Tensor, Rows, readonly number[]]>([
    ['crossEntropy', x => crossEntropy(x, i32(0, 0)), [[0, 0], [-1, 1]], [0, 2e4]],
    ['crossEntropy, soft', x => crossEntropy(x, tensor(first, x.aval)), [[0, 0], [-1, 1]], [0, 2e4]],
    [
      'crossEntropy, smoothing',
      x => crossEntropy(x, i32(0, 0), { smoothing: 0.5 }),
      [[0.25, -0.25], [-0.75, 0.75]],
      [5e3, 1.5e4],
    ],
    ['binaryCrossEntropy', x => binaryCrossEntropy(x, tensor(first, x.aval)), [[0, 0], [-0.5, 0.5]], [0, 1e4]],
    ['huber', x => huber(x, tensor(first, x.aval)), [[0.5, -0.5], [-0.5, 0.5]], [9999, 10000]],
  ])('%s', (_, loss, slopes, values) => {
    for (const dtype of ['f32', 'f64'] as const) {
      const { gradient } = valueAndGrad(loss, { reduction: 'sum' })(tensor(far, { dtype }))
      expect(loss(tensor(far, { dtype })).toArray()).toEqual(values.map(value => expect.closeTo(value, 6)))
      expect(gradient.toArray()).toEqual(slopes.map(row => row.map(slope => expect.closeTo(slope, 6))))
    }
  }) // biome-ignore format: a table

  test('a small loss keeps its digits', () => {
    const [loss] = binaryCrossEntropy(tensor([30]), tensor([1])).toTypedArray()
    expect((loss as number) / Math.exp(-30)).toBeCloseTo(1, 6)
  })

  test('an impossible class without weight costs nothing', () => {
    const logits = tensor([[0, 0, -Infinity]])
    const weights = tensor([[0.5, 0.5, 0]])
    const { gradient } = valueAndGrad((x: Tensor) => crossEntropy(x, weights))(logits)
    expect(crossEntropy(logits, weights).toArray()).toEqual([expect.closeTo(Math.LN2, 6)])
    expect(gradient.toArray()).toEqual([[expect.closeTo(0), expect.closeTo(0), 0]])
    expect(klDivergence(logits.logSoftmax(), weights).toArray()).toEqual([expect.closeTo(0, 6)])
    expect(crossEntropy(logits, weights, { smoothing: 0.1 }).toArray()).toEqual([Infinity])
  })
})

describe('what does not fit is said', () => {
  const screen = (run: () => unknown): string => {
    const error = thrownBy(run, WengertError)
    return `${error.code} ${error.message.replace(/at +\S+$/m, 'at …')}`
  }

  test('in words', () => {
    expect(screen(() => meanSquaredError(f64(x), f64([1])))).toMatchInlineSnapshot(`
      "SHAPE meanSquaredError: shapes differ: f64[2,3], f64[1].
        expected  the same shape, with a first axis of rows
        at …
        fix       reshape one of them"
    `)
    expect(screen(() => huber(f64(x), tensor([...x].map(row => [...row]))))).toMatchInlineSnapshot(`
      "DTYPE huber: dtypes do not fit: f64[2,3], f32[2,3].
        expected  both f32 or both f64
        at …
        fix       convert one with .convert('f64')"
    `)
    expect(screen(() => huber(f64(x), f64(y), { delta: 0 }))).toMatchInlineSnapshot(`
      "OPTION huber: delta 0.
        expected  a number above 0
        at …"
    `)
    expect(screen(() => crossEntropy(f64(x), i32(1)))).toMatchInlineSnapshot(`
      "SHAPE crossEntropy: logits f64[2,3] and labels i32[1] do not fit.
        expected  labels i32[2], or probabilities f64[2,3]
        at …"
    `)
    expect(screen(() => crossEntropy(f64(x), f64([1, 2])))).toMatchInlineSnapshot(`
      "DTYPE crossEntropy: logits f64[2,3] and labels f64[2] do not fit.
        expected  logits f32 or f64 and labels i32
        at …
        fix       convert labels with .convert('i32')"
    `)
    expect(screen(() => crossEntropy(f64(x), i32(1, 2), { smoothing: 2 }))).toMatchInlineSnapshot(`
      "OPTION crossEntropy: smoothing 2.
        expected  a number from 0 to 1
        at …"
    `)
    expect(screen(() => negativeLogLikelihood(f64(x), f64(p)))).toMatchInlineSnapshot(`
      "SHAPE negativeLogLikelihood: logarithms f64[2,3] and labels f64[2,3] do not fit.
        expected  labels i32[2]
        at …"
    `)
  })
})
