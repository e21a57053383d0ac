import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderMoves, type Relocation } from './moves.js'

/** Moves from one random packing of blocks to another. */
const moves = fc
  .array(
    fc.record({
      size: fc.integer({ min: 0, max: 5 }),
      before: fc.integer({ min: 0, max: 2 }),
      after: fc.integer({ min: 0, max: 2 }),
      rank: fc.nat(),
    }),
    { maxLength: 12 },
  )
  .map(list => {
    const pack = (order: typeof list, gap: (one: (typeof list)[number]) => number) => {
      let end = 0
      return new Map(
        order.map(one => {
          const at = end + gap(one)
          end = at + one.size
          return [one, at]
        }),
      )
    }
    const from = pack(list, ({ before }) => before)
    const to = pack(
      list.toSorted((a, b) => a.rank - b.rank),
      ({ after }) => after,
    )
    return list.map(one => ({ from: from.get(one) as number, to: to.get(one) as number, bytes: one.size }))
  })

const endOf = (moves: readonly Relocation[]) =>
  moves.reduce((end, { from, to, bytes }) => Math.max(end, from + bytes, to + bytes), 0)

/** Makes moves one after the other; whether every block arrives whole. */
function arrive(moves: readonly Relocation[], ordered: readonly Relocation[], limit: number): boolean {
  const memory = new Uint8Array(limit)
  moves.forEach(({ from, bytes }, k) => {
    memory.fill(k + 1, from, from + bytes)
  })
  for (const { from, to, bytes } of ordered) {
    expect(to + bytes).toBeLessThanOrEqual(limit)
    memory.copyWithin(to, from, from + bytes)
  }
  return moves.every(({ to, bytes }, k) => memory.subarray(to, to + bytes).every(byte => byte === k + 1))
}

describe('moves', () => {
  test('arrive whole, whatever the order', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 0, max: 20 }), (moves, room) => {
        const limit = endOf(moves) + room
        const ordered = orderMoves(moves, limit)
        if (ordered) expect(arrive(moves, ordered, limit)).toBe(true)
        else expect(room).toBeLessThan(moves.reduce((sum, { bytes }) => sum + bytes, 0))
      }),
      { numRuns: 500 },
    )
  })

  test('of what stays are none', () => {
    expect(orderMoves([{ from: 16, to: 16, bytes: 32 }], 48)).toEqual([])
  })

  test.each([
    ['a block over its old place', [{ from: 0, to: 8, bytes: 16 }], 24],
    [
      'blocks that slide',
      [
        { from: 0, to: 16, bytes: 16 },
        { from: 16, to: 32, bytes: 16 },
      ],
      48,
    ],
  ])('%s need no room', (_, moves, limit) => {
    const ordered = orderMoves(moves, limit) as readonly Relocation[]
    expect(ordered).toHaveLength(moves.length)
    expect(arrive(moves, ordered, limit)).toBe(true)
  })

  test('two that change places need room for one of them', () => {
    const swap = [
      { from: 0, to: 16, bytes: 16 },
      { from: 16, to: 0, bytes: 16 },
    ]
    expect(orderMoves(swap, 47)).toBeUndefined()
    expect(orderMoves(swap, 48)).toHaveLength(3)
  })
})
