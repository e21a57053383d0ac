import { createScheduler } from '@wengert/scheduler'
import { expect, test } from 'vitest'
import { batch, bitsOf, expectedBits, loss, params } from './scheduler-model.js'

test('a scheduler with the re-vectoriser gives the same bits, or warns and stays as it is', async () => {
  const expected = await expectedBits()
  const warnings: unknown[] = []
  const listener = (warning: Error & { readonly code?: string }) => {
    if (warning.code === 'WENGERT_TURBO') warnings.push(warning.message)
  }
  process.on('warning', listener)
  for (const workers of [0, 2]) {
    await using plain = await createScheduler(loss, { workers })
    expect(plain.turbo).toBe(false)
    warnings.length = 0
    await using scheduler = await createScheduler(loss, { workers, turbo: true })
    // Warnings come in a turn of their own.
    await new Promise(resolve => setTimeout(resolve))
    expect(warnings).toHaveLength(scheduler.turbo ? 0 : 1)
    expect(bitsOf(await scheduler.valueAndGrad(params, batch))).toBe(expected)
    expect(bitsOf(await plain.valueAndGrad(params, batch))).toBe(expected)
  }
  process.off('warning', listener)
})
