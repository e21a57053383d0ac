import { join } from 'node:path'
import { createScheduler } from '@wengert/scheduler'
import { grad } from '@wengert/tape'
import type { Page } from 'playwright-core'
import { createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launch } from './chromium.js'
import { root } from './house/source.js'
import { batch, bitsOf, loss, params } from './spill-model.js'

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

interface Outcome {
  readonly bits: string
  readonly files: number
  readonly stats: { readonly spilledBytes: number; readonly peakBytes: number }
}

describe.skipIf(chromiumPath === undefined).each([true, false])('OPFS, isolated: %s', isolated => {
  let page: Page
  let stop: () => Promise<unknown>

  beforeAll(async () => {
    const server = await createServer({
      root: join(root, 'test/spill-page'),
      configFile: false,
      logLevel: 'error',
      cacheDir: join(root, 'node_modules/.vite/spill-page'),
      server: {
        host: '127.0.0.1',
        port: 0,
        headers: isolated ? isolation : {},
        fs: { allow: [root] },
        watch: null,
        ws: false,
      },
    })
    await server.listen()
    const browser = await launch()
    stop = () => Promise.all([browser.close(), server.close()])
    page = await browser.newPage()
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await page.waitForFunction('globalThis.run')
    expect(await page.evaluate('crossOriginIsolated')).toBe(isolated)
  })

  afterAll(() => stop?.())

  test('lanes spill, give the bits that Node gives, and leave no file', async () => {
    const scheduler = await createScheduler(loss, { workers: 0 })
    const expected = bitsOf(await scheduler.valueAndGrad(params, batch))
    await scheduler.close()
    const { bits, stats, files } = await page.evaluate<Outcome>('run()')
    expect(bits).toBe(expected)
    expect(stats.spilledBytes).toBeGreaterThan(80_000)
    expect(files).toBe(2)
    expect(await page.evaluate('stored()')).toEqual([])
    const within = await page.evaluate<Outcome>(`run(${stats.spilledBytes - 1})`)
    expect(within.bits).toBe(expected)
    expect(within.stats.spilledBytes).toBeLessThan(stats.spilledBytes)
  })

  test('a worker of its own spills; what it leaves when it is ended goes with the next store', async () => {
    const expected = grad((rate: typeof params) => loss(rate, batch).sum())(params).item()
    expect(await page.evaluate('alone(true)')).toBe(JSON.stringify([expected, expected]))
    expect(await page.evaluate('stored()')).toEqual([])
    await page.evaluate('alone(false)')
    const left = await page.evaluate<string[]>('stored()')
    expect(left).toHaveLength(1)
    // The lock of a worker that was ended is given back a little later.
    await expect
      .poll(() => page.evaluate<string>('alone(true).then(stored)'), { timeout: 20_000 })
      .toEqual([])
  })

  test('workers that spill at the same time get back what each has written, in stores that come and go', async () => {
    expect(await page.evaluate('stress(4, 4)')).toEqual([96, 96, 96, 96])
    expect(await page.evaluate('stored()')).toEqual([])
  })

  test('a page that is no worker is told so', async () => {
    const told = await page.evaluate<string>('refused()')
    expect(told.replace(/:\d+:\d+/, ':…')).toMatchInlineSnapshot(`
      "SpillError SPILL: There is no synchronous access to files here.
        expected  a dedicated worker of a page in a secure context
        at        main.ts:…
        fix       open the store in a Worker, or let a scheduler with workers spill"
    `)
  })

  test('a worker whose browser refuses storage is told so', async () => {
    const told = await page.evaluate<string>("alone('refuse')")
    expect(told.replace(/:\d+:\d+/, ':…')).toMatchInlineSnapshot(`
      "SpillError: No file could be made in the origin private file system.
        at        worker.ts:…
        fix       a private window or a full disk may refuse it
      SecurityError: denied"
    `)
  })
})
