import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { axisOf } from './scale.js'

describe('an axis of costs', () => {
  test('is straight where the largest is not far from the others', () => {
    expect(axisOf([0, 10, 20, 30], 3)).toMatchObject({ isLogarithmic: false, ticks: [0, 10, 20, 30] })
  })

  test('is logarithmic where one is so large that the others would lie on the bottom', () => {
    const { isLogarithmic, place, ticks } = axisOf([0, 1, 2, 5, 4321], 4)
    expect(isLogarithmic).toBe(true)
    expect([0, 1, 2, 5, 4321].map(value => Number(place(value).toFixed(2)))).toMatchInlineSnapshot(`
      [
        0,
        0.05,
        0.09,
        0.16,
        1,
      ]
    `)
    expect(ticks).toMatchInlineSnapshot(`
      [
        0,
        4000,
        300,
        20,
        1,
      ]
    `)
  })

  test('keeps the order of values, gives them back, and has its ticks within them', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.nat(1e9).map(value => value / 1000),
          { minLength: 1 },
        ),
        values => {
          const { place, valueAt, ticks } = axisOf(values, 4)
          const sorted = values.toSorted((a, b) => a - b)
          const places = sorted.map(place)
          places.forEach((at, k) => {
            if (k > 0) expect(at).toBeGreaterThanOrEqual(places[k - 1]!)
            expect(Math.abs(valueAt(at) - sorted[k]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, sorted[k]!))
          })
          for (const tick of ticks) expect(tick).toBeLessThanOrEqual(sorted.at(-1)!)
        },
      ),
    )
  })
})
