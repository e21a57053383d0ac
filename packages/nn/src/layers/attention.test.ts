import { grad, type NestedArray, type Tensor, tensor, vmap, WengertError } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import { attention, initMultiHeadAttention, type MaskOptions, multiHeadAttention } from './index.js'

const f64 = (values: NestedArray, shape?: readonly number[]) =>
  tensor(values, { dtype: 'f64', ...(shape && { shape }) })
const wild = (count: number, seed: number) =>
  Array.from({ length: count }, (_, k) => Math.sin(7 * k * k + 3 * k + seed))

type Matrix = readonly (readonly number[])[]

/** Attention of one head, by loops; `score` says what a mask makes of a score. */
function naive(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  score: (s: number, i: number, j: number) => number = s => s,
): Matrix {
  return q.map((query, i) => {
    const scores = k.map((key, j) => {
      const dot = query.reduce((sum, x, d) => sum + x * (key[d] as number), 0)
      return score(dot / Math.sqrt(query.length), i, j)
    })
    const powers = scores.map(Math.exp)
    const total = powers.reduce((sum, x) => sum + x, 0) || 1
    return (v[0] as readonly number[]).map((_, e) =>
      powers.reduce((sum, weight, j) => sum + (weight / total) * (v[j]?.[e] as number), 0),
    )
  })
}

const [Q, K, D, E] = [3, 4, 2, 5]
const query = f64(wild(2 * 2 * Q * D, 1), [2, 2, Q, D])
const key = f64(wild(2 * 2 * K * D, 2), [2, 2, K, D])
const value = f64(wild(2 * 2 * K * E, 3), [2, 2, K, E])
const allowed = [[true, false, true, true], [false, false, false, false], [false, true, false, true]] // biome-ignore format: a matrix
const additive = f64(wild(Q * K, 9), [Q, K])

describe('attention is that of loops, for every row and head', () => {
  test.each<[string, MaskOptions, (s: number, i: number, j: number) => number]>([
    ['without a mask', {}, s => s],
    ['causal', { causal: true }, (s, i, j) => (j <= i ? s : -Infinity)],
    ['a mask of bools', { mask: tensor(allowed) }, (s, i, j) => (allowed[i]?.[j] ? s : -Infinity)],
    [
      'a mask of bools, causal',
      { mask: tensor(allowed), causal: true },
      (s, i, j) => (allowed[i]?.[j] && j <= i ? s : -Infinity),
    ],
    ['a mask that is added', { mask: additive }, (s, i, j) => s + additive.at(i).at(j).item()],
    [
      'a mask that is added, causal',
      { mask: additive, causal: true },
      (s, i, j) => (j <= i ? s + additive.at(i).at(j).item() : -Infinity),
    ],
  ])('%s', (_, options, score) => {
    const out = attention(query, key, value, options)
    expect(out.shape).toEqual([2, 2, Q, E])
    for (const row of [0, 1])
      for (const head of [0, 1]) {
        const [q, k, v] = [query, key, value].map(x => x.at(row).at(head).toArray() as Matrix)
        const expected = naive(q as Matrix, k as Matrix, v as Matrix, score)
        expect(out.at(row).at(head).toArray()).toEqual(
          expected.map(line => line.map(x => expect.closeTo(x, 12))),
        )
      }
  })

  test('masks broadcast, and keys may be shared by all rows', () => {
    const mask = tensor([true, true, false, true], { shape: [1, 1, 1, K] })
    const shared = attention(query, key.at(0).at(0), value.at(0).at(0), { mask })
    const [q, k, v] = [query.at(1).at(1), key.at(0).at(0), value.at(0).at(0)]
    expect(shared.at(1).at(1).toArray()).toEqual(attention(q, k, v, { mask: mask.reshape([1, K]) }).toArray())
  })

  test('a query without keys has no derivative, others are as if it were not there', () => {
    const loss = (q: Tensor, k: Tensor, v: Tensor) =>
      attention(q, k, v, { mask: tensor(allowed) })
        .square()
        .sum()
    const [dq, dk, dv] = grad(loss, { argnums: [0, 1, 2] })(query, key, value)
    for (const d of [dq, dk, dv]) expect([...d.toTypedArray()].every(Number.isFinite)).toBe(true)
    expect(dq.at(0).at(0).at(1).toArray()).toEqual([0, 0])
  })

  test('large scores', () => {
    const far = f64([[1e4, 0], [0, 1e4]]) // biome-ignore format: a matrix
    const values = f64([[1], [3]])
    expect(attention(far, far, values).toArray()).toEqual([[1], [3]])
    expect(attention(far, f64([[-1e4, 0], [0, -1e4]]), values, { causal: true }).toArray()).toEqual([[1], [1]]) // biome-ignore format: one
  })

  test('mapped over rows', () => {
    const each = vmap((q: Tensor, k: Tensor, v: Tensor) => attention(q, k, v, { causal: true }))
    const whole = attention(query, key, value, { causal: true }).toTypedArray()
    each(query, key, value)
      .toTypedArray()
      .forEach((x, k) => {
        expect(x).toBeCloseTo(whole[k] as number, 13)
      })
  })
})

test('multiHeadAttention is dense layers about attention, head by head', () => {
  const p = initMultiHeadAttention({ features: 4 }, { seed: 3, dtype: 'f64' })
  const [x, context] = [f64(wild(24, 5), [2, 3, 4]), f64(wild(40, 6), [2, 5, 4])]
  const out = multiHeadAttention(p, x, { heads: 2, context })
  for (const row of [0, 1]) {
    const project = (layer: typeof p.query, of: Tensor) => of.at(row).matmul(layer.w).add(layer.b)
    const heads = [0, 1].map(head => {
      const part = (of: Tensor) => of.slice([0, 2 * head], [of.shape[0] as number, 2 * head + 2])
      return attention(
        part(project(p.query, x)),
        part(project(p.key, context)),
        part(project(p.value, context)),
      )
    })
    const joined = heads.map(head => head.toArray() as Matrix)
    const rows = [0, 1, 2].map(i => joined.flatMap(head => [...(head[i] as number[])]))
    const expected = f64(rows).matmul(p.out.w).add(p.out.b).toArray() as Matrix
    expect(out.at(row).toArray()).toEqual(expected.map(line => line.map(one => expect.closeTo(one, 12))))
  }
})

test('what does not fit is said', () => {
  const screen = (run: () => unknown): string => {
    const error = thrownBy(run, WengertError)
    return `${error.code} ${error.message.replace(/at +\S+$/m, 'at …')}`
  }
  const p = initMultiHeadAttention({ features: 4 })
  expect(screen(() => attention(query, value, value))).toMatchInlineSnapshot(`
    "SHAPE attention: query f64[2,2,3,2], key f64[2,2,4,5] and value f64[2,2,4,5] do not fit.
      expected  query [..., queries, d], key [..., keys, d], value [..., keys, e]
      at …"
  `)
  expect(screen(() => attention(query.at(0), key.at(0), key.at(0).slice([0, 1])))).toMatchInlineSnapshot(`
    "SHAPE attention: query f64[2,3,2], key f64[2,4,2] and value f64[2,3,2] do not fit.
      expected  query [..., queries, d], key [..., keys, d], value [..., keys, e]
      at …"
  `)
  expect(screen(() => multiHeadAttention(p, tensor([[1, 2, 3, 4]]), { heads: 2 }))).toMatchInlineSnapshot(`
    "SHAPE multiHeadAttention: x f32[1,4], context f32[1,4].
      expected  both [rows, length, features]
      at …"
  `)
  expect(screen(() => multiHeadAttention(p, tensor([[[1, 2, 3, 4]]]), { heads: 3 }))).toMatchInlineSnapshot(`
    "OPTION multiHeadAttention: 3 heads of 4 features.
      expected  a number that divides 4
      at …"
  `)
})
