import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena, pageCeil } from './arena.js'
import { Vectors } from './vectors.js'

const aligned = (bytes: number) => Math.ceil(bytes / 16) * 16

/** Pairs of vectors side by side, as close as they may lie. */
function pairs(count: number, f32: number, f64: number) {
  const bytes = aligned(4 * f32) + aligned(8 * f64)
  const arena = new Arena({ maximumBytes: pageCeil(Vectors.begin + count * bytes) })
  arena.reserve(Vectors.begin + count * bytes)
  const places = Array.from({ length: count }, (_, k) => {
    const at = Vectors.begin + k * bytes
    return { f32: at, f64: at + aligned(4 * f32) }
  })
  const { buffer } = arena.memory
  const views = places.map(at => [
    new Float32Array(buffer, at.f32, f32),
    new Float64Array(buffer, at.f64, f64),
  ])
  return { vectors: new Vectors(arena, { f32, f64 }), places, views }
}

const sizes = fc.integer({ min: 0, max: 70 })
const rounded = (k: number, x: number) => (k === 0 ? Math.fround(x) : x)

test('vectors are added and divided in place, and nothing else is touched', () => {
  fc.assert(
    fc.property(sizes, sizes, fc.double({ noDefaultInfinity: true }), (f32, f64, divisor) => {
      const { vectors, places, views } = pairs(4, f32, f64)
      const before = views.map((pair, j) =>
        pair.map(view => view.map((_, i) => Math.sin(i + 100 * j) * 10 ** ((i % 90) - 45))),
      )
      const fill = () => {
        for (const [j, pair] of views.entries())
          for (const [k, view] of pair.entries()) view.set(before[j]?.[k] ?? [])
      }
      const elementOf = (j: number, k: number, i: number) => before[j]?.[k]?.[i] as number

      fill()
      vectors.add(places[1] as (typeof places)[0], places[2] as (typeof places)[0])
      const added = before.map((pair, j) =>
        pair.map((view, k) => view.map((x, i) => (j === 1 ? rounded(k, x + elementOf(2, k, i)) : x))),
      )
      expect(views).toEqual(added)

      fill()
      vectors.divide(places[2] as (typeof places)[0], divisor)
      const divided = before.map((pair, j) =>
        pair.map((view, k) => view.map(x => (j === 2 ? rounded(k, x / divisor) : x))),
      )
      expect(views).toEqual(divided)
    }),
    { numRuns: 100 },
  )
})
