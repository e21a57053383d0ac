import { flatten, type Tensor, tensor } from '@wengert/tape'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cnn, dense, glorotUniform, heUniform, initDense, mlp } from '../index.js'

const bits = (x: Tensor | undefined) => [x?.dtype, x?.shape.join(), x?.toTypedArray().join()]

describe('initDense', () => {
  const size = fc.integer({ min: 1, max: 9 })

  test('weights are those of the draw with their limit, biases 0', () => {
    fc.assert(
      fc.property(
        ...[size, size, fc.nat(), fc.nat({ max: 9 })],
        fc.constantFrom('f32' as const, 'f64' as const),
        (inputs, outputs, seed, stream, dtype) => {
          const options = { seed, stream, dtype }
          const [he, glorot, none] = (['he', 'glorot', undefined] as const).map(weights =>
            initDense({ inputs, outputs }, weights ? { ...options, weights } : options),
          )
          expect(bits(he?.w)).toEqual(bits(heUniform([inputs, outputs], options)))
          expect(bits(glorot?.w)).toEqual(bits(glorotUniform([inputs, outputs], options)))
          expect(bits(none?.w)).toEqual(bits(glorot?.w))
          expect(bits(he?.b)).toEqual([dtype, `${outputs}`, Array(outputs).fill(0).join()])
        },
      ),
    )
  })

  test.each([
    [
      { inputs: 0, outputs: 1 },
      {},
      /initDense: `inputs` and `outputs` is .*\n +expected +whole numbers above 0/,
    ],
    [{ inputs: 2 }, {}, /whole numbers above 0/],
    [{ in: 2, outputs: 1 }, {}, /initDense: there is no option `in`/],
    [{ inputs: 2, outputs: 1 }, { weights: 'normal' }, /`weights` is 'normal'[\s\S]*'glorot'/],
    [{ inputs: 2, outputs: 1 }, { sed: 1 }, /initDense: there is no option `sed`/],
  ])('%j, %j is refused', (sizes, options, said) => {
    expect(() => initDense(sizes as never, options as never)).toThrow(said)
  })

  test('models are made of it, with a stream a layer', () => {
    const layers = mlp({ sizes: [4, 3, 2] }).init(5)
    const own = [
      initDense({ inputs: 4, outputs: 3 }, { seed: 5, stream: 0, weights: 'he' }),
      initDense({ inputs: 3, outputs: 2 }, { seed: 5, stream: 1 }),
    ]
    expect(flatten(layers).leaves.map(bits)).toEqual(flatten(own).leaves.map(bits))
    const { head } = cnn({ image: [4, 4, 1], channels: [2], window: 3, classes: 3 }).init(5, { dtype: 'f64' })
    expect(flatten(head).leaves.map(bits)).toEqual(
      flatten(initDense({ inputs: 2, outputs: 3 }, { seed: 5, stream: 1, dtype: 'f64' })).leaves.map(bits),
    )
  })
})

test('a dense layer works along the last axis, whatever axes there are before', () => {
  const p = { w: tensor([[1, 0, 2], [0, 1, 3]]), b: tensor([10, 20, 30]) } // biome-ignore format: a matrix
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8])
  const flat = dense(p, x.reshape([4, 2]))
  const deep = dense(p, x.reshape([2, 1, 2, 2]))
  expect(deep.shape).toEqual([2, 1, 2, 3])
  expect(bits(deep.reshape([4, 3]))).toEqual(bits(flat))
})
