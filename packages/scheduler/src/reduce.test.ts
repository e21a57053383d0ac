import { Arena, type Aval, type Data, Vectors } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { partialLayout, Reducer, reducerBytes } from './reduce.js'

const avals: readonly Aval[] = [
  { dtype: 'f32', shape: [3, 7] },
  { dtype: 'f64', shape: [5] },
  { dtype: 'f32', shape: [20001] },
  { dtype: 'f32', shape: [] },
]

/** Small whole numbers: sums of them are exact in any order. */
const partial = (shard: number): Data[] => [
  new Float32Array(21).map((_, k) => shard + k),
  new Float64Array(5).map((_, k) => shard - k),
  new Float32Array(20001).map((_, k) => (shard * k) % 17),
  Float32Array.of(shard),
]

describe('a reducer', () => {
  test.each([1, 2, 3, 8, 13])('sums the partials of %i shards in exactly the bytes it asked for', shards => {
    const layout = partialLayout(avals)
    const bytes = reducerBytes(layout, shards)
    const arena = new Arena({ maximumBytes: bytes })
    const reducer = new Reducer(arena, layout, shards)
    const waiting = Array.from({ length: shards }, (_, k) => shards - 1 - k)
    while (waiting.length > 0) {
      const shard = waiting.find(index => reducer.admits(index)) as number
      waiting.splice(waiting.indexOf(shard), 1)
      reducer.take(shard, partial(shard))
      if (shard % 2 === 0) reducer.settle()
    }
    const expected = partial(0)
    for (let shard = 1; shard < shards; shard++) {
      for (const [k, data] of partial(shard).entries()) {
        for (const [j, element] of data.entries())
          (expected[k] as Data)[j] = (expected[k]?.[j] as number) + element
      }
    }
    expect(reducer.quotient(1)).toEqual(expected)
    expect(reducer.quotient(4)).toEqual(expected.map(data => data.map(element => element / 4)))
    expect(arena.bytes).toBe(bytes)
  })

  // Partials end at a page, or the bytes in front of them would fit behind them, or do not.
  test.each([0, 16, 112, 128, 144])('has room for partials that end %i bytes before a page', spare => {
    const bytes = 32768 - spare / 2
    const layout = partialLayout([{ dtype: 'f32', shape: [bytes / 4] }])
    expect(reducerBytes(layout, 2)).toBe(spare < Vectors.begin ? 131072 : 65536)
    const arena = new Arena({ maximumBytes: reducerBytes(layout, 2) })
    const reducer = new Reducer(arena, layout, 2)
    for (const shard of [0, 1]) reducer.take(shard, [new Float32Array(bytes / 4).fill(shard + 1)])
    expect(reducer.quotient(1)).toEqual([new Float32Array(bytes / 4).fill(3)])
  })

  test('refuses an arena that is too small, naming the bytes it needs', () => {
    const layout = partialLayout(avals)
    const leastBytes = reducerBytes(layout, 8)
    const arena = new Arena({ maximumBytes: leastBytes - 65536 })
    expect(() => new Reducer(arena, layout, 8)).toThrow(
      expect.objectContaining({ code: 'BUDGET', leastBytes }),
    )
  })

  test('passes NaN and infinities through', () => {
    const layout = partialLayout([{ dtype: 'f32', shape: [3] }])
    const reducer = new Reducer(new Arena(), layout, 2)
    reducer.take(0, [Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY)])
    reducer.take(1, [Float32Array.of(1, 2, 3)])
    expect(reducer.quotient(1)).toEqual([Float32Array.of(Number.NaN, 3, Number.POSITIVE_INFINITY)])
  })
})

test('a quotient is that of an f32 and a number, rounded once', () => {
  const layout = partialLayout([
    { dtype: 'f32', shape: [40000] },
    { dtype: 'f64', shape: [3] },
  ])
  const sums: readonly Data[] = [
    new Float32Array(40000).map((_, k) => Math.fround(Math.sin(k) * 10 ** ((k % 80) - 40))),
    Float64Array.of(1, -0, Number.POSITIVE_INFINITY),
  ]
  for (const divisor of [3, 0.1, 1 + 2 ** -40, 1e30, 7e-42]) {
    const reducer = new Reducer(new Arena(), layout, 1)
    reducer.take(0, sums)
    expect(reducer.quotient(divisor)).toEqual(sums.map(data => data.map(element => element / divisor)))
  }
})
