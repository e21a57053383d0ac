import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Edge, sinkSide } from './min-cut.js'

const NODES = 7

const costOf = (edges: readonly Edge[], side: readonly boolean[]): number =>
  edges.reduce((sum, [from, to, capacity]) => sum + (!side[from] && side[to] ? capacity : 0), 0)

const edge = fc.tuple(
  fc.integer({ min: 0, max: NODES - 1 }),
  fc.integer({ min: 0, max: NODES - 1 }),
  fc.integer({ min: 0, max: 9 }),
)

test('is a minimal cut, with as few nodes on the side of the sink as any (all partitions)', () => {
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 18 }), edges => {
      const side = sinkSide(NODES, edges, 0, 1)
      expect([side[0], side[1]]).toEqual([false, true])
      const count = (flags: readonly boolean[]) => flags.filter(Boolean).length
      for (let bits = 0; bits < 1 << (NODES - 2); bits++) {
        const other = side.map((_, node) => (node < 2 ? node === 1 : ((bits >> (node - 2)) & 1) === 1))
        expect(costOf(edges, side)).toBeLessThanOrEqual(costOf(edges, other))
        if (costOf(edges, other) === costOf(edges, side))
          expect(count(side)).toBeLessThanOrEqual(count(other))
      }
    }),
  )
})
