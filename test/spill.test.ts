import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createScheduler } from '@wengert/scheduler'
import { SpillError } from '@wengert/tape'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { batch, bitsOf, LANE_BYTES, loss, params } from './spill-model.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wengert-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const tape = new URL('../packages/tape/dist/index.js', import.meta.url).href

/** A program that takes the gradient of a loop of 8 MB of states within 1 MiB, with a store of the directory. */
const program = (body: string): string => `
  import fs from 'node:fs'
  import { directoryStore, forLoop, grad, tensor } from ${JSON.stringify(tape)}
  const directory = ${JSON.stringify(directory)}
  const x = tensor(Float32Array.from({ length: 20_000 }, (_, k) => 0.1 + k / 20_000))
  const loss = x => forLoop(100, (_, s) => s.mul(s).mul(0.9).add(0.05).sqrt(), x).sum()
  const bits = x => JSON.stringify(x.toArray())
  ${body}`

const node = (body: string): string[] => ['--input-type=module', '--eval', program(body)]

const finished = promisify(execFile)

describe('a process that spills', () => {
  test('gets an error from a system that limits files, and goes on', async () => {
    const body = `
      const within = grad(loss, { memory: '1 MiB', spill: { directory } })
      let error
      try { within(x) } catch (thrown) { error = thrown }
      const { name, code, data, cause } = error
      const larger = grad(loss, { memory: '1 MiB', spill: { directory, bytes: '200 KB' } })
      const same = bits(larger(x)) === bits(grad(loss)(x))
      console.log(JSON.stringify([name, code, data.operation, data.systemCode, cause.code, same, fs.readdirSync(directory)]))`
    const limited = ['-c', 'ulimit -f 600 && exec "$0" "$@"', process.execPath, ...node(body)]
    const { stdout } = await finished('sh', limited)
    expect(JSON.parse(stdout)).toEqual(['SpillError', 'SPILL', 'write', 'EFBIG', 'EFBIG', true, []])
  })

  test.each(['SIGKILL', 'SIGTERM'] as const)('leaves nothing when it is ended by %s', async signal => {
    const body = `
      const store = directoryStore({ directory })
      let writes = 0
      const write = (slot, bytes) => {
        store.write(slot, bytes)
        if (++writes === 4) { fs.writeSync(1, 'written'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000) }
      }
      grad(loss, { memory: '1 MiB', spill: { ...store, write } })(x)`
    const child: ChildProcess = spawn(process.execPath, node(body), { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    const written = once(child.stdout as NodeJS.ReadableStream, 'data')
    expect(String((await Promise.race([written, exit]))[0])).toBe('written')
    expect(openFiles(child.pid).length).toBe(process.platform === 'linux' ? 1 : 0)
    child.kill(signal)
    expect(await exit).toEqual([null, signal])
    expect(readdirSync(directory)).toEqual([])
  })
})

/** Files of the directory that a process has open, by what Linux calls them; none elsewhere. */
const openFiles = (pid: number | 'self' = 'self'): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(descriptor => {
      try {
        const path = readlinkSync(`/proc/${pid}/fd/${descriptor}`)
        return path.startsWith(directory) ? [path] : []
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

let expected = ''
beforeAll(async () => {
  const scheduler = await createScheduler(loss, { workers: 0 })
  const result = await scheduler.valueAndGrad(params, batch)
  await scheduler.close()
  expect(result.stats.spilledBytes).toBe(0)
  expected = bitsOf(result)
})

describe.each([
  ['this thread', { workers: 0, memory: LANE_BYTES }],
  ['workers that share memory', { workers: 2, memory: 2 * LANE_BYTES, transport: 'shared' }],
  ['workers that do not', { workers: 2, memory: 2 * LANE_BYTES + 2 * 2 ** 17, transport: 'transfer' }],
] as const)('lanes that spill: %s', (_, options) => {
  test('give the same bits within their memory', async () => {
    const scheduler = await createScheduler(loss, { ...options, spill: { directory } })
    for (let call = 0; call < 2; call++) {
      const result = await scheduler.valueAndGrad(params, batch)
      expect(bitsOf(result)).toBe(expected)
      expect(result.stats.spilledBytes).toBeGreaterThan(80_000)
      expect(result.stats.peakBytes).toBeLessThanOrEqual(options.memory)
    }
    expect(openFiles()).toEqual([])
    expect(readdirSync(directory)).toEqual([])
    await scheduler.close()
  })

  test('say what went wrong as it was, and serve the next call', async () => {
    const gone = join(directory, 'gone')
    mkdirSync(gone)
    const scheduler = await createScheduler(loss, { ...options, spill: { directory: gone } })
    rmdirSync(gone)
    const error = await scheduler.valueAndGrad(params, batch).catch(thrown => thrown)
    expect(error).toBeInstanceOf(SpillError)
    expect(error.data).toEqual({ operation: 'open', directory: gone, systemCode: 'ENOENT' })
    expect(error.cause.code).toBe('ENOENT')
    mkdirSync(gone)
    expect(bitsOf(await scheduler.valueAndGrad(params, batch))).toBe(expected)
    await scheduler.close()
  })

  test.each(['none', 'file'])('refuse a directory when they are made: %s', async name => {
    const path = join(directory, name)
    if (name === 'file') writeFileSync(path, '')
    const error = await createScheduler(loss, { ...options, spill: { directory: path } }).catch(
      thrown => thrown,
    )
    expect(error).toBeInstanceOf(SpillError)
    expect(error.data).toMatchObject({ directory: path })
    expect(error.parts.at).toMatch(/^spill\.test\.ts:\d+:\d+$/)
  })

  test('refuse a store of another kind of host', async () => {
    const opening = createScheduler(loss, { ...options, spill: { opfs: true } })
    await expect(opening).rejects.toThrow('There is no synchronous access to files here.')
    await expect(opening).rejects.toBeInstanceOf(SpillError)
  })
})

describe.each(['shared', 'transfer'] as const)('a lane that dies while it spills (%s)', transport => {
  test('leaves no file, and its shard runs elsewhere', async () => {
    const threads: Worker[] = []
    const url = new URL('./worker.node.js', import.meta.resolve('@wengert/scheduler'))
    const scheduler = await createScheduler(loss, {
      workers: 2,
      memory: 2 * LANE_BYTES + 2 * 2 ** 17,
      transport,
      spill: { directory },
      spawn: () => {
        const worker = new Worker(url)
        threads.push(worker)
        return worker
      },
    })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, openFiles().length)
    }, 1)
    const result = await scheduler.valueAndGrad(params, batch, {
      onProgress: ({ shardsDone }) => {
        if (shardsDone === 2) void threads.at(-1)?.terminate()
      },
    })
    clearInterval(watch)
    expect(bitsOf(result)).toBe(expected)
    expect(result.stats.retries).toBe(1)
    expect(result.stats.spilledBytes).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(2)
    await scheduler.close()
    expect(openFiles()).toEqual([])
    expect(readdirSync(directory)).toEqual([])
  })
})
