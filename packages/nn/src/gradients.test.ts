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
  cnn,
  convolution,
  crossEntropy,
  dense,
  flatRows,
  globalAverage,
  glorotUniform,
  heUniform,
  meanSquaredError,
  mlp,
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
