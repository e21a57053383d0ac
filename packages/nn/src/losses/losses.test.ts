import { jit, OptionError, ShapeError, type Tensor, tensor, valueAndGrad } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
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

describe('labels that do not fit are told which would', () => {
  const logits = tensor([[1, 2, 3], [4, 5, 6]]) // biome-ignore format: a matrix
  test.each<[string, (x: Tensor, y: Tensor) => Tensor, Tensor, string, string | undefined]>([
    ['a column', crossEntropy, i32(0, 1).reshape([2, 1]), 'labels i32[2], or probabilities f32[2,3]', '[2]'],
    ['a column of f32', crossEntropy, tensor([[0], [1]]), 'labels i32[2], or probabilities f32[2,3]', '[2]'],
    ['too many', crossEntropy, i32(0, 1, 2), 'labels i32[2], or probabilities f32[2,3]', undefined],
    [
      'none',
      crossEntropy,
      tensor(0, { dtype: 'i32' }),
      'labels i32[2], or probabilities f32[2,3]',
      undefined,
    ],
    ['logarithms', negativeLogLikelihood, i32(0, 1).reshape([1, 2]), 'labels i32[2]', '[2]'],
  ])('%s', (_, loss, labels, expected, shape) => {
    const { parts } = thrownBy(() => loss(logits, labels), ShapeError)
    expect(parts.expected).toBe(expected)
    expect(parts.fix).toBe(shape && `one label a row: labels.reshape(${shape})`)
    if (shape !== undefined) expect(loss(logits, labels.reshape([2]).convert('i32')).shape).toEqual([2])
  })

  test('of steps as well', () => {
    const steps = tensor(new Float32Array(24), { shape: [2, 4, 3] })
    const labels = tensor(new Int32Array(8), { shape: [8] })
    const { parts } = thrownBy(() => crossEntropy(steps, labels), ShapeError)
    expect([parts.expected, parts.fix]).toEqual([
      'labels i32[2,4], or probabilities f32[2,4,3]',
      'one label a row: labels.reshape([2, 4])',
    ])
  })
})

describe('accuracy', () => {
  const logits = tensor([[1, 2], [4, 3], [0, 9]]) // biome-ignore format: a matrix
  test('of hits, and of logits and labels', () => {
    const labels = i32(1, 1, 1)
    expect(accuracy(logits, labels)).toBe(2 / 3)
    expect(accuracy(hits(logits, labels))).toBe(2 / 3)
  })

  test.each([
    ['logits', logits, 'f32[3,2]'],
    ['labels', i32(0, 2, 1), 'i32[3] with 2'],
    ['probabilities', tensor([1, 0.5]), 'f32[2] with 0.5'],
    ['what is NaN', tensor([nan]), 'f32[1] with NaN'],
    ['a scalar', tensor(1), 'f32[]'],
  ])('not of %s alone', (_, found, said) => {
    const { parts } = thrownBy(() => accuracy(found), OptionError)
    expect(parts.summary).toBe(`accuracy: what it got is ${said}, no hits.`)
    expect(parts.fix).toBe('write `accuracy(hits(logits, labels))`, or `accuracy(logits, labels)`')
  })

  test('not of labels that do not fit', () => {
    expect(() => accuracy(logits, i32(1))).toThrow(
      /^accuracy: logits f32\[3,2\] and labels i32\[1\] do not fit/,
    )
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
