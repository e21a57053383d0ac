import { matmul, type Tensor, tensor, valueAndGrad } from '@wengert/tape'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  adam,
  fromSafetensors,
  inPieces,
  meanSquaredError,
  type Optimiser,
  sgd,
  type TrainEvent,
  type TrainOptions,
  type TrainStep,
  toSafetensors,
  train,
} from './index.js'

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

describe('training goes on where it stopped, with the bits of one that never did', () => {
  const all = async (over: Partial<TrainOptions<Tensor>>) => {
    const events: TrainEvent<Tensor>[] = []
    for await (const event of train({ ...options, epochs: 3, ...over })) events.push(event)
    return events
  }
  const bitsOf = ({ params, state }: TrainEvent<Tensor>) => [...toSafetensors({ params, state })]

  test.each<[string, Optimiser]>([
    ['sgd', sgd()],
    ['momentum', sgd({ rate: 0.05, momentum: 0.9 })],
    ['adam', adam({ rate: 0.2 })],
    ['adam in pieces', inPieces(adam({ rate: 0.2 }))],
  ])('%s, after every step and epoch, by way of a file', async (_, optimiser) => {
    const whole = await all({ optimiser })
    expect(whole).toHaveLength(3 * 4)
    for (const [k, after] of whole.entries()) {
      const first = { params: options.params, state: optimiser.init(options.params) }
      const { params, state } = fromSafetensors(
        toSafetensors({ params: after.params, state: after.state }),
        first,
      )
      const rest = await all({ optimiser, params, state, after })
      expect(rest.map(bitsOf)).toEqual(whole.slice(k + 1).map(bitsOf))
      expect(rest.map(said)).toEqual(whole.slice(k + 1).map(said))
    }
  })

  test('events before and behind any stops are those of one that never did', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }),
          batch: fc.integer({ min: 1, max: 10 }),
          epochs: fc.integer({ min: 1, max: 3 }),
          seed: fc.nat(99),
        }),
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }),
        async (drawn, stops) => {
          const over = { ...drawn, evaluate: async (w: Tensor) => w.sum().item() }
          const events: TrainEvent<Tensor>[] = []
          for (const stop of [...stops, Infinity]) {
            const after = events.at(-1)
            let left = stop
            const from = after && { params: after.params, state: after.state, after }
            for await (const event of train({ ...options, ...over, ...from })) {
              events.push(event)
              if (--left === 0) break
            }
          }
          const whole = await all(over)
          expect(events.map(said)).toEqual(whole.map(said))
          expect(events.map(bitsOf)).toEqual(whole.map(bitsOf))
        },
      ),
    ))

  const said = ({ params: _, state: __, ...event }: TrainEvent<Tensor>) => event

  test('the loss of an epoch is that of the rows that were left', async () => {
    const rest = await all({ params: tensor([1, 1]), after: { epoch: 1, step: 1 } })
    const steps = rest.slice(0, 2) as TrainStep<Tensor>[]
    const sum = steps.reduce((sum, { loss, rows }) => sum + loss * rows, 0)
    expect(rest[2]).toMatchObject({ kind: 'epoch', epoch: 1, loss: sum / 3 })
    const [end] = await all({ after: { epoch: 1, step: 3 } })
    expect(end).toMatchObject({ kind: 'epoch', epoch: 1, loss: Number.NaN })
  })

  test.each([
    ...[{ epoch: 0 }, { epoch: 1.5 }, { epoch: 1, step: -1 }, { step: 1 }, 3, null],
    ...[null, 3, { rows: 1 }, { rows: -1, lossSum: 1 }].map(learnt => ({ epoch: 1, step: 1, learnt })),
  ])('not after %j', async after => {
    await expect(all({ after: after as never })).rejects.toThrow(/train: `after` is .*\n +expected +an event/)
  })

  test('not with the state of another optimiser', async () => {
    const state = adam().init(options.params)
    await expect(all({ state })).rejects.toThrow(/the state has 2 moments/)
  })
})
