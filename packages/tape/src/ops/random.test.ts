import { thrownBy } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import { WengertError } from '../errors.js'
import { type Tensor, tensor } from '../record/index.js'
import { jit, vmap } from '../transform/index.js'
import * as ops from './table.js'

const key = ops.randomKey(2011)
const i32 = (values: number[]) => tensor(values, { dtype: 'i32' })
const numbers = (x: Tensor) => Array.from(x.toTypedArray())

/** Largest distance between the empirical distribution of numbers and a distribution function. */
function kolmogorov(values: readonly number[], distribution: (x: number) => number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.max(
    ...sorted.map((x, k) => {
      const p = distribution(x)
      return Math.max(p - k / sorted.length, (k + 1) / sorted.length - p)
    }),
  )
}

/** A distance that one in a thousand samples exceeds (Kolmogorov 1933): √(−½·log(0.0005) / n). */
const critical = (count: number) => Math.sqrt((-0.5 * Math.log(0.0005)) / count)

/** Σ (observed − expected)² / expected */
const chiSquare = (observed: readonly number[], expected: readonly number[]) =>
  observed.reduce(
    (sum, count, k) => sum + (count - (expected[k] as number)) ** 2 / (expected[k] as number),
    0,
  )

/** Mean, variance, and standardised third and fourth moments. */
function moments(values: readonly number[]): number[] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  const central = (power: number) => values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length
  const variance = central(2)
  return [mean, variance, central(3) / variance ** 1.5, central(4) / variance ** 2]
}

const COUNT = 40_000

describe.each(['f32', 'f64'] as const)('distributions in %s', dtype => {
  it('uniform numbers are uniform, and below `high`', () => {
    const values = numbers(ops.uniform(key, [COUNT], { dtype }))
    expect(values.every(x => x >= 0 && x < 1)).toBe(true)
    expect(kolmogorov(values, x => x)).toBeLessThan(critical(COUNT))
    const [mean, variance] = moments(values) as [number, number]
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * COUNT))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / COUNT))
  })

  it('neighbours in a stream are independent', () => {
    const values = numbers(ops.uniform(key, [COUNT], { dtype }))
    const cells = new Array<number>(64).fill(0)
    for (let k = 0; k + 1 < COUNT; k += 2) {
      const cell = 8 * Math.floor(8 * (values[k] as number)) + Math.floor(8 * (values[k + 1] as number))
      cells[cell] = (cells[cell] as number) + 1
    }
    // 63 degrees of freedom: one in a thousand exceeds 103.4.
    expect(chiSquare(cells, new Array<number>(64).fill(COUNT / 2 / 64))).toBeLessThan(103.4)
  })

  it('normal numbers are normal', () => {
    const values = numbers(ops.normal(key, [COUNT], { dtype }))
    const normal = (x: number) => 0.5 * ops.erfc(tensor(-x * Math.SQRT1_2, { dtype: 'f64' })).item()
    expect(kolmogorov(values.slice(0, 4000), normal)).toBeLessThan(critical(4000))
    const [mean, variance, skew, kurtosis] = moments(values) as [number, number, number, number]
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(COUNT))
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT))
    expect(Math.abs(skew)).toBeLessThan(4 * Math.sqrt(6 / COUNT))
    expect(Math.abs(kurtosis - 3)).toBeLessThan(4 * Math.sqrt(24 / COUNT))
  })

  it('bounds that rounding would reach are not reached', () => {
    for (const [low, high] of [
      [1, 1 + 2 ** (dtype === 'f32' ? -23 : -52)],
      [-1, 0],
      [1e6, 1e6 + 1],
      [-3, -1],
    ] as const) {
      const values = numbers(ops.uniform(key, [4000], { low, high, dtype }))
      expect(values.every(x => x >= low && x < high)).toBe(true)
    }
  })

  it('a Bernoulli trial of probability 0 fails, and of 1 succeeds', () => {
    const [never, always] = [0, 1].map(p => numbers(ops.bernoulli(key, tensor(p, { dtype }), [COUNT])))
    expect(never?.every(x => x === 0)).toBe(true)
    expect(always?.every(x => x === 1)).toBe(true)
    const share = numbers(ops.bernoulli(key, tensor(0.3, { dtype }), [COUNT])).reduce((sum, x) => sum + x, 0)
    expect(Math.abs(share / COUNT - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / COUNT))
  })

  it('categories come as often as softmax says', () => {
    const logits = tensor([0, 1, 2, -Infinity, -1], { dtype })
    const expected = numbers(ops.softmax(logits)).map(p => p * COUNT)
    const drawn = numbers(ops.categorical(key, ops.broadcastTo(logits, [COUNT, 5])))
    const counts = [0, 1, 2, 3, 4].map(category => drawn.filter(x => x === category).length)
    expect(counts[3]).toBe(0)
    const possible = [0, 1, 2, 4]
    // 3 degrees of freedom: one in a thousand exceeds 16.27.
    expect(
      chiSquare(
        possible.map(k => counts[k] as number),
        possible.map(k => expected[k] as number),
      ),
    ).toBeLessThan(16.27)
  })
})

describe('keys', () => {
  it('that are split or folded in differ from each other and from the key', () => {
    const keys = [
      ...[key, ops.foldIn(key, 0), ops.foldIn(key, 1), ops.foldIn(key, -1)].map(numbers),
      ...(ops.splitKey(key, 5000).toArray() as number[][]),
      ...(ops.foldIn(key, i32(Array.from({ length: 5000 }, (_, k) => k + 2))).toArray() as number[][]),
      numbers(ops.randomBits(key, [2])),
    ]
    expect(new Set(keys.map(String)).size).toBe(keys.length)
  })

  it('a longer draw begins with a shorter one', () => {
    expect(numbers(ops.uniform(key, [9])).slice(0, 5)).toEqual(numbers(ops.uniform(key, [5])))
    expect(numbers(ops.splitKey(key, 9)).slice(0, 10)).toEqual(numbers(ops.splitKey(key, 5)))
  })

  it('permutations are permutations, and every place is as likely', () => {
    const orders = ops.splitKey(key, 600)
    const all = vmap((own: Tensor) => ops.permutation(own, 6))(orders).toArray() as number[][]
    expect(all.every(order => order.toSorted().join() === '0,1,2,3,4,5')).toBe(true)
    const places = [0, 1, 2, 3, 4, 5].flatMap(place =>
      [0, 1, 2, 3, 4, 5].map(value => all.filter(order => order[place] === value).length),
    )
    // 25 degrees of freedom: one in a thousand exceeds 52.62.
    expect(chiSquare(places, new Array<number>(36).fill(100))).toBeLessThan(52.62)
  })
})

describe('the same bits', () => {
  const noise = (index: Tensor) => {
    const own = ops.foldIn(key, index)
    return ops.normal(own, [7])
  }
  const rows = i32([5, 0, 9, -3])

  it('mapped over rows and one by one', () => {
    const mapped = vmap(noise)(rows)
    const single = [5, 0, 9, -3].flatMap(index => numbers(noise(tensor(index, { dtype: 'i32' }))))
    expect(numbers(mapped)).toEqual(single)
    const pieces = [
      [5, 0],
      [9, -3],
    ].flatMap(part => numbers(vmap(noise)(i32(part))))
    expect(pieces).toEqual(single)
  })

  it('recorded and at once', () => {
    expect(numbers(jit(noise)(tensor(9, { dtype: 'i32' })))).toEqual(
      numbers(noise(tensor(9, { dtype: 'i32' }))),
    )
  })

  it('of words and uniform numbers in portable arithmetic', () => {
    const draws = (own: Tensor) => [ops.randomBits(own, [33]), ops.uniform(own, [33]), ops.splitKey(own, 5)]
    const [host, portable] = (['fast', 'portable'] as const).map(arithmetic =>
      jit(draws, { arithmetic })(key).map(numbers),
    )
    expect(portable).toEqual(host)
  })
})

describe('what does not fit is said', () => {
  const errorOf = (run: () => unknown): string => {
    const error = thrownBy(run, WengertError)
    return `${error.name}\n${error.message.replace(/\n {2}at.*/, '')}`
  }

  it.each<[string, () => unknown]>([
    ['randomKey', () => ops.randomKey(0.5)],
    ['splitKey', () => ops.splitKey(key, -1)],
    ['foldIn', () => ops.foldIn(key, 2 ** 32)],
    ['foldIn', () => ops.foldIn(key, tensor(1))],
    ['randomBits', () => ops.randomBits(key, [2], { stream: -1 })],
    ['uniform', () => ops.uniform(key, [2], { low: 1, high: 1 })],
    ['uniform', () => ops.uniform(key, [-1])],
    ['uniform', () => ops.uniform(key, [2], { dtype: 'i32' as 'f32' })],
    ['bernoulli', () => ops.bernoulli(key, 1.5)],
    ['bernoulli', () => ops.bernoulli(key, tensor([0.5, 0.5]), [])],
    ['bernoulli', () => ops.bernoulli(key, i32([1]))],
    ['categorical', () => ops.categorical(key, i32([1]))],
    ['permutation', () => ops.permutation(key, 1.5)],
  ])('%s', (op, run) => {
    expect(errorOf(run)).toMatch(new RegExp(`^(Option|Shape|DType)Error\\n${op}: .*\\n  expected `))
  })

  it('a seed instead of a key, and several keys', () => {
    expect(errorOf(() => ops.uniform(tensor(7), [2]))).toMatchInlineSnapshot(`
      "DTypeError
      uniform: the key is f32[].
        expected  a key, i32[2]
        fix       make one of a seed: randomKey(7)"
    `)
    expect(errorOf(() => ops.normal(ops.splitKey(key, 3), [2]))).toMatchInlineSnapshot(`
      "ShapeError
      normal: the key is i32[3,2].
        expected  a key, i32[2]
        fix       map over several keys with vmap, or choose one with at(keys, 0)"
    `)
  })
})
