import { greater, matmul, sin, stopGradient, sum, type Tensor, where } from '@wengert/tape'
import { describe, expect, it } from 'vitest'
import { workRatios } from './work.js'

const scalar = { dtype: 'f64', shape: [] } as const
const f64 = (...shape: number[]) => ({ dtype: 'f64', shape }) as const

// Griewank & Walther 2008, §4.4–4.6, with a nonlinear function of 16: moves and operations by hand.
describe('the work of', () => {
  it('a sum: 3 moves and 1 addition; again as much for the tangent; a sweep of 8 moves', () => {
    const { value, tangent, gradient } = workRatios(
      (x, y) => (x as Tensor).add(y as Tensor),
      [scalar, scalar],
    )
    expect(value).toBe(4)
    expect(tangent).toBe((4 + 4) / 4)
    expect(gradient).toBe((4 + 8) / 4)
  })

  it('a product: 2 products and an addition for the tangent, 2 products in the sweep', () => {
    const ratios = workRatios((x, y) => (x as Tensor).mul(y as Tensor), [scalar, scalar])
    expect(ratios).toEqual({ value: 4, tangent: (4 + 3 + 3) / 4, gradient: (4 + 8 + 2) / 4 })
  })

  it('a sine: the cosine and a product', () => {
    const ratios = workRatios(x => sin(x as Tensor), [scalar])
    expect(ratios).toEqual({ value: 18, tangent: (18 + 2 + 17) / 18, gradient: (18 + 5 + 17) / 18 })
  })

  it('a product of matrices: 3 moves for each of its products and additions', () => {
    const { value } = workRatios((x, y) => sum(matmul(x as Tensor, y as Tensor)), [f64(2, 3), f64(3, 4)])
    expect(value).toBe(4 * (2 * 2 * 3 * 4) + 4 * 8)
  })

  it('a decision: moves alone; and nothing more where derivatives stop', () => {
    const chosen = workRatios(x => sum(where(greater(x as Tensor, 0), x as Tensor, 0)), [f64(5)])
    expect(chosen.value).toBe(5 + 1 + 5 + (5 + 5 + 1 + 5) + 4 * 5)
    const stopped = workRatios(x => sum(stopGradient(x as Tensor)), [f64(5)])
    expect(stopped.tangent).toBe(1)
  })
})
