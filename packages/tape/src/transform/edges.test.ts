import { describe, expect, it } from 'vitest'
import { abs, atan2, cbrt, elu, gelu, hypot, mish, mod, mul, pow, silu, softplus, sum } from '../ops/index.js'
import { type Tensor, tensor } from '../record/index.js'
import { grad } from './index.js'

const f64 = (values: number[]) => tensor(values, { dtype: 'f64' })

/** Derivatives of an op by its operands, element by element. */
const gradients = (op: (x: Tensor, y: Tensor) => Tensor, x: number[], y: number[]) =>
  grad((a: Tensor, b: Tensor) => sum(op(a, b)), { argnums: [0, 1] })(f64(x), f64(y)).map(g => g.toArray())

/** Second derivatives of an op by its first operand. */
const second = (op: (x: Tensor, y: Tensor) => Tensor, x: number[], y: number[]) =>
  grad((a: Tensor) => sum(grad((inner: Tensor) => sum(op(inner, f64(y))))(a)))(f64(x)).toArray()

describe('derivatives at edges', () => {
  it('of pow where the base is 0 or negative', () => {
    const [byBase, byPower] = gradients(pow, [0, 0, 0, -2, 3], [0, 1, 2, 3, 0])
    expect(byBase).toEqual([0, 1, 0, 12, 0])
    expect(byPower).toEqual([0, 0, 0, Number.NaN, Math.log(3)])
    expect(second(pow, [0, 0, 0, -2, 0], [0, 1, 2, 3, 3])).toEqual([0, 0, 2, -12, 0])
  })

  it('of hypot at the origin and where squares overflow', () => {
    expect(gradients(hypot, [0, 3, 0], [0, 4, -2])).toEqual([
      [0, 0.6, 0],
      [0, 0.8, -1],
    ])
    expect(gradients(hypot, [3 * 2 ** 700], [4 * 2 ** 700])).toEqual([[0.6], [0.8]])
    expect(second(hypot, [0], [2])).toEqual([0.5])
  })

  it('of mod between its jumps', () => {
    expect(gradients(mod, [5, -5, 5, -5], [3, 3, -3, -3])).toEqual([
      [1, 1, 1, 1],
      [-1, 2, 2, -1],
    ])
  })

  it('of abs and of cbrt at 0', () => {
    expect(gradients((x, y) => mul(abs(x), y), [0, -2], [1, 1])[0]).toEqual([0, -1])
    expect(gradients((x, y) => mul(cbrt(x), y), [0], [1])[0]).toEqual([Number.POSITIVE_INFINITY])
  })

  it('of atan2 at the origin, on the axes and where squares overflow or vanish', () => {
    expect(gradients(atan2, [0, 0, 2, 0], [0, 2, 0, -4])).toEqual([
      [0, 0.5, 0, -0.25],
      [0, 0, -0.5, 0].map(x => (x === 0 ? expect.closeTo(0) : x)),
    ])
    expect(gradients(atan2, [0, 0], [2 ** 700, 2 ** -700])[0]).toEqual([2 ** -700, 2 ** 700])
  })

  it.each<[string, (x: Tensor) => Tensor]>([
    ['silu', silu],
    ['mish', mish],
    ['gelu', x => gelu(x)],
    ['gelu, tanh', x => gelu(x, { approximate: 'tanh' })],
  ])('of %s, with its value, at −∞', (_, op) => {
    const far = [Number.NEGATIVE_INFINITY, -1e30]
    for (const dtype of ['f32', 'f64'] as const) {
      expect(op(tensor([...far, Number.NaN], { dtype })).toArray()).toEqual([-0, -0, Number.NaN])
      expect(grad((x: Tensor) => sum(op(x)))(tensor(far, { dtype })).toArray()).toEqual([0, 0])
    }
  })

  it('of activations where exponentials overflow or vanish', () => {
    const one = (op: (x: Tensor) => Tensor) =>
      gradients((x, y) => mul(op(x), y), [-1e4, 0, 1e4], [1, 1, 1])[0]
    expect(one(softplus)).toEqual([0, 0.5, 1])
    expect(one(x => elu(x))).toEqual([0, 1, 1])
    expect(one(x => gelu(x))).toEqual([expect.closeTo(0), 0.5, 1])
    expect(one(x => gelu(x, { approximate: 'tanh' }))).toEqual([expect.closeTo(0), 0.5, 1])
    expect(second((x, y) => mul(elu(x), y), [1e4, -1e4], [1, 1])).toEqual([0, 0])
  })
})
