import { describe, expect, it } from 'vitest'
import { grad, logSoftmax, logsumexp, softmax, sum, type Tensor, tensor } from '../index.js'

const dtypes = ['f32', 'f64'] as const

describe.each(dtypes)('in %s', dtype => {
  const of = (xs: number[]) => tensor(xs, { dtype })

  it.each([
    [[1000, 1000], 1000 + Math.LN2],
    [[-1000, -1000], -1000 + Math.LN2],
    [[3e38, 3e38], 3e38],
    [[Infinity, 0], Infinity],
    [[-Infinity, 2], 2],
    [[-Infinity, -Infinity], -Infinity],
    [[Infinity, -Infinity], Infinity],
    [[NaN, 1], NaN],
  ])('log Σ exp of %j is %d', (xs, want) => {
    const got = logsumexp(of(xs)).item()
    if (Number.isFinite(want)) expect(Math.abs(got / want - 1)).toBeLessThan(1e-7)
    else expect(got).toBe(want)
  })

  it('softmax leaves masked elements at exactly 0, and so does its derivative', () => {
    const xs = of([1, -Infinity, 1])
    expect(softmax(xs).toArray()).toEqual([0.5, 0, 0.5])
    const first = (x: Tensor) => sum(softmax(x).mul(of([1, 1, 0])))
    expect(grad(first)(xs).toArray()).toEqual([0.25, 0, -0.25])
    expect((logSoftmax(xs).toArray() as number[])[1]).toBe(-Infinity)
  })
})
