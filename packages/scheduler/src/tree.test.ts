import { describe, expect, test } from 'vitest'
import { mostHeld, ReductionTree } from './tree.js'

const add = (left: number, right: number) => Math.fround(left + right)

/** The sum over [from, to): halves split at the largest power of two below their length. */
function reference(parts: ArrayLike<number>, from: number, to: number): number {
  if (to - from === 1) return parts[from] as number
  let half = 1
  while (2 * half < to - from) half *= 2
  return add(reference(parts, from, from + half), reference(parts, from + half, to))
}

/** A generator of numbers in [0, 1), the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Shards run in so many lanes, finish in random order, and wait in their lane until they are admitted. */
function reduce(parts: ArrayLike<number>, lanes: number, random: () => number) {
  const tree = new ReductionTree(parts.length, add)
  const running: number[] = []
  const waiting: number[] = []
  let next = 0
  let mostAtOnce = 0
  const start = () => {
    while (next < parts.length && running.length + waiting.length < lanes) running.push(next++)
  }
  for (start(); running.length + waiting.length > 0; start()) {
    if (running.length > 0) waiting.push(...running.splice(Math.floor(random() * running.length), 1))
    const lucky = waiting[Math.floor(random() * waiting.length)] as number
    const shard = tree.admits(lucky) ? lucky : waiting.find(other => tree.admits(other))
    if (running.length === 0 && shard === undefined) throw new Error('deadlock')
    if (shard === undefined) continue
    waiting.splice(waiting.indexOf(shard), 1)
    tree.take(shard, parts[shard] as number)
    mostAtOnce = Math.max(mostAtOnce, tree.held)
    if (random() < 0.5) tree.settle()
  }
  return { sum: tree.root(), mostAtOnce }
}

describe('the reduction tree', () => {
  test('gives the bits of the recursive sum for every number of shards and order of arrival', () => {
    const random = randomNumbers(1)
    for (let shards = 1; shards <= 200; shards++) {
      const parts = Float32Array.from({ length: shards }, () => (random() - 0.5) * 10 ** (6 * random()))
      const expected = reference(parts, 0, shards)
      for (const lanes of [1, 2, 3, 5, 16, 256]) {
        const { sum, mostAtOnce } = reduce(parts, lanes, random)
        expect(sum).toBe(expected)
        expect(mostAtOnce).toBeLessThanOrEqual(mostHeld(shards))
      }
    }
  })

  test('holds at most ⌊log₂ shards⌋ + 1 partials', () => {
    for (let shards = 1; shards <= 200; shards++) {
      expect(mostHeld(shards)).toBe(Math.floor(Math.log2(shards)) + 1)
    }
  })

  test('makes room for a few early shards, not for many', () => {
    const tree = new ReductionTree<string>(16, (left, right) => `(${left} ${right})`)
    expect([1, 2, 3, 4].map(shard => tree.admits(shard))).toEqual([true, true, true, true])
    tree.take(15, 'p15')
    expect(tree.admits(14)).toBe(true)
    expect(tree.admits(5)).toBe(false)
    expect(tree.admits(0)).toBe(true)
  })

  test('has no root before every shard was taken', () => {
    const tree = new ReductionTree<string>(3, (left, right) => `(${left} ${right})`)
    for (const [shard, root] of [
      [1, undefined],
      [0, undefined],
      [2, '((p0 p1) p2)'],
    ] as const) {
      tree.take(shard, `p${shard}`)
      expect(tree.root()).toBe(root)
    }
  })
})
