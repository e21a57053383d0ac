import { Worker } from 'node:worker_threads'
import { createScheduler, LaneError, type Progress, type Scheduler } from '@wengert/scheduler'
import { OptionError } from '@wengert/tape'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type Batch,
  batch,
  bitsOf,
  expectedBits,
  loss,
  otherBatch,
  type Params,
  params,
} from './scheduler-model.js'

type Transport = 'shared' | 'transfer'

const kinds = { exit: 1, throw: 2, memory: 3, loop: 4, fault: 5 }

/** Shared with the workers: shards until the fault, its kind, how often it happens. */
const control = new Int32Array(new SharedArrayBuffer(12))
const arm = (kind: keyof typeof kinds, { after = 3, times = 1 } = {}) =>
  control.set([after, kinds[kind], times])

const threads: Worker[] = []
const spawn = () => {
  const resourceLimits = { maxOldGenerationSizeMb: 24 }
  const worker = new Worker(new URL('./scheduler-fault-worker.mjs', import.meta.url), {
    workerData: control.buffer,
    resourceLimits,
    stderr: true,
  })
  threads.push(worker)
  return worker
}

let expected = ''
let expectedOther = ''
let scheduler: Scheduler<Params, Batch>
const open = async (options: object = {}) => {
  scheduler = await createScheduler(loss, { workers: 2, spawn, ...options })
  return scheduler
}

beforeAll(async () => {
  expected = await expectedBits()
  expectedOther = await expectedBits(otherBatch)
})

afterEach(async () => {
  control.fill(0)
  await scheduler.close()
  threads.length = 0
})

describe.each(['shared', 'transfer'] as const)('a worker that dies (%s)', (transport: Transport) => {
  test.each(['exit', 'throw', 'memory'] as const)('by %s is replaced, and not a bit changes', async kind => {
    await open({ transport })
    arm(kind)
    const result = await scheduler.valueAndGrad(params, batch)
    expect(bitsOf(result)).toBe(expected)
    expect(result.stats.retries).toBe(1)
    expect(threads).toHaveLength(3)
    expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
  })

  test.each(['exit', 'throw'] as const)('by %s, one after another of four, is replaced', async kind => {
    await open({ transport, workers: 4 })
    arm(kind, { after: 2, times: 4 })
    const result = await scheduler.valueAndGrad(params, batch)
    expect(bitsOf(result)).toBe(expected)
    expect(result.stats.retries).toBe(4)
    expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
  })

  test('in an endless loop is replaced after the deadline', async () => {
    await open({ transport, deadlineMs: 800 })
    arm('loop')
    const result = await scheduler.valueAndGrad(params, batch)
    expect(bitsOf(result)).toBe(expected)
    expect(result.stats.retries).toBeGreaterThan(0)
  })

  test('terminated from outside, during a call and between calls, is replaced', async () => {
    await open({ transport })
    const during = await scheduler.valueAndGrad(params, batch, {
      onProgress: ({ shardsDone }) => {
        if (shardsDone === 2) void threads[0]?.terminate()
      },
    })
    expect(bitsOf(during)).toBe(expected)
    for (const thread of threads) await thread.terminate()
    expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
  })

  test.each([1, 4])('between calls is no death of a call, %i workers', async workers => {
    await open({ transport, workers, restarts: 0 })
    for (const rows of [batch, otherBatch]) {
      for (const thread of threads) await thread.terminate()
      const result = await scheduler.valueAndGrad(params, rows)
      expect(bitsOf(result)).toBe(rows === batch ? expected : expectedOther)
      expect(result.stats.retries).toBe(0)
    }
    expect(threads).toHaveLength(3 * workers)
  })

  test('under the least budget is replaced within it', async () => {
    await open({ transport, memory: 1 })
    const { leastBytes } = await scheduler.valueAndGrad(params, batch).catch(error => error)
    await scheduler.close()
    await open({ transport, memory: leastBytes })
    arm('exit', { times: 3 })
    const result = await scheduler.valueAndGrad(params, batch)
    expect(bitsOf(result)).toBe(expected)
    expect(result.stats.peakBytes).toBeLessThanOrEqual(leastBytes)
  })
})

describe('lanes that keep dying', () => {
  test('end the call with a LaneError and its cause, and the next call starts afresh', async () => {
    await open({ restarts: 2 })
    arm('exit', { after: 1, times: 1000 })
    const error = await scheduler.valueAndGrad(params, batch).catch(reason => reason)
    expect(error).toBeInstanceOf(LaneError)
    expect(error).toMatchObject({ code: 'LANE', data: { restarts: 2 } })
    expect(error.cause).toBeInstanceOf(LaneError)
    expect(error.cause.message).toBe('A worker ended with exit code 3.')
    control.fill(0)
    expect(bitsOf(await scheduler.valueAndGrad(params, batch))).toBe(expected)
  })

  test('carry what the worker threw as the cause', async () => {
    await open({ restarts: 0 })
    arm('throw')
    const error = await scheduler.valueAndGrad(params, batch).catch(reason => reason)
    expect(error.cause.cause).toMatchObject({ name: 'RangeError', message: 'thrown in a worker' })
  })

  test('out of memory say so', async () => {
    await open({ restarts: 0 })
    arm('memory')
    const error = await scheduler.valueAndGrad(params, batch).catch(reason => reason)
    expect(error.cause.cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' })
  })

  test('at the start make createScheduler reject', async () => {
    const missing = () => new Worker(new URL('./no-such-worker.mjs', import.meta.url))
    await expect(createScheduler(loss, { workers: 2, spawn: missing })).rejects.toMatchObject({
      code: 'LANE',
    })
    const impossible = () => {
      throw new RangeError('no threads left')
    }
    const error = await createScheduler(loss, { workers: 1, spawn: impossible }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'LANE', cause: { message: 'no threads left' } })
  })
})

test('an error of the service arrives with class, code and stack, and is not tried again', async () => {
  await open()
  arm('fault')
  const error = await scheduler.valueAndGrad(params, batch).catch(reason => reason)
  expect(error).toBeInstanceOf(OptionError)
  expect(error).toMatchObject({ code: 'OPTION', parts: { fix: 'load it first' } })
  expect(error.stack).toMatch(/worker\.node\.js|scheduler.dist/)
  expect(bitsOf(await scheduler.valueAndGrad(params, batch))).toBe(expected)
})

test.each([
  [2000, 3500],
  [1000, 1500],
])(
  'workers that answer while this thread is blocked have not died: %i ms, %i ms',
  async (deadlineMs, blockedMs) => {
    await open({ deadlineMs })
    let blocked = false
    const result = await scheduler.valueAndGrad(params, batch, {
      onProgress: () => {
        if (!blocked) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs)
        blocked = true
      },
    })
    expect(result.stats.retries).toBe(0)
    expect(bitsOf(result)).toBe(expected)
  },
)

describe('an aborted call', () => {
  test('rejects with the reason of the signal, before, while waiting and during', async () => {
    await open()
    const reason = new Error('enough')
    await expect(scheduler.valueAndGrad(params, batch, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    const controllers = [new AbortController(), new AbortController()] as const
    const during = scheduler.valueAndGrad(params, batch, {
      signal: controllers[0].signal,
      onProgress: ({ shardsDone }) => {
        if (shardsDone === 1) controllers[1].abort(reason)
        if (shardsDone === 3) controllers[0].abort(reason)
      },
    })
    const waiting = scheduler.valueAndGrad(params, batch, { signal: controllers[1].signal })
    const next = scheduler.valueAndGrad(params, batch)
    await expect(waiting).rejects.toBe(reason)
    await expect(during).rejects.toBe(reason)
    expect(bitsOf(await next)).toBe(expected)
    expect(threads).toHaveLength(2)
  })

  test('whose worker hangs rejects at once, and the next call gets a new worker', async () => {
    await open()
    arm('loop')
    const signal = AbortSignal.timeout(300)
    await expect(scheduler.valueAndGrad(params, batch, { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
    expect(threads).toHaveLength(3)
  })

  test.each([
    [1, 'shared'],
    [4, 'shared'],
    [1, 'transfer'],
    [4, 'transfer'],
  ] as const)('whose %i workers hang leaves no trace (%s)', async (workers, transport) => {
    await open({ workers, transport, restarts: 0 })
    arm('loop', { after: 1, times: workers })
    const signal = AbortSignal.timeout(300)
    await expect(scheduler.valueAndGrad(params, batch, { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    for (let call = 0; call < 3; call++) {
      expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
    }
    expect(threads).toHaveLength(2 * workers)
  })

  test('whose worker cannot be replaced says so, and the next call tries again', async () => {
    let broken = false
    const fragile = () => {
      if (broken) throw new RangeError('no threads left')
      return spawn()
    }
    await open({ spawn: fragile })
    for (const thread of threads) await thread.terminate()
    broken = true
    const error = await scheduler.valueAndGrad(params, batch).catch(reason => reason)
    expect(error).toMatchObject({ code: 'LANE', cause: { message: 'no threads left' } })
    broken = false
    expect(bitsOf(await scheduler.valueAndGrad(params, otherBatch))).toBe(expectedOther)
  })
})

describe.each([1, 2, 4])('a listener that throws, %i workers', workers => {
  test.each(['shared', 'transfer'] as const)('ends its call and touches no other (%s)', async transport => {
    await open({ workers, transport })
    const { stats } = await scheduler.valueAndGrad(params, batch)
    for (let shard = 1; shard <= stats.shards; shard++) {
      let calls = 0
      const onProgress = ({ shardsDone }: Progress) => {
        calls++
        if (shardsDone === shard) throw new RangeError('of the listener')
      }
      await expect(scheduler.valueAndGrad(params, batch, { onProgress })).rejects.toThrow('of the listener')
      const next = await scheduler.valueAndGrad(params, otherBatch)
      expect(bitsOf(next)).toBe(expectedOther)
      expect(calls).toBe(shard)
    }
    expect(threads).toHaveLength(workers)
  })
})

test('closing during an endless loop does not wait for it', async () => {
  await open()
  arm('loop')
  const call = scheduler.valueAndGrad(params, batch)
  const outcome = expect(call).rejects.toMatchObject({ code: 'CLOSED' })
  await new Promise(resolve => setTimeout(resolve, 200))
  await scheduler.close()
  await outcome
})
