import { createScheduler } from '@wengert/scheduler'
import {
  BudgetError,
  bernoulli,
  foldIn,
  mul,
  normal,
  randomKey,
  type Tensor,
  tensor,
  vmap,
  where,
} from '@wengert/tape'
import { expect, test } from 'vitest'
import { type Batch, batch, bitsOf, loss, type Params, params, ROWS } from './scheduler-model.js'

const key = randomKey(7)

interface Rows extends Batch {
  /** i32[rows] */
  readonly index: Tensor
}

/** Noise and dropout of the pixels of a row, from its own key alone. */
const noisy = (x: Tensor, own: Tensor): Tensor => {
  const kept = bernoulli(foldIn(own, 0), 0.5, x.shape)
  return where(kept, mul(x, 2), 0).add(normal(foldIn(own, 1), x.shape, { deviation: 0.1 }))
}

const noisyLoss = (p: Params, { index, ...rows }: Rows): Tensor =>
  loss(p, { ...rows, x: vmap((x: Tensor, k: Tensor) => noisy(x, foldIn(key, k)))(rows.x, index) })

const rows: Rows = { ...batch, index: tensor(Int32Array.from({ length: ROWS }, (_, k) => k)) }

async function bits(workers: number, memory?: number, choice?: readonly number[]): Promise<string> {
  await using scheduler = await createScheduler(noisyLoss, { workers, memory })
  return bitsOf(await scheduler.valueAndGrad(params, rows, choice ? { rows: choice } : {}))
}

async function leastBytes(workers: number): Promise<number> {
  await using scheduler = await createScheduler(noisyLoss, { workers, memory: 1 })
  const error = await scheduler.valueAndGrad(params, rows).catch((reason: unknown) => reason)
  if (!(error instanceof BudgetError)) throw error
  return error.leastBytes
}

const expected = await bits(0)

test.each([0, 1, 2, 3])('rows draw the same numbers with %i workers and any budget', async workers => {
  const least = await leastBytes(workers)
  for (const memory of [undefined, least, 2 * least]) expect(await bits(workers, memory)).toBe(expected)
})

test('rows may carry their keys instead', async () => {
  const keyed = (p: Params, { keys, ...own }: Batch & { readonly keys: Tensor }) =>
    loss(p, { ...own, x: vmap(noisy)(own.x, keys) })
  await using scheduler = await createScheduler(keyed, { workers: 2 })
  const keys = foldIn(key, rows.index)
  expect(bitsOf(await scheduler.valueAndGrad(params, { ...batch, keys }))).toBe(expected)
})

test('rows draw by their index, not by their place', async () => {
  await using scheduler = await createScheduler(noisyLoss, { workers: 2 })
  const value = async (choice: readonly number[]) =>
    (
      await scheduler.map((p: Params, b: Rows) => noisyLoss(p, b), params, rows, { rows: choice })
    ).toTypedArray()
  const [whole, turned] = [await value([3, 700, 1999]), await value([1999, 3, 700])]
  expect([...turned]).toEqual([whole[2], whole[0], whole[1]])
})

test('another key gives another gradient', async () => {
  const other = (p: Params, b: Rows) => noisyLoss(p, { ...b, index: b.index.add(1) })
  await using scheduler = await createScheduler(other, { workers: 1 })
  expect(bitsOf(await scheduler.valueAndGrad(params, rows))).not.toBe(expected)
})
