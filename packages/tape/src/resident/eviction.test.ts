import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Eviction } from './eviction.js'
import type { Producer, Storage } from './value.js'

interface Node {
  readonly operands: readonly number[]
  readonly cost: number
  readonly bytes: number
}

const graphs = fc.array(
  fc.record({
    operands: fc.array(fc.nat(), { maxLength: 3 }),
    cost: fc.integer({ min: 1, max: 100 }),
    bytes: fc.integer({ min: 1, max: 8 }),
  }),
  { minLength: 2, maxLength: 25 },
)

/** Storages of a graph; the first are data. */
function storagesOf(nodes: readonly Node[]): Storage[] {
  const storages: Storage[] = []
  nodes.forEach(({ operands, cost, bytes }, id) => {
    const distinct = [...new Set(id === 0 ? [] : operands.map(k => k % id))].map(k => storages[k] as Storage)
    const results: Storage[] = []
    const producer: Producer = {
      op: 'add',
      params: {},
      operands: distinct.map(storage => ({ storage, aval: storage.aval })),
      results,
      cost,
      at: undefined,
      single: () => {
        throw new Error('Nothing runs here.')
      },
    }
    const storage: Storage = {
      id,
      aval: { dtype: 'f32', shape: [] },
      bytes: 16 * bytes,
      origin: id === 0 || distinct.length === 0 ? { data: () => new Float32Array(1) } : producer,
      readers: [],
      block: undefined,
      usedAt: 0,
      element: -1,
      holds: 0,
      lost: false,
    }
    results.push(storage)
    if (!('data' in storage.origin)) for (const one of distinct) one.readers.push(producer)
    storages.push(storage)
  })
  return storages
}

test('the storage goes first whose evicted surroundings cost least for its bytes and age', () => {
  fc.assert(
    fc.property(graphs, nodes => {
      const storages = storagesOf(nodes)
      const eviction = new Eviction()
      const usedAt = new Map<Storage, number>()
      let now = 0
      for (const storage of storages) {
        const cost = 'data' in storage.origin ? storage.bytes : storage.origin.cost
        eviction.enter(storage)
        eviction.use([storage], cost)
        now += cost
        usedAt.set(storage, now)
      }
      const gone = new Set<Storage>()
      const near = (storage: Storage): Storage[] =>
        'data' in storage.origin
          ? []
          : [
              ...storage.origin.operands.map(({ storage }) => storage),
              ...storage.readers.slice(0, 8).flatMap(({ results }) => results),
            ]
      /** 1 / h, with the surroundings found by walking them. */
      const score = (storage: Storage) => {
        const found = new Set<Storage>()
        const walk = (from: Storage) => {
          for (const next of near(from)) {
            if (!gone.has(next) || 'data' in next.origin || found.has(next)) continue
            found.add(next)
            walk(next)
          }
        }
        walk(storage)
        const cost = [storage, ...found].reduce(
          (sum, { origin, bytes }) => sum + ('data' in origin ? bytes : origin.cost),
          0,
        )
        return (storage.bytes * (now - (usedAt.get(storage) as number))) / cost
      }
      for (let left = storages.length; left > 0; left--) {
        const next = eviction.next() as Storage
        const best = Math.max(...storages.filter(one => !gone.has(one)).map(score))
        expect(score(next)).toBeCloseTo(best, 9)
        eviction.leave(next)
        gone.add(next)
      }
      expect(eviction.next()).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})

test('of many storages every one goes once, the held ones when nobody holds them, and none before its time', () => {
  const nodes = Array.from({ length: 300 }, (_, k) => ({
    operands: [k - 1, k >> 1].filter(id => id >= 0),
    cost: 1 + ((k * 37) % 50),
    bytes: 1 + (k % 3),
  }))
  const storages = storagesOf(nodes)
  const eviction = new Eviction()
  for (const storage of storages) {
    eviction.enter(storage)
    eviction.use([storage], 10)
  }
  const held = storages.filter(({ id }) => id % 5 === 0)
  for (const storage of held) storage.holds++
  const left: number[] = []
  const drain = () => {
    for (let next = eviction.next(); next; next = eviction.next()) {
      eviction.leave(next)
      left.push(next.id)
    }
  }
  drain()
  expect(left).toHaveLength(240)
  expect(left.every(id => id % 5 !== 0)).toBe(true)
  // Age counts: of the first tenth that goes, none is among the last that were used.
  expect(Math.max(...left.slice(0, 24))).toBeLessThan(290)
  for (const storage of held) storage.holds--
  drain()
  expect(left.toSorted((a, b) => a - b)).toEqual(storages.map(({ id }) => id))
})
