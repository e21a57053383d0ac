import { expect, it } from 'vitest'
import { type Tensor, tensor } from '../record/index.js'
import { grad } from '../transform/index.js'
import { digamma, erf, erfinv, lgamma, polygamma } from './table.js'

type Scalar = (x: Tensor) => Tensor

/** Derivatives of a function at a point, from order 0 on. */
function derivatives(f: Scalar, at: number, orders: number): number[] {
  const values: number[] = []
  let next = f
  for (let order = 0; order <= orders; order++) {
    values.push(next(tensor(at, { dtype: 'f64' })).item())
    next = grad(next) as Scalar
  }
  return values
}

const near = (got: readonly number[], want: readonly number[]) => {
  expect(got).toHaveLength(want.length)
  got.forEach((value, k) => {
    expect(Math.abs(value - (want[k] as number))).toBeLessThan(4e-15 * Math.abs(want[k] as number) + 1e-300)
  })
}

it('derivatives of log Γ are those of the literature at 1', () => {
  // 0, −γ, ζ(2), −2ζ(3), 6ζ(4), −24ζ(5)
  near(derivatives(lgamma, 1, 5), [
    0,
    -0.5772156649015329,
    Math.PI ** 2 / 6,
    -2 * 1.2020569031595942,
    Math.PI ** 4 / 15,
    -24 * 1.03692775514337,
  ])
})

it('ψ′(½) = π²/2, and ψ⁽ⁿ⁾ satisfies its recurrence', () => {
  const half = tensor(0.5, { dtype: 'f64' })
  near([polygamma(half, 1).item()], [Math.PI ** 2 / 2])
  for (const x of [0.3, 1.7, -0.4, -2.6]) {
    const [here, next] = [x, x + 1].map(at => tensor(at, { dtype: 'f64' })) as [Tensor, Tensor]
    // ψ⁽ⁿ⁾(x + 1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ·n!/xⁿ⁺¹
    for (const [n, factorial] of [1, 1, 2, 6, 24, 120].entries()) {
      const f = (at: Tensor) => (n === 0 ? digamma(at) : polygamma(at, n)).item()
      const term = ((-1) ** n * factorial) / x ** (n + 1)
      const scale = Math.abs(f(here)) + Math.abs(f(next)) + Math.abs(term)
      expect(Math.abs(f(next) - f(here) - term) / scale).toBeLessThan(1e-14)
    }
  }
})

it('erf⁻¹ undoes erf, and so do its derivatives', () => {
  const there = (x: Tensor) => erfinv(erf(x))
  for (const at of [-2.5, -0.1, 0.7, 1.9]) {
    const [value, first, second] = derivatives(there, at, 2) as [number, number, number]
    // erf has lost digits of large x.
    expect(Math.abs(value - at)).toBeLessThan(1e-12)
    expect(Math.abs(first - 1)).toBeLessThan(1e-12)
    expect(Math.abs(second)).toBeLessThan(1e-10)
  }
})
