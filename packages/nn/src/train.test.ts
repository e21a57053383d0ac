import { matmul, type Tensor, tensor, valueAndGrad } from '@wengert/tape'
import { expect, test } from 'vitest'
import { meanSquaredError, sgd, type TrainEvent, train } from './index.js'

const x = tensor([[1, 0], [0, 1], [1, 1], [2, 1], [1, 3]]) // biome-ignore format: a matrix
const y = matmul(x, tensor([3, -2]))
const pick = (from: Tensor, rows: Int32Array) => tensor(Array.from(rows, row => from.at(row).toArray()))
const both = valueAndGrad((w: Tensor, x: Tensor, y: Tensor) => meanSquaredError(matmul(x, w), y))

const options = {
  params: tensor([0, 0]),
  rows: [0, 1, 2, 3, 4],
  batch: 2,
  epochs: 60,
  seed: 7,
  optimiser: sgd({ rate: 0.1 }),
  gradient: async (w: Tensor, rows: Int32Array) => both(w, pick(x, rows), pick(y, rows)),
}

test('a linear model is learnt, in steps and epochs', async () => {
  const events: TrainEvent<Tensor>[] = []
  for await (const event of train({ ...options, evaluate: async w => w.sum().item() })) events.push(event)
  expect(events).toHaveLength(60 * 4)
  expect(
    events.slice(0, 4).map(event => ('step' in event ? [event.step, event.steps, event.rows] : event.kind)),
  ).toEqual([[1, 3, 2], [2, 3, 2], [3, 3, 1], 'epoch'])
  const last = events.at(-1)
  expect(last).toMatchObject({ kind: 'epoch', epoch: 60 })
  expect(last?.params.toArray()).toEqual([expect.closeTo(3, 3), expect.closeTo(-2, 3)])
  expect(last && 'score' in last ? last.score : undefined).toBeCloseTo(1, 3)
})

test('the result is the same every time, and another for another seed', async () => {
  const run = async (seed: number) => {
    const events = train({ ...options, epochs: 2, seed })
    for (;;) {
      const { done, value } = await events.next()
      if (done) return value.params.toArray()
    }
  }
  expect(await run(7)).toEqual(await run(7))
  expect(await run(8)).not.toEqual(await run(7))
})
