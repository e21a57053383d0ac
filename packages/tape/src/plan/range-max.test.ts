import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RangeMax } from './range-max.js'

test('stretches are raised and looked at as one by one', () => {
  const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 400 })
  const stretches = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -9, max: 9 })), { maxLength: 30 })
  fc.assert(
    fc.property(values, stretches, (values, stretches) => {
      const plain = [...values]
      const levels = new RangeMax(Float64Array.from(values))
      for (const [a, b, amount] of stretches) {
        const [from, to] = [a % plain.length, b % plain.length]
        for (let p = from; p <= to; p++) plain[p] = (plain[p] as number) + amount
        levels.raise(from, to, amount)
        const [first, last] = [b % plain.length, a % plain.length]
        for (const [low, high] of [
          [from, to],
          [first, last],
          [0, plain.length - 1],
        ] as const) {
          const most = Math.max(...plain.slice(low, high + 1))
          for (const bound of [most - 1, most, most + 1, -Infinity, Infinity]) {
            expect(levels.exceeds(bound, low, high)).toBe(most > bound)
          }
        }
      }
    }),
  )
})
