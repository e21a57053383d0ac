import { createScheduler, type SchedulerOptions } from '@wengert/scheduler'
import { BudgetError, formatExplanation, matmul, scan, square, sum, type Tensor, tensor } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { batch, loss, params, ROWS } from './scheduler-model.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

const avals = {
  params: {
    layers: [
      { w: f32(64, 160), b: f32(160) },
      { w: f32(160, 10), b: f32(10) },
    ],
  },
  batch: { x: f32(ROWS, 64), y: f32(ROWS, 10) },
}

const settings: readonly SchedulerOptions[] = [
  { workers: 0 },
  { workers: 2 },
  { workers: 3, transport: 'transfer' },
]

async function refusal(options: SchedulerOptions): Promise<BudgetError> {
  await using scheduler = await createScheduler(loss, { ...options, memory: 1 })
  const error = await scheduler.valueAndGrad(params, batch).catch((reason: unknown) => reason)
  if (error instanceof BudgetError) return error
  throw error
}

describe.each(settings)('a call with $workers workers, $transport', options => {
  test('is run as it was explained, from tensors or avals', async () => {
    const { leastBytes } = await refusal(options)
    for (const memory of [undefined, leastBytes, 2 * leastBytes]) {
      await using scheduler = await createScheduler(loss, { ...options, memory })
      const explain = (p: Parameters<typeof scheduler.explain>[0], b: typeof avals.batch | typeof batch) =>
        scheduler.explain(p, b)
      const explained = explain(avals.params, avals.batch)
      expect(explain(params, batch)).toEqual(explained)
      const { stats } = await scheduler.valueAndGrad(params, batch)
      expect(explained).toMatchObject({
        rows: stats.rows,
        rowsPerShard: stats.rowsPerShard,
        workers: stats.workers,
        lanes: Math.max(1, stats.workers),
      })
      expect(explained.budgetBytes).toBe(memory)
      expect(stats.peakBytes).toBeLessThanOrEqual(explained.peakBytes)
      if (options.workers === 0) expect(stats.peakBytes).toBe(explained.peakBytes)
      if (memory !== undefined) expect(explained.peakBytes).toBeLessThanOrEqual(memory)
      expect(explained.programs.map(({ rows, shards }) => [rows, shards])).toEqual([
        [256, 7],
        [ROWS - 7 * 256, 1],
      ])
      expect(explain(params, batch)).toEqual(explained)
    }
  })

  test('is refused as it would be, with the line of the loss', async () => {
    const error = await refusal(options)
    expect(error.parts.at).toMatch(/^%\d+ f32.* recorded at scheduler-model\.ts:\d+:\d+$/)
    await using scheduler = await createScheduler(loss, { ...options, memory: 1 })
    expect(() => scheduler.explain(params, batch)).toThrow(error.message)
  })
})

const scores = (p: typeof params, b: typeof batch) => {
  const [first, second] = p.layers as readonly [(typeof p.layers)[0], (typeof p.layers)[0]]
  return { score: matmul(matmul(b.x, first.w).add(first.b).tanh(), second.w).add(second.b) }
}

describe.each(settings)('a map with $workers workers, $transport', options => {
  test('is run as it was explained, and refused as it would be', async () => {
    const refused = await (async () => {
      await using scheduler = await createScheduler(loss, { ...options, memory: 1 })
      const error = await scheduler.map(scores, params, batch).catch((reason: unknown) => reason)
      expect(() => scheduler.explainMap(scores, params, batch)).toThrow((error as BudgetError).message)
      return error as BudgetError
    })()
    expect(refused.parts.at).toMatch(/ recorded at scheduler-explain\.test\.ts:\d+:\d+$/)
    for (const memory of [undefined, refused.leastBytes]) {
      await using scheduler = await createScheduler(loss, { ...options, memory })
      const explained = scheduler.explainMap(scores, avals.params, avals.batch)
      expect(scheduler.explainMap(scores, params, batch)).toEqual(explained)
      expect(explained).toMatchObject({ rows: ROWS, workers: options.workers, reducerBytes: 0 })
      expect(explained.programs.reduce((sum, { rows, shards }) => sum + rows * shards, 0)).toBe(ROWS)
      expect(scheduler.memory.peakBytes).toBe(0)
      await scheduler.map(scores, params, batch)
      expect(scheduler.memory.peakBytes).toBeLessThanOrEqual(explained.peakBytes)
      if (options.workers === 0) expect(scheduler.memory.peakBytes).toBe(explained.peakBytes)
    }
  })
})

test('chosen rows are explained, values know their lines, and the text says no budget where there is none', async () => {
  await using scheduler = await createScheduler(loss, { workers: 0 })
  const { rows, programs } = scheduler.explain(params, batch, { rows: { from: 0, to: 512 } })
  expect([rows, programs.length]).toEqual([512, 1])
  const [program] = programs
  const lines = new Set(program?.explanation.values.flatMap(({ at }) => at?.split(':')[0] ?? []))
  // The sum over rows is of no line.
  expect(lines).toEqual(new Set(['scheduler-model.ts']))
  expect(formatExplanation(program?.explanation as never)).toMatch(/^peak .* without a budget;/)
})

test('what does not fit is refused as a call is', async () => {
  await using scheduler = await createScheduler(loss, { workers: 0 })
  const rowless = { ...batch, x: tensor(1) }
  expect(() => scheduler.explain(params, rowless)).toThrow(expect.objectContaining({ code: 'SHAPE' }))
  expect(() => scheduler.explain(params, batch, { row: [1] } as never)).toThrow('there is no option `row`')
})

test('a budget error never names the line of the call', async () => {
  const rows = (_: Tensor, x: Tensor) => x
  await using scheduler = await createScheduler(rows, { workers: 0, memory: 1 })
  const errors = [
    () => scheduler.explain(f32(64), f32(64)),
    () => scheduler.valueAndGrad(tensor(new Float32Array(64)), tensor(new Float32Array(64))),
  ]
  for (const call of errors) {
    const error = await (async () => call())().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BudgetError)
    expect((error as BudgetError).parts.at ?? '').not.toContain('scheduler-explain.test.ts')
  }
})

test('a closed scheduler explains nothing', async () => {
  const scheduler = await createScheduler(loss, { workers: 0 })
  await scheduler.close()
  expect(() => scheduler.explain(params, batch)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  expect(() => scheduler.explainMap(scores, params, batch)).toThrow(
    expect.objectContaining({ code: 'CLOSED' }),
  )
})

test('avals that are none are refused under its name', async () => {
  await using scheduler = await createScheduler((w: Tensor, x: Tensor) => x.mul(w), { workers: 0 })
  expect(() => scheduler.explain(f32(-1), f32(4))).toThrow('explain: an aval has the shape [-1].')
})

test('loops are explained', async () => {
  const steps = (w: Tensor, x: Tensor) =>
    sum(square(scan((h: Tensor) => [matmul(h, w).tanh(), null], x, null, { length: 60 })[0]), { axis: 1 })
  await using scheduler = await createScheduler(steps, { workers: 0 })
  const { programs } = scheduler.explain(f32(64, 64), f32(64, 64))
  expect(programs.some(({ explanation }) => explanation.loops.length > 0)).toBe(true)
})
