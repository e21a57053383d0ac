import {
  type FloatDType,
  flatten,
  type Tensor,
  type Tree,
  tensor,
  unflatten,
  valueAndGrad,
} from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import {
  attention,
  batchNorm,
  batchNormEvaluate,
  binaryCrossEntropy,
  cnn,
  convolution,
  crossEntropy,
  dense,
  elmanCell,
  embedding,
  flatRows,
  globalAverage,
  glorotUniform,
  groupNorm,
  gruCell,
  heUniform,
  huber,
  initBatchStatistics,
  initElman,
  initGru,
  initLstm,
  initMultiHeadAttention,
  klDivergence,
  type LstmState,
  layerNorm,
  lstmCell,
  meanAbsoluteError,
  meanSquaredError,
  mlp,
  multiHeadAttention,
  negativeLogLikelihood,
  rmsNorm,
} from './index.js'

const STEP = 1e-5
const f64 = { dtype: 'f64' as FloatDType }

/** Compares the gradient with central differences (f(p + h) − f(p − h)) / 2h in f64, for every element. */
function check<P extends Tree<Tensor>>(loss: (p: P) => Tensor, params: P, most = 60): void {
  const { value, gradient } = valueAndGrad(loss)(params)
  expect(value.dtype).toBe('f64')
  const { leaves, structure, paths } = flatten(params)
  const gradients = flatten(gradient).leaves
  for (const [k, leaf] of leaves.entries()) {
    const every = Math.max(1, Math.floor(leaf.size / most))
    for (let element = 0; element < leaf.size; element += every) {
      const at = (change: number) => {
        const data = leaf.toTypedArray()
        data[element] = (data[element] as number) + change
        const moved = leaves.map((other, j) => (j === k ? tensor(data, leaf.aval) : other))
        return mean(loss(unflatten<P>(structure, moved)))
      }
      const difference = (at(STEP) - at(-STEP)) / (2 * STEP)
      const found = gradients[k]?.toTypedArray()[element] as number
      const scale = Math.max(1, Math.abs(difference))
      expect(Math.abs(found - difference) / scale, `${paths[k]}[${element}]`).toBeLessThan(1e-6)
    }
  }
}

const mean = (x: Tensor) => [...x.toTypedArray()].reduce((sum, one) => sum + one, 0) / x.size

const labels = tensor([1, 0, 3], { dtype: 'i32' })
const draw = (stream: number, ...shape: number[]) => glorotUniform(shape, { seed: 4, stream, ...f64 })

describe('gradients are those of finite differences', () => {
  test('dense', () => {
    check(({ p, x }) => dense(p, x).square().sum({ axis: 1 }), {
      p: { w: draw(1, 5, 4), b: draw(2, 4) },
      x: draw(3, 3, 5),
    })
  })

  test('convolution and pooling over everything', () => {
    check(
      ({ p, x }) =>
        globalAverage(convolution(p, x, { stride: 2, padding: 'same' }))
          .square()
          .sum({ axis: 1 }),
      {
        p: { w: draw(1, 3, 3, 2, 4), b: draw(2, 4) },
        x: draw(3, 2, 5, 6, 2),
      },
    )
  })

  test('cross-entropy', () => check((logits: Tensor) => crossEntropy(logits, labels), draw(1, 3, 4)))

  test('mean squared error', () => {
    check(({ x, y }) => meanSquaredError(x, y), { x: draw(1, 3, 4), y: draw(2, 3, 4) })
    check(({ x, y }) => meanSquaredError(x, y), { x: draw(1, 4), y: draw(2, 4) })
  })

  test.each<[string, (x: Tensor, y: Tensor) => Tensor]>([
    ['huber', (x, y) => huber(x, y, { delta: 0.3 })],
    ['mean absolute error', meanAbsoluteError],
    ['binary cross-entropy', (x, y) => binaryCrossEntropy(x, y.sigmoid())],
    ['cross-entropy of soft labels', (x, y) => crossEntropy(x, y.softmax(), { smoothing: 0.2 })],
    ['Kullback–Leibler divergence', (x, y) => klDivergence(x.logSoftmax(), y.softmax())],
    ['negative log-likelihood', (x, y) => negativeLogLikelihood(x.mul(y), labels)],
  ])('%s', (_, loss) => check(({ x, y }) => loss(x, y), { x: draw(1, 3, 4), y: draw(2, 3, 4) }))

  const squares = (x: Tensor) => flatRows(x.square()).sum({ axis: 1 })
  const norm = { scale: draw(1, 4), shift: draw(2, 4) }

  test.each<[string, (p: typeof norm, x: Tensor) => Tensor]>([
    ['layer normalisation', (p, x) => layerNorm(p, x)],
    ['normalisation by the root mean square', (p, x) => rmsNorm(p, x)],
    ['group normalisation', (p, x) => groupNorm(p, x, { groups: 2 })],
    ['batch normalisation', (p, x) => batchNorm(p, initBatchStatistics(4, f64), x).out],
    ['batch normalisation, evaluated', (p, x) => batchNormEvaluate(p, seen, x)],
  ])('%s', (_, layer) => {
    // Times something, since the sum of the squares of what is normalised is constant.
    check(({ p, x }) => squares(layer(p, x).mul(draw(6, 2, 3, 4))), { p: norm, x: draw(3, 2, 3, 4) })
  })
  const seen = { mean: draw(4, 4), variance: draw(5, 4).square().add(0.5) }

  test('embedding', () => {
    const ids = tensor([[2, 0], [2, 2]], { dtype: 'i32' }) // biome-ignore format: a matrix
    check(p => squares(embedding(p, ids)), { table: draw(1, 3, 4) })
  })

  test('attention', () => {
    const qkv = { q: draw(1, 2, 2, 3, 2), k: draw(2, 2, 2, 3, 2), v: draw(3, 2, 2, 3, 4) }
    const mask = tensor([[true, false, true], [false, false, false], [true, true, true]]) // biome-ignore format: a matrix
    check(({ q, k, v }) => squares(attention(q, k, v, { mask })), qkv)
    check(({ q, k, v, mask }) => squares(attention(q, k, v, { mask, causal: true })), {
      ...qkv,
      mask: draw(4, 3, 3),
    })
  })

  test('attention with several heads', () => {
    const p = initMultiHeadAttention({ features: 4 }, { seed: 3, ...f64 })
    check(({ p, x }) => squares(multiHeadAttention(p, x, { heads: 2, causal: true })), {
      p,
      x: draw(3, 2, 3, 4),
    })
  })

  test('recurrent cells, over three steps', () => {
    const sizes = { inputs: 2, units: 3 }
    const xs = [draw(1, 2, 2), draw(2, 2, 2), draw(3, 2, 2)]
    const h = draw(4, 2, 3)
    const init = { seed: 8, ...f64 }
    check(({ p, h }) => squares(xs.reduce((state, x) => elmanCell(p, state, x), h)), {
      p: initElman(sizes, init),
      h,
    })
    check(({ p, h }) => squares(xs.reduce((state, x) => gruCell(p, state, x), h)), {
      p: initGru(sizes, init),
      h,
    })
    check(
      ({ p, state }) => {
        const { h, c } = xs.reduce((before: LstmState, x) => lstmCell(p, before, x), state)
        return squares(h).add(squares(c))
      },
      { p: initLstm(sizes, init), state: { h, c: draw(5, 2, 3) } },
    )
  })

  test('mlp', () => {
    const { init, apply } = mlp({ sizes: [6, 8, 4], activation: x => x.tanh() })
    const x = draw(9, 3, 6)
    check(p => crossEntropy(apply(p, x), labels), init(7, f64))
  })

  test('cnn', () => {
    const { init, apply } = cnn({ image: [12, 12, 1], channels: [2], classes: 4, window: 5 })
    const x = heUniform([3, 144], { seed: 9, ...f64 })
    check(p => crossEntropy(apply(p, x), labels), init(7, f64))
  })
})

test('cross-entropy is right for large logits, and its gradient is softmax − one-hot', () => {
  const logits = tensor([[1000, 0], [0, 1000]], f64) // biome-ignore format: a matrix
  const y = tensor([0, 0], { dtype: 'i32' })
  expect(crossEntropy(logits, y).toArray()).toEqual([0, 1000])
  const { gradient } = valueAndGrad((x: Tensor) => crossEntropy(x, y), { reduction: 'sum' })(logits)
  expect(gradient.toArray()).toEqual([[0, 0], [-1, 1]]) // biome-ignore format: a matrix
})

describe('shapes and dtypes that do not fit are refused', () => {
  test.each<[string, () => unknown, string]>([
    ['labels of another number of rows', () => crossEntropy(draw(1, 2, 4), labels), 'SHAPE'],
    ['labels that are floats', () => crossEntropy(draw(1, 3, 4), draw(2, 3)), 'DTYPE'],
    ['mean squared error of two shapes', () => meanSquaredError(draw(1, 3, 4), draw(2, 4, 3)), 'SHAPE'],
    ['a dense layer', () => dense({ w: draw(1, 5, 4), b: draw(2, 4) }, draw(3, 3, 6)), 'SHAPE'],
    ['a model of one size', () => mlp({ sizes: [3] }), 'OPTION'],
    ['an image that is too small', () => cnn({ image: [12, 12, 1] }), 'OPTION'],
  ])('%s', (_, run, code) => expect(run).toThrow(expect.objectContaining({ code })))
})

test('rows are flattened and averaged', () => {
  expect(flatRows(draw(1, 2, 3, 4)).shape).toEqual([2, 12])
  expect(globalAverage(draw(1, 2, 3, 4, 5)).shape).toEqual([2, 5])
})
