import { expect, test } from 'vitest'
import { startDeadline } from './deadline.js'

/** Blocks this thread for so many milliseconds. */
const block = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

test('passes', async () => {
  await new Promise<void>(resolve => startDeadline(10, resolve))
})

test('does not pass once it is cancelled, nor where it is endless', async () => {
  const passed: string[] = []
  startDeadline(10, () => passed.push('cancelled'))()
  startDeadline(Number.POSITIVE_INFINITY, () => passed.push('endless'))()
  await new Promise<void>(resolve => startDeadline(50, resolve))
  expect(passed).toEqual([])
})

test.each([300, 1500])('a thread that was blocked for %i ms hears what came meanwhile', async ms => {
  const passed: string[] = []
  const cancel = startDeadline(100, () => passed.push('blocked'))
  block(ms)
  // Timers that are due come first.
  await new Promise<void>(resolve => setTimeout(resolve, 1))
  cancel()
  await new Promise<void>(resolve => startDeadline(200, resolve))
  expect(passed).toEqual([])
})

test('passes for a thread that is blocked again and again', async () => {
  let passed = false
  startDeadline(100, () => {
    passed = true
  })
  for (let turns = 0; turns < 4 && !passed; turns++) {
    block(1200)
    await new Promise<void>(resolve => setTimeout(resolve, 1))
  }
  expect(passed).toBe(true)
})
