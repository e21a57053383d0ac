import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { glorotUniform, heUniform, permutationOf, randomWords, uniformWeights } from './index.js'

describe('random words', () => {
  test('a longer draw begins with a shorter one', () => {
    expect([...randomWords(9, { seed: 3 })].slice(0, 5)).toEqual([...randomWords(5, { seed: 3 })])
  })

  test('seeds and streams differ, above 2³² too', () => {
    const draws = [{}, { seed: 1 }, { seed: 2 ** 32 }, { stream: 1 }, { stream: 0xffffffff }]
    const texts = draws.map(options => randomWords(4, options).join())
    expect(new Set(texts).size).toBe(draws.length)
  })

  test.each([{ seed: -1 }, { seed: 0.5 }, { seed: Number.NaN }, { stream: 2 ** 32 }])(
    '%o is refused',
    options => {
      expect(() => randomWords(1, options)).toThrow(expect.objectContaining({ code: 'OPTION' }))
    },
  )
})

test('permutations are permutations, and differ by seed', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(), (count, seed) => {
      const order = permutationOf(count, { seed })
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, k) => k))
    }),
  )
  expect(permutationOf(100, { seed: 1 })).not.toEqual(permutationOf(100, { seed: 2 }))
})

describe('initialisers', () => {
  const values = (count: number, limit: number) => [
    ...uniformWeights([count], limit, { seed: 5 }).toTypedArray(),
  ]

  test('numbers are within the limit, with its mean and variance', () => {
    const drawn = values(20_000, 2)
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length
    const variance = drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length
    expect(drawn.every(x => x >= -2 && x < 2)).toBe(true)
    expect(mean).toBeCloseTo(0, 1)
    expect(variance).toBeCloseTo(4 / 3, 1)
  })

  test('f32 and f64 draw the same numbers, rounded', () => {
    const [f32, f64] = (['f32', 'f64'] as const).map(dtype => uniformWeights([50], 0.3, { seed: 5, dtype }))
    expect(f64?.toTypedArray().map(Math.fround)).toEqual(Float64Array.from(f32?.toTypedArray() ?? []))
  })

  test('limits count the places of a window', () => {
    const largest = (w: ReturnType<typeof uniformWeights>) => Math.max(...w.toTypedArray())
    expect(largest(heUniform([5, 5, 6, 200], { seed: 1 }))).toBeCloseTo(Math.sqrt(6 / 150), 2)
    expect(largest(glorotUniform([5, 5, 6, 200], { seed: 1 }))).toBeCloseTo(Math.sqrt(6 / 5150), 2)
  })
})
