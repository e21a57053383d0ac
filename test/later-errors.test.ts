import { Worker } from 'node:worker_threads'
import * as nn from '@wengert/nn'
import { ClosedError, createScheduler, LaneError } from '@wengert/scheduler'
import { BudgetError, ShapeError, SpillError, type Tensor, tensor, WengertError } from '@wengert/tape'
import { describe, expect, test } from 'vitest'

const [w, x] = [tensor(2), tensor([1, 2, 3])]
const loss = (w: Tensor, x: Tensor) => x.mul(w)
const total = (w: Tensor, x: Tensor) => x.mul(w).sum()
const first = (w: Tensor) => w

/** The line of this file that calls it. */
const line = () =>
  Number(/later-errors\.test\.ts:(\d+):/.exec((new Error().stack ?? '').split('\n')[2] ?? '')?.[1])

/** A worker that ends as soon as it is to compute. */
const spawn = () =>
  new Worker(new URL('./scheduler-fault-worker.mjs', import.meta.url), {
    workerData: Int32Array.of(0, 1, 1000).buffer,
    stderr: true,
  })

type Called = readonly [line: number, result: Promise<unknown>]

/** Calls whose errors are thrown after they have returned their promise. */
const calls: Readonly<Record<string, (ofClass: (kind: unknown) => void) => Promise<Called>>> = {
  'a loss that is no number a row': async ofClass => {
    ofClass(ShapeError)
    const scheduler = await createScheduler(total, { workers: 0 })
    return [line(), scheduler.valueAndGrad(w, x)]
  },
  'a call that waits for another': async ofClass => {
    ofClass(ShapeError)
    const scheduler = await createScheduler(loss, { workers: 0 })
    void scheduler.valueAndGrad(w, x)
    return [line(), scheduler.map(first, w, x)]
  },
  'weights that do not fit': async ofClass => {
    ofClass(ShapeError)
    const scheduler = await createScheduler(loss, { workers: 0 })
    return [line(), scheduler.valueAndGrad(w, x, { weights: tensor([1]) })]
  },
  'a scheduler that is closed': async ofClass => {
    ofClass(ClosedError)
    const scheduler = await createScheduler(loss, { workers: 0 })
    await scheduler.close()
    return [line(), scheduler.valueAndGrad(w, x)]
  },
  'a scheduler that is closed meanwhile': async ofClass => {
    ofClass(ClosedError)
    const scheduler = await createScheduler(loss, { workers: 0 })
    const called = [line(), scheduler.valueAndGrad(w, x)] as const
    void scheduler.close()
    return called
  },
  'workers that do not start': async ofClass => {
    ofClass(LaneError)
    const workerUrl = new URL('data:text/javascript,throw new Error("no")')
    return [line(), createScheduler(loss, { workers: 1, workerUrl })]
  },
  'workers that end': async ofClass => {
    ofClass(LaneError)
    const scheduler = await createScheduler(loss, { workers: 1, restarts: 0, spawn })
    return [line(), scheduler.valueAndGrad(w, x).finally(() => scheduler.close())]
  },
  'gradients that do not fit the parameters': async ofClass => {
    ofClass(WengertError)
    const gradient = async () => ({ value: tensor(0), gradient: x })
    const options = { params: w, rows: 2, batch: 1, epochs: 1, optimiser: nn.sgd(), gradient }
    return [line(), nn.train(options as never).next()]
  },
}

describe('errors of later turns name the line of the call', () => {
  test.each(Object.entries(calls))('%s', async (_, call) => {
    let kind: unknown
    const [where, result] = await call(ofClass => {
      kind = ofClass
    })
    // Frames of who awaits are those of this file's source, where they no longer say so; here is none.
    const error = await new Promise<WengertError>((resolve, reject) => void result.then(reject, resolve))
    expect(error).toBeInstanceOf(kind)
    expect(error.parts.at).toMatch(new RegExp(`^later-errors\\.test\\.ts:${where}:\\d+$`))
    expect(error.message).toContain(`  at        ${error.parts.at}`)
    expect(error.stack).toContain(error.message)
  })
})

test('a place that is known is left as it is, and so are errors of others, of budgets, and where nothing is known', () => {
  const here = () => 'b.ts:3:4'
  const known = new SpillError({ summary: 'a', at: 'model.ts:1:2' })
  const other = new TypeError('no')
  const budget = new BudgetError({ summary: 'a', budgetBytes: 1, leastBytes: 2 })
  for (const error of [known, other, budget, 'text', undefined]) {
    expect(WengertError.located(error, here)).toBe(error)
  }
  const unknown = new SpillError({ summary: 'a' })
  expect(WengertError.located(unknown, () => undefined)).toBe(unknown)
})

test('what is given a place is a copy with all the rest, even of what is frozen', () => {
  class FileError extends WengertError {
    readonly row = 3
    override readonly name = 'FileError'
  }
  const cause = new Error('why')
  const parts = { summary: 'a', fix: 'c', data: { systemCode: 'EIO' }, cause }
  for (const error of [
    new SpillError(parts),
    new FileError('FILE', parts),
    Object.freeze(new SpillError(parts)),
  ]) {
    const { message, stack } = error
    const copy = WengertError.located(error, () => 'b.ts:3:4') as typeof error
    expect(copy.message).toBe('a\n  at        b.ts:3:4\n  fix       c')
    expect(copy.stack).toBe(stack?.replace(message, copy.message))
    expect(copy.parts).toEqual({ ...parts, at: 'b.ts:3:4' })
    expect(copy).toBeInstanceOf(error.constructor)
    expect({ ...copy }).toEqual({ ...error })
    expect([copy.name, copy.code, copy.data, copy.cause]).toEqual([error.name, error.code, error.data, cause])
    expect(Object.keys(copy)).toEqual(Object.keys(error))
    expect([error.message, error.stack, error.parts]).toEqual([message, stack, parts])
  }
})

test('an error that a loss keeps, and throws in every call, names the line of each', async () => {
  const kept = new ShapeError({ summary: 'kept' })
  const scheduler = await createScheduler(
    (): Tensor => {
      throw kept
    },
    { workers: 0 },
  )
  const called: readonly Called[] = [
    [line(), scheduler.valueAndGrad(w, x)],
    [line(), scheduler.valueAndGrad(w, x)],
  ]
  const settled = await Promise.allSettled(called.map(([, result]) => result))
  await scheduler.close()
  const placesOf = settled.map(result => ((result as PromiseRejectedResult).reason as WengertError).parts.at)
  expect(placesOf).toEqual(
    called.map(([where]) => expect.stringMatching(new RegExp(`^later-errors\\.test\\.ts:${where}:\\d+$`))),
  )
  expect(kept.message).toBe('kept')
})

test('the reason of a signal is not touched', async () => {
  await using scheduler = await createScheduler(loss, { workers: 0 })
  const reason = new SpillError({ summary: 'of the caller' })
  const controller = new AbortController()
  const call = scheduler.valueAndGrad(w, x, { signal: controller.signal })
  controller.abort(reason)
  expect(await call.catch(error => error)).toBe(reason)
  expect(reason.parts.at).toBeUndefined()
})
