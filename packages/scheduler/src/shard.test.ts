import { describe, expect, test } from 'vitest'
import { shardRows, shardsOf } from './shard.js'

const mlp = { flopPerRow: 1.2e6, fixedFlop: 2.4e6, parameterBytes: 1_077_288, bytesPerRow: 9000 }
const heavy = { flopPerRow: 2e9, fixedFlop: 0, parameterBytes: 4e6, bytesPerRow: 2e7 }
/** Elman's network of 128 units over 256 steps. */
const recurrent = { flopPerRow: 6.8e7, fixedFlop: 2.3e8, parameterBytes: 131_584, bytesPerRow: 8e5 }
const tiny = { flopPerRow: 60, fixedFlop: 0, parameterBytes: 40, bytesPerRow: 100 }

describe('rows of a shard', () => {
  test.each([
    ['MLP 784-256-256-10', mlp, 128, 64],
    ['MLP 784-256-256-10', mlp, 1024, 128],
    ['MLP 784-256-256-10', mlp, 8192, 256],
    ['MLP 784-256-256-10', mlp, 60000, 1024],
    ['MLP 784-256-256-10', mlp, 10, 10],
    ['heavy rows', heavy, 128, 2],
    ['heavy rows', heavy, 1, 1],
    ['recurrent', recurrent, 32, 8],
    ['recurrent', { ...recurrent, fixedFlop: 0 }, 32, 1],
    ['tiny rows', tiny, 1000, 1000],
    ['tiny rows', tiny, 1_000_000, 131072],
  ])('%s', (_, facts, rows, expected) => {
    expect(shardRows({ ...facts, rows })).toBe(expected)
  })

  test('are a power of two or all rows', () => {
    for (let rows = 1; rows < 20000; rows += 37) {
      const size = shardRows({ ...mlp, rows })
      expect(size === rows || Number.isInteger(Math.log2(size))).toBe(true)
      expect(size).toBeGreaterThan(0)
    }
  })

  test('never exceed what fits an arena', () => {
    const large = { rows: 4096, flopPerRow: 1, fixedFlop: 0, parameterBytes: 1e9 }
    expect(shardRows({ ...large, bytesPerRow: 2 ** 28 })).toBe(2)
    expect(shardRows({ ...large, bytesPerRow: 2 ** 40 })).toBe(1)
  })
})

describe('shards', () => {
  test('cover every row once, in order, the last one shorter', () => {
    expect(shardsOf(10, 4)).toEqual([
      { index: 0, from: 0, rows: 4 },
      { index: 1, from: 4, rows: 4 },
      { index: 2, from: 8, rows: 2 },
    ])
    expect(shardsOf(4, 4)).toEqual([{ index: 0, from: 0, rows: 4 }])
  })
})
