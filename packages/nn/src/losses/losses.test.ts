import { jit, type Tensor, tensor, valueAndGrad } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { accuracy, crossEntropy, hits, negativeLogLikelihood } from './index.js'

const i32 = (...labels: number[]) => tensor(labels, { dtype: 'i32' })
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

describe('crossEntropy', () => {
  test.each([1, 100, 100_000, 1e30])('keeps its digits when logits are about %s', large => {
    const gap = Math.max(1, large * 2 ** -20)
    const found = crossEntropy(tensor([[large, large - gap]]), i32(0))
      .at(0)
      .item()
    expect(found).toBeCloseTo(Math.log1p(Math.exp(-gap)), 6)
  })

  test('an impossible class costs nothing, unless it is the label', () => {
    const logits = tensor([[0, 0, -infinity], [0, 0, -infinity]]) // biome-ignore format: a matrix
    const loss = (x: Tensor) => crossEntropy(x, i32(0, 0))
    expect(loss(logits).toArray()).toEqual([expect.closeTo(Math.LN2, 6), expect.closeTo(Math.LN2, 6)])
    const { gradient } = valueAndGrad(loss, { reduction: 'sum' })(logits)
    expect(gradient.toArray()).toEqual([[-0.5, 0.5, 0], [-0.5, 0.5, 0]]) // biome-ignore format: a matrix
    expect(crossEntropy(logits, i32(2, 1)).at(0).item()).toBe(infinity)
  })

  test('a label that is no class gives NaN in its row alone', () => {
    const logits = tensor([[0, 0], [0, 0], [0, 0], [0, 0]]) // biome-ignore format: a matrix
    const [low, high, most, right] = crossEntropy(logits, i32(-1, 2, 2 ** 31 - 1, 1)).toTypedArray()
    expect([low, high, most]).toEqual([nan, nan, nan])
    expect(right).toBeCloseTo(Math.LN2, 6)
  })

  test.each([crossEntropy, negativeLogLikelihood])('… and in its gradient', loss => {
    const logs = tensor([[-1, -2], [-3, -4]]) // biome-ignore format: a matrix
    const { gradient } = valueAndGrad((x: Tensor) => loss(x, i32(2, 0)), { reduction: 'sum' })(logs)
    const [wrong, right] = [gradient.at(0).toTypedArray(), gradient.at(1).toTypedArray()]
    expect([...wrong].some(Number.isNaN)).toBe(true)
    expect([...right].every(Number.isFinite)).toBe(true)
  })
})

describe('hits', () => {
  test.each<[string, readonly number[], number, number]>([
    ['the largest', [1, 3, 2], 1, 1],
    ['another', [1, 3, 2], 2, 0],
    ['the first of two', [1, 3, 3], 1, 1],
    ['the second of two', [1, 3, 3], 2, 0],
    ['the first of a constant', [0, 0, 0], 0, 1],
    ['another of a constant', [0, 0, 0], 1, 0],
    ['the first of infinities', [infinity, infinity, 0], 0, 1],
    ['the second of infinities', [infinity, infinity, 0], 1, 0],
    ['nothing but −∞', [-infinity, -infinity, -infinity], 1, 0],
    ['NaN itself', [1, nan, 0], 1, 0],
    ['beside NaN', [1, nan, 0], 0, 0],
    ['all NaN', [nan, nan, nan], 0, 0],
    ['one past the classes, all NaN', [nan, nan, nan], 3, 0],
    ['a label below the classes', [-1, 0, -3], -1, 0],
    ['a label past the classes', [-1, 0, -3], 3, 0],
  ])('%s: %j, label %i → %i', (_, logits, label, expected) => {
    const [x, y] = [tensor([[...logits]]), i32(label)]
    expect(hits(x, y).toArray()).toEqual([expected])
    expect(jit(hits)(x, y).toArray()).toEqual([expected])
    expect(hits(x.convert('f64'), y).toArray()).toEqual([expected])
  })

  test('a constant network is right about one class', () => {
    const labels = Int32Array.from({ length: 40 }, (_, row) => row % 4)
    const found = hits(tensor(new Float32Array(160), { shape: [40, 4] }), tensor(labels))
    expect(accuracy(found)).toBe(0.25)
  })
})
