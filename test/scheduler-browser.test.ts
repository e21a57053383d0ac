import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launch } from './chromium.js'
import { root } from './house/source.js'
import { expectedBits } from './scheduler-model.js'

interface Outcome {
  readonly bits: string
  readonly retries: number
  readonly peakBytes: number
}

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

describe.skipIf(chromiumPath === undefined).each([true, false])('in a browser, isolated: %s', isolated => {
  let expected: string
  let stop: () => Promise<unknown>
  let page: Page
  let run: (kill: boolean) => Promise<Outcome>

  beforeAll(async () => {
    expected = await expectedBits()
    const server = await createServer({
      root: join(root, 'test/scheduler-page'),
      configFile: false,
      logLevel: 'error',
      cacheDir: join(root, 'node_modules/.vite/scheduler-page'),
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
    run = kill => page.evaluate(`run(${kill})`)
  })

  afterAll(() => stop?.())

  test('gives the bits that Node gives', async () => {
    const { bits, retries, peakBytes } = await run(false)
    expect(bits).toBe(expected)
    expect(retries).toBe(0)
    expect(peakBytes).toBeGreaterThan(0)
  })

  test('gives them after a worker was ended, too', async () => {
    const { bits, retries } = await run(true)
    expect(bits).toBe(expected)
    expect(retries).toBeGreaterThan(0)
  })

  test('says what lets workers load that the server refuses', async () => {
    const outside = `/@fs/${join(root, '../outside.js')}`
    expect(await page.evaluate(`refusal(${JSON.stringify(outside)})`)).toMatch(
      /^A worker threw: it could not be loaded\.\n +at +main\.ts:\d+:\d+\n +fix .*`workerUrl`.*Vite.*403.*`server\.fs\.allow`/,
    )
  })

  test('leaves nothing of what was closed, neither workers nor what they hold', async () => {
    await run(false)
    const alive = () => page.requestGC().then(() => page.evaluate('alive()'))
    await expect.poll(alive, { timeout: 20_000 }).toBe(0)
  })
})
