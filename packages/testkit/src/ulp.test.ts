import { describe, expect, it } from 'vitest'
import { ulpError, ulpOf } from './ulp.js'

describe('units in the last place', () => {
  it.each([
    [1, 'f32', 2 ** -23],
    [1.999, 'f32', 2 ** -23],
    [2, 'f32', 2 ** -22],
    [-0.75, 'f32', 2 ** -24],
    [0, 'f32', 2 ** -149],
    [2 ** -140, 'f32', 2 ** -149],
    [1, 'f64', 2 ** -52],
    [0, 'f64', 2 ** -1074],
    [2 ** -1074, 'f64', 2 ** -1074],
    [2 ** 1023, 'f64', 2 ** 971],
  ] as const)('of %d in %s are %d', (x, dtype, ulp) => {
    expect(ulpOf(x, dtype)).toBe(ulp)
  })

  it('measure errors', () => {
    expect(ulpError(1 + 2 ** -23, 1, 'f32')).toBe(1)
    expect(ulpError(Math.fround(0.1), 0.1, 'f32')).toBeLessThanOrEqual(0.5)
    expect(ulpError(3, 3, 'f64')).toBe(0)
    expect(ulpError(0, 2 ** -149, 'f32')).toBe(1)
  })

  it('take NaN for NaN and infinities for themselves', () => {
    expect(ulpError(Number.NaN, Number.NaN, 'f32')).toBe(0)
    expect(ulpError(Number.NaN, 1, 'f32')).toBe(Number.POSITIVE_INFINITY)
    expect(ulpError(1, Number.NaN, 'f32')).toBe(Number.POSITIVE_INFINITY)
    expect(ulpError(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 'f64')).toBe(0)
    expect(ulpError(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 'f64')).toBe(Number.POSITIVE_INFINITY)
    expect(ulpError(Number.POSITIVE_INFINITY, 1e39, 'f32')).toBe(0)
  })

  it('are all or nothing for integers', () => {
    expect(ulpError(3, 3, 'i32')).toBe(0)
    expect(ulpError(3, 4, 'i32')).toBe(Number.POSITIVE_INFINITY)
  })
})
