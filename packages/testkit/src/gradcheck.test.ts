import { exp, mul, neg, sin, square, stopGradient, type Tensor, tensor } from '@wengert/tape'
import { describe, expect, it } from 'vitest'
import { checkAdjoint, checkGradient, checkSecondOrder, differentiate } from './gradcheck.js'

const x = tensor([0.5, -1.2, 2], { dtype: 'f64' })

describe('finite differences', () => {
  it.each([
    [Math.exp, 1, Math.exp(1)],
    [Math.sin, 0.3, Math.cos(0.3)],
    [Math.log, 0.2, 5],
    [(t: number) => t ** 7, 2, 448],
  ] as const)('of %s at %f are right to 11 digits', (f, at, want) => {
    const { derivative, error } = differentiate(t => f(at + t))
    expect(Math.abs(derivative / want - 1)).toBeLessThan(1e-11)
    expect(error).toBeLessThan(1e-8)
  })

  it('of nothing are nothing', () => {
    expect(differentiate(() => Number.NaN)).toEqual({
      derivative: Number.NaN,
      error: Number.POSITIVE_INFINITY,
    })
  })
})

describe('the checks accept right derivatives', () => {
  it('of orders 1 and 2 and their adjoints', () => {
    const f = (x: Tensor) => mul(sin(x), exp(x))
    expect(checkGradient(f, [x])).toBeLessThan(1e-10)
    expect(checkSecondOrder(f, [x])).toBeLessThan(1e-10)
    expect(checkAdjoint(f, [x])).toBeLessThan(1e-10)
  })
})

// stopGradient makes derivatives that are wrong on purpose: the value is that of a function, its derivative is not.
describe('the checks refuse wrong derivatives', () => {
  it('that lack a factor', () => {
    const half = (x: Tensor) => mul(stopGradient(x), x)
    expect(() => checkGradient(half, [x])).toThrow(/gradient: argument 0 at \[0\] is .*, expected /)
    expect(() => checkAdjoint(half, [x])).toThrow('J by differences')
  })

  it('that have the wrong sign', () => {
    // −x² + 2·(x² as a constant) = x².
    const flipped = (x: Tensor) => neg(square(x)).add(mul(2, stopGradient(square(x))))
    expect(() => checkGradient(flipped, [x])).toThrow('gradient')
  })

  it('that are zero', () => {
    expect(() => checkGradient(stopGradient, [x])).toThrow('gradient')
  })

  it('in one argument of two', () => {
    const f = (x: Tensor, y: Tensor) => mul(x, stopGradient(y))
    expect(() => checkGradient(f, [x, x.add(1)])).toThrow('argument 1')
  })

  it('of order 2 behind a gradient that is right', () => {
    // eˢ + eˢ·(x − s) at s = x held fixed: value eˣ, first derivative eˣ, second derivative 0.
    const tangent = (x: Tensor) => {
      const s = stopGradient(x)
      return exp(s).add(mul(exp(s), x.sub(s)))
    }
    expect(checkGradient(tangent, [x])).toBeLessThan(1e-10)
    expect(() => checkSecondOrder(tangent, [x])).toThrow('gradient')
  })

  it('that are off by a millionth', () => {
    const off = (x: Tensor) => mul(square(x), 1 - 1e-6).add(mul(stopGradient(square(x)), 1e-6))
    expect(() => checkGradient(off, [x])).toThrow('gradient')
  })
})
