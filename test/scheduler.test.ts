import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createScheduler, type SchedulerOptions } from '@wengert/scheduler'
import {
  add,
  BudgetError,
  full,
  matmul,
  mean,
  mul,
  scan,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import {
  type Batch,
  batch,
  bitsOf,
  expectedBits,
  logits,
  loss,
  params,
  ROWS,
  whole,
} from './scheduler-model.js'

const expected = await expectedBits()

/** Fewest bytes that a call needs with these options. */
async function leastBytes(options: SchedulerOptions): Promise<number> {
  await using scheduler = await createScheduler(loss, { ...options, memory: 1 })
  const error = await scheduler.valueAndGrad(params, batch).catch((reason: unknown) => reason)
  if (!(error instanceof BudgetError)) throw error
  expect(error.budgetBytes).toBe(1)
  return error.leastBytes
}

describe('the same bits', () => {
  const transports = ['shared', 'transfer'] as const
  for (const workers of [0, 1, 2, 3, 5]) {
    for (const transport of workers === 0 ? (['shared'] as const) : transports) {
      test(`${workers} workers, ${transport}: ample and least budget`, async () => {
        const least = await leastBytes({ workers, transport })
        for (const memory of [undefined, least, 2 * least]) {
          await using scheduler = await createScheduler(loss, { workers, transport, memory })
          const result = await scheduler.valueAndGrad(params, batch)
          expect(bitsOf(result)).toBe(expected)
          expect(result.stats).toMatchObject({
            rows: ROWS,
            shards: 8,
            rowsPerShard: 256,
            workers,
            retries: 0,
          })
          expect(result.stats.peakBytes).toBeGreaterThan(0)
          if (memory === undefined) continue
          expect(result.stats.peakBytes).toBeLessThanOrEqual(memory)
          expect(scheduler.memory.peakBytes).toBeLessThanOrEqual(memory)
          expect(scheduler.memory.budgetBytes).toBe(memory)
        }
        await using tooSmall = await createScheduler(loss, { workers, transport, memory: least - 1 })
        await expect(tooSmall.valueAndGrad(params, batch)).rejects.toMatchObject({
          code: 'BUDGET',
          leastBytes: least,
        })
      })
    }
  }

  test('calls after one another, other batches and maps between them', async () => {
    await using scheduler = await createScheduler(loss, {
      workers: 2,
      memory: await leastBytes({ workers: 2 }),
    })
    const small = {
      x: tensor(new Float32Array(64 * 3), { shape: [3, 64] }),
      y: tensor(new Float32Array(30), { shape: [3, 10] }),
    }
    for (let k = 0; k < 3; k++) {
      await scheduler.valueAndGrad(params, small)
      await scheduler.map(logits, params, batch)
      expect(bitsOf(await scheduler.valueAndGrad(params, batch))).toBe(expected)
    }
    expect(scheduler.memory.peakBytes).toBeLessThanOrEqual(scheduler.memory.budgetBytes as number)
  })
})

describe('the right numbers', () => {
  test('agree with one pass over the whole batch', async () => {
    await using scheduler = await createScheduler(loss, { workers: 2 })
    const { value, gradient } = await scheduler.valueAndGrad(params, batch)
    const reference = valueAndGrad(loss)(params, batch)
    expect(value.item()).toBeCloseTo(reference.value.item(), 5)
    const [found, wanted] = [gradient, reference.gradient].map(
      tree => tree.layers[0]?.w.toTypedArray() as Float32Array,
    )
    const scale = Math.max(...(wanted as Float32Array).map(Math.abs))
    const error = Math.max(...(wanted as Float32Array).map((w, k) => Math.abs(w - (found?.[k] as number))))
    expect(error / scale).toBeLessThan(1e-5)
  })

  test.each([1501, 1280, 257, 256, 1])('are exact on whole numbers, %i rows', async rows => {
    await using scheduler = await createScheduler(whole.loss, { workers: 2, reduction: 'sum' })
    const found = await scheduler.valueAndGrad(whole.w, whole.batch, { rows: { from: 0, to: rows } })
    const x = whole.batch.x.toTypedArray()
    const y = whole.batch.y.toTypedArray()
    const w = whole.w.toTypedArray()
    const gradient = new Float64Array(64 * 64)
    let value = 0
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < 64; j++) {
        let error = -(y[row * 64 + j] as number)
        for (let k = 0; k < 64; k++) error += (x[row * 64 + k] as number) * (w[k * 64 + j] as number)
        value += error * error
        for (let k = 0; k < 64; k++) {
          gradient[k * 64 + j] = (gradient[k * 64 + j] as number) + 2 * error * (x[row * 64 + k] as number)
        }
      }
    }
    expect(found.value.item()).toBe(value)
    expect(Array.from(found.gradient.toTypedArray())).toEqual(Array.from(gradient, element => element + 0))
  })

  test('follow the order and choice of rows', async () => {
    await using scheduler = await createScheduler(whole.loss, { workers: 2, reduction: 'sum' })
    const rows = Int32Array.from({ length: 900 }, (_, k) => (k * 467) % 1501)
    const sorted = rows.slice().sort()
    const [a, b] = await Promise.all([
      scheduler.valueAndGrad(whole.w, whole.batch, { rows }),
      scheduler.valueAndGrad(whole.w, whole.batch, { rows: sorted }),
    ])
    expect(bitsOf(a)).toBe(bitsOf(b))
    expect(a.stats.rows).toBe(900)
  })

  test('weigh rows: zeros and ones choose, the mean is weighted', async () => {
    const mask = Float32Array.from({ length: 1501 }, (_, k) => (k % 3 === 0 ? 1 : 0))
    const chosen = Array.from(mask.keys()).filter(row => mask[row] === 1)
    await using sums = await createScheduler(whole.loss, { workers: 2, reduction: 'sum' })
    const weighted = await sums.valueAndGrad(whole.w, whole.batch, { weights: tensor(mask) })
    expect(bitsOf(weighted)).toBe(bitsOf(await sums.valueAndGrad(whole.w, whole.batch, { rows: chosen })))
    await using means = await createScheduler(whole.loss, { workers: 1 })
    const average = await means.valueAndGrad(whole.w, whole.batch, { weights: tensor(mask) })
    expect(average.value.item()).toBe(Math.fround(weighted.value.item() / chosen.length))
    await expect(means.valueAndGrad(whole.w, whole.batch, { weights: tensor([1, 2]) })).rejects.toMatchObject(
      { code: 'SHAPE' },
    )
  })

  test('come in the dtypes of parameters and loss, with the same bits', async () => {
    const p = { scale: tensor(new Float64Array([0.1, 0.2, 0.3])), shift: tensor(1.5) }
    const b = {
      x: tensor(
        Float64Array.from({ length: 30_000 }, (_, k) => Math.sin(k)),
        { shape: [10_000, 3] },
      ),
    }
    const odd = (q: typeof p, { x }: typeof b) =>
      sum(square(add(mul(x, q.scale), q.shift.convert('f64'))), { axis: 1 })
    const bits = new Set<string>()
    for (const [workers, arithmetic] of [
      [0, 'portable'],
      [2, 'portable'],
      [3, 'portable'],
    ] as const) {
      await using scheduler = await createScheduler(odd, { workers, arithmetic })
      const result = await scheduler.valueAndGrad(p, b)
      expect([result.value.dtype, result.gradient.scale.dtype, result.gradient.shift.dtype]).toEqual([
        'f64',
        'f64',
        'f32',
      ])
      bits.add(bitsOf(result))
    }
    expect(bits.size).toBe(1)
  })

  test('are NaN where they are NaN', async () => {
    await using scheduler = await createScheduler(whole.loss, { workers: 2 })
    const w = tensor(whole.w.toTypedArray().fill(Number.NaN, 0, 1), { shape: [64, 64] })
    const { value, gradient } = await scheduler.valueAndGrad(w, whole.batch)
    expect(value.item()).toBeNaN()
    expect(gradient.toTypedArray()[0]).toBeNaN()
    expect(gradient.toTypedArray()[1]).not.toBeNaN()
  })

  test('are mapped over rows, in order, as a tree', async () => {
    const two = (p: typeof params, b: { readonly x: Tensor }) => {
      const z = logits(p, b)
      return { z, sums: [sum(z, { axis: 1 })] as const }
    }
    const bits: string[] = []
    for (const options of [{ workers: 0 }, { workers: 2 }, { workers: 2, transport: 'transfer' as const }]) {
      await using scheduler = await createScheduler(loss, options)
      const { z, sums } = await scheduler.map(two, params, batch)
      expect([z.shape, sums[0].shape]).toEqual([[ROWS, 10], [ROWS]])
      bits.push(bitsOf({ value: z, gradient: sums[0] }))
      const picked = await scheduler.map(logits, params, { x: batch.x }, { rows: [5, 1999, 0] })
      const all = z.toTypedArray()
      expect(Array.from(picked.toTypedArray())).toEqual(
        [5, 1999, 0].flatMap(row => Array.from(all.subarray(row * 10, row * 10 + 10))),
      )
    }
    expect(new Set(bits).size).toBe(1)
  })
})

describe('calls', () => {
  test('are served in the order they were made, each with its own progress', async () => {
    await using scheduler = await createScheduler(loss, { workers: 2 })
    const order: number[] = []
    const progress: string[] = []
    const results = await Promise.all(
      [0, 1, 2].map(async call => {
        const result = await scheduler.valueAndGrad(params, batch, {
          onProgress: ({ shardsDone, shards, rows }) =>
            progress.push(`${call}: ${shardsDone}/${shards} ${rows}`),
        })
        order.push(call)
        return result
      }),
    )
    expect(order).toEqual([0, 1, 2])
    for (const result of results) expect(bitsOf(result)).toBe(expected)
    expect(progress).toHaveLength(24)
    expect(progress.map(line => line[0])).toEqual([...'000000001111111122222222'])
    expect(progress.at(-1)).toBe(`2: 8/8 ${ROWS}`)
  })

  test('reject with what recording the loss throws', async () => {
    const rejected = async (odd: (w: Tensor, b: Batch) => Tensor) => {
      await using scheduler = await createScheduler(odd, { workers: 1 })
      return scheduler
        .valueAndGrad(whole.w, whole.batch)
        .catch((error: Error) => `${error.name}: ${error.message.replace(/\.ts:\d+:\d+/, '.ts:…')}`)
    }
    expect(await rejected((w, { x }) => mul(x, w.item()))).toMatch(/^RecordError: item\(\) was asked/)
    expect(await rejected((w, b) => mean(whole.loss(w, b)))).toMatchInlineSnapshot(`
      "ShapeError: The loss returned a single number, f32[], for 64 rows.
        expected  one number a row: f32[64] or f64[64]; it is given 64 of the 1501 rows at first
        at        scheduler.test.ts:…
        fix       leave out what joins the rows, such as \`.mean()\`, or join the other axes alone, \`.mean({ axis: 1 })\`; the scheduler averages or sums the rows (see \`reduction\`)"
    `)
    expect(
      await rejected(() => {
        throw new TypeError('of the user')
      }),
    ).toBe('TypeError: of the user')
  })

  test('reject when closed, and closing twice is fine', async () => {
    const scheduler = await createScheduler(loss, { workers: 1 })
    const under = scheduler.valueAndGrad(params, batch)
    const waiting = scheduler.valueAndGrad(params, batch)
    const closing = scheduler.close()
    for (const [call, message] of [
      [under, /was closed before the call had ended/],
      [waiting, /was closed before the call had ended/],
      [scheduler.valueAndGrad(params, batch), /is closed/],
    ] as const) {
      await expect(call).rejects.toMatchObject({ name: 'ClosedError', code: 'CLOSED' })
      await expect(call).rejects.toThrow(message)
    }
    await closing
    await scheduler.close()
    await expect(scheduler.map(logits, params, batch)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('in this thread let other events happen between shards', async () => {
    await using scheduler = await createScheduler(loss, { workers: 0 })
    let turns = 0
    let running = true
    const turn = () => {
      turns++
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    const { stats } = await scheduler.valueAndGrad(params, batch)
    running = false
    expect(turns).toBeGreaterThanOrEqual(stats.shards - 1)
  })

  test('do not keep a process alive that has nothing else to do', async () => {
    const program = `
      import { createScheduler } from '@wengert/scheduler'
      import { mul, tensor } from '@wengert/tape'
      const scheduler = await createScheduler((w, x) => mul(w, x), { workers: 2 })
      const { value } = await scheduler.valueAndGrad(tensor(2), tensor([1, 2, 3]))
      console.log(value.item())`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 20_000,
    })
    expect((await run).stdout).toBe('4\n')
  })
})

test.each([
  [null, 'createScheduler: the options are null.'],
  [3, 'createScheduler: the options are 3.'],
  ['fast', "createScheduler: the options are 'fast'."],
  [[], 'createScheduler: the options are [].'],
  [{ worker: 2 }, 'createScheduler: there is no option `worker`.'],
])('options that are none are refused: %j', async (options, summary) => {
  const loss = (w: Tensor, x: Tensor) => mul(x, w)
  await expect(createScheduler(loss, options as never)).rejects.toMatchObject({
    name: 'OptionError',
    message: expect.stringContaining(summary),
  })
})

test('steps of a loop that run again count as computed again', async () => {
  const steps = (w: Tensor, x: Tensor) =>
    sum(square(scan((h: Tensor) => [matmul(h, w).tanh(), null], x, null, { length: 60 })[0]), { axis: 1 })
  const [w, x] = [full([64, 64], 0.01), full([64, 64], 0.5)]
  const statsWithin = async (memory: number | undefined) => {
    await using scheduler = await createScheduler(steps, { workers: 0, memory })
    return (await scheduler.valueAndGrad(w, x)).stats
  }
  const error = await statsWithin(1).catch((reason: unknown) => reason)
  if (!(error instanceof BudgetError)) throw error
  const { leastBytes } = error
  const tight = await statsWithin(leastBytes)
  // A step costs about three times itself forward and back, so one more run of each is about a quarter.
  expect(tight.recomputedShare).toBeGreaterThan(0.1)
  expect(tight.recomputedShare).toBeLessThan(0.7)
  for (const memory of [undefined, 2 ** 30]) expect((await statsWithin(memory)).recomputedShare).toBe(0)
})
