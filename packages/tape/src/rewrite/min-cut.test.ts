import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Edge, sinkSide } from './min-cut.js'

const NODES = 7

const costOf = (edges: readonly Edge[], side: readonly boolean[]): number =>
  edges.reduce((sum, [from, to, capacity]) => sum + (!side[from] && side[to] ? capacity : 0), 0)

const edgesOf = (nodes: number, capacity: fc.Arbitrary<number>, maxLength: number) =>
  fc.array(
    fc.tuple(fc.integer({ min: 0, max: nodes - 1 }), fc.integer({ min: 0, max: nodes - 1 }), capacity),
    { maxLength, size: 'max' },
  )

const whole = fc.integer({ min: 0, max: 9 })

/** Some cut has to be finite, so nothing infinite leaves the source. */
const someInfinite = (edges: readonly Edge[], isInfinite: (k: number) => boolean): readonly Edge[] =>
  edges.map(([from, to, capacity], k) => [from, to, from !== 0 && isInfinite(k) ? Infinity : capacity])

/** The value of a maximal flow, by paths that are found depth first (Ford & Fulkerson 1956). */
function maximalFlow(nodes: number, edges: readonly Edge[]): number {
  const left = Array.from({ length: nodes }, () => new Float64Array(nodes))
  for (const [from, to, capacity] of edges) left[from]![to]! += capacity
  let total = 0
  const advance = (node: number, most: number, seen: boolean[]): number => {
    if (node === 1) return most
    seen[node] = true
    for (let to = 0; to < nodes; to++) {
      if (seen[to] || left[node]![to]! <= 0) continue
      const flow = advance(to, Math.min(most, left[node]![to]!), seen)
      if (flow === 0) continue
      left[node]![to]! -= left[node]![to] === Infinity ? 0 : flow
      left[to]![node]! += flow
      return flow
    }
    return 0
  }
  for (;;) {
    const flow = advance(0, Infinity, [])
    if (flow === 0) return total
    total += flow
  }
}

test('is a minimal cut, with as few nodes on the side of the sink as any (all partitions)', () => {
  fc.assert(
    fc.property(edgesOf(NODES, whole, 18), fc.infiniteStream(fc.nat(3)), (finite, draws) => {
      const infinite = finite.map(() => draws.next().value === 0)
      for (const edges of [finite, someInfinite(finite, k => infinite[k]!)]) {
        const side = sinkSide(NODES, edges, 0, 1)
        expect([side[0], side[1]]).toEqual([false, true])
        const count = (flags: readonly boolean[]) => flags.filter(Boolean).length
        for (let bits = 0; bits < 1 << (NODES - 2); bits++) {
          const other = side.map((_, node) => (node < 2 ? node === 1 : ((bits >> (node - 2)) & 1) === 1))
          expect(costOf(edges, side)).toBeLessThanOrEqual(costOf(edges, other))
          if (costOf(edges, other) === costOf(edges, side))
            expect(count(side)).toBeLessThanOrEqual(count(other))
        }
      }
    }),
  )
})

test('costs as much as a maximal flow brings (independent augmenting paths, 40 nodes)', () => {
  fc.assert(
    fc.property(edgesOf(40, whole, 200), fc.nat(9), (finite, every) => {
      for (const edges of [finite, someInfinite(finite, k => k % 10 === every)]) {
        const side = sinkSide(40, edges, 0, 1)
        expect([side[0], side[1]]).toEqual([false, true])
        expect(costOf(edges, side)).toBe(maximalFlow(40, edges))
      }
    }),
    { numRuns: 200 },
  )
})

/** A chain whose k-th value costs `keep(k)` to have and `make(k)` to compute, all of them wanted or one in `every`. */
function chain(length: number, keep: (k: number) => number, make: (k: number) => number, every = 1): Edge[] {
  const [source, sink] = [0, 1]
  return Array.from({ length }, (_, k): Edge[] => {
    const [step, made, there] = [2 + 3 * k, 3 + 3 * k, 4 + 3 * k]
    return [
      [source, step, make(k)],
      [step, made, Infinity],
      [made, there, keep(k)],
      ...(k > 0 ? [[there - 3, step, Infinity] as const] : []),
      ...(k % every === 0 ? [[there, sink, Infinity] as const] : []),
    ]
  }).flat()
}

test.each([
  [
    'all kept',
    chain(
      20_000,
      () => 1,
      () => 2,
    ),
    20_000,
  ],
  [
    'all but the first computed',
    chain(
      20_000,
      k => 3 + (k % 2),
      () => 2,
    ),
    40_000,
  ],
  [
    'paths of every length',
    chain(
      20_000,
      k => 20_000 - k,
      () => 1,
    ),
    20_000,
  ],
  [
    'one wanted, at the end',
    chain(
      20_000,
      () => 7,
      () => 1,
      20_000,
    ).concat([[3 * 20_000 + 1, 1, Infinity]]),
    8,
  ],
])('a step of 20,000 instructions: %s', (_, edges, cost) => {
  expect(costOf(edges, sinkSide(2 + 3 * 20_000, edges, 0, 1))).toBe(cost)
})
