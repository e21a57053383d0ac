import { readFileSync } from 'node:fs'
import { type Aval, allocate, type Data } from '@wengert/tape'
import type { EngineFacts, RoundFacts, SentArray, SentTask } from './wire.js'

/** An array of a task with its numbers. */
export interface GivenArray {
  readonly dtype: SentArray['dtype']
  readonly shape: readonly number[]
  readonly data: Data
}

/** A task with its numbers. */
export interface GivenTask extends Omit<SentTask, 'arrays'> {
  readonly arrays: Readonly<Record<string, GivenArray>>
}

/** A task that an engine can do again and again. */
export interface Prepared {
  /** What came out the first time: a value, or the loss and the gradient by each name. */
  readonly results: readonly Data[]
  /** Does it once. */
  step(): unknown
  /** GFLOP/s of what the task is measured by, now. */
  yardstick?(): number
  /** What else is known by now. */
  facts?(): EngineFacts
  close?(): Promise<void>
}

/** Something that can do tasks, in a process of its own. */
export interface Engine {
  /** Records, compiles, whatever the engine must, and does the task for the first time. */
  prepare(task: GivenTask, options: unknown): Prepared | Promise<Prepared>
}

/** Reads the numbers of a task. */
export function received(task: SentTask): GivenTask {
  const arrays = Object.entries(task.arrays).map(([name, { dtype, shape, path }]) => {
    const data = allocate({ dtype, shape } as Aval)
    const bytes = readFileSync(path)
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(bytes)
    return [name, { dtype, shape, data }] as const
  })
  return { ...task, arrays: Object.fromEntries(arrays) }
}

/** Does a task so many times. */
export async function round(prepared: Prepared, repeats: number): Promise<RoundFacts> {
  const before = prepared.yardstick?.()
  const start = performance.now()
  for (let k = 0; k < repeats; k++) {
    const pending = prepared.step()
    if (pending instanceof Promise) await pending
  }
  const ms = (performance.now() - start) / repeats
  const after = prepared.yardstick?.()
  return { ms, ...(before && after && { yardstick: (2 * before * after) / (before + after) }) }
}
