import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { createLogger, preview, resolveConfig } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { chromiumPath, launch } from './chromium.js'
import { root } from './house/source.js'

/** What a host must send for a page to have SharedArrayBuffer; a host that cannot sends nothing. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Serves the built playground and opens it; every error of the page ends up in the list. */
async function openPlayground(
  headers: Record<string, string>,
  before = '',
): Promise<{ page: Page; errors: string[] }> {
  const server = await preview({
    root: join(root, 'apps/playground'),
    configFile: false,
    logLevel: 'silent',
    preview: { host: '127.0.0.1', port: 0, headers },
  })
  onTestFinished(() => server.close())
  const browser = await launch()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1100, height: 850 } })
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.addInitScript(before)
  await page.goto(server.resolvedUrls?.local[0] ?? '', { waitUntil: 'load' })
  return { page, errors }
}

test('its configuration is what every loader of vite can read', async () => {
  const warnings: string[] = []
  const customLogger = { ...createLogger('silent'), warn: (text: string) => void warnings.push(text) }
  customLogger.warnOnce = customLogger.warn
  await resolveConfig({ root: join(root, 'apps/playground'), customLogger }, 'build')
  expect(warnings).toEqual([])
})

/** Makes a page of this host, which browsers trust, like one that came by plain http from another. */
const plainHttp = 'delete Crypto.prototype.subtle'

/** Fills in the form, trains, waits for the end, and reads what the page shows. */
async function trainIn(page: Page, options: Record<string, string>) {
  for (const [name, value] of Object.entries(options)) await page.locator(`[name=${name}]`).fill(value)
  await page.getByRole('button', { name: 'Train' }).click()
  await page.waitForFunction("/Done|Failed|Stopped/.test(document.querySelector('#status').textContent)")
  const text = (id: string) => page.locator(`#${id}`).textContent()
  return {
    status: await text('status'),
    error: await text('error'),
    accuracy: Number.parseFloat((await text('accuracy')) ?? ''),
    workers: await text('workers'),
    budget: await text('budget'),
    peak: await text('peak'),
    fingerprint: await text('fingerprint'),
  }
}

/** What the command line reports of the same training. */
async function fingerprintInNode(): Promise<string> {
  const flags = Object.entries({ ...options, memory: '64MiB' }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ])
  const cli = join(root, 'apps/cli/bin/wengert.js')
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'train', '--json', ...flags])
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').fingerprint
}

const options = { workers: '2', memory: '64', epochs: '2', batch: '256', seed: '7' }

test.skipIf(chromiumPath === undefined)(
  'the playground trains the digits with shared memory and without, to the bits of the command line',
  async () => {
    const fingerprints: (string | null)[] = []
    for (const headers of [isolation, {}]) {
      const plain = headers === isolation ? '' : plainHttp
      const { page, errors } = await openPlayground(headers, plain)
      expect(await page.evaluate('typeof crypto.subtle')).toBe(plain ? 'undefined' : 'object')
      expect(await page.title()).toMatch(/Wengert/)
      expect(await page.evaluate('crossOriginIsolated')).toBe(headers === isolation)
      const { error, accuracy, workers, budget, fingerprint } = await trainIn(page, options)
      expect(error).toBe('')
      expect(accuracy).toBeGreaterThanOrEqual(90)
      expect(workers).toBe(headers === isolation ? '2' : '2, transferring')
      expect(budget).toBe('64 MiB')
      expect(fingerprint).toMatch(/^[0-9a-f]{64}$/)
      expect(errors).toEqual([])
      fingerprints.push(fingerprint)
    }
    expect(fingerprints[1]).toBe(fingerprints[0])
    expect(await fingerprintInNode()).toBe(fingerprints[0])
  },
)

test.skipIf(chromiumPath === undefined)(
  'the playground names the least budget when it is too small, and then trains with it',
  async () => {
    const { page } = await openPlayground(isolation)
    const small = await trainIn(page, { ...options, memory: '1', epochs: '1' })
    expect(small.status).toBe('Failed.')
    expect(small.error).toMatch(/^BudgetError: A budget of 1 MiB is too small/)
    const least = /at least ([\d.]+) MiB/.exec(small.error ?? '')?.[1] ?? ''
    const enough = await trainIn(page, { ...options, memory: least, epochs: '1' })
    expect(enough.error).toBe('')
    expect(enough.status).toBe('Done.')
  },
)

test.skipIf(chromiumPath === undefined)(
  'training in the playground can be stopped and begun again',
  async () => {
    const { page, errors } = await openPlayground(isolation)
    await page.locator('[name=epochs]').fill('100')
    await page.getByRole('button', { name: 'Train' }).click()
    await page.waitForFunction("document.querySelector('#loss').textContent !== '–'")
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.waitForFunction("document.querySelector('#status').textContent === 'Stopped.'")
    const { status } = await trainIn(page, { ...options, epochs: '1' })
    expect(status).toBe('Done.')
    expect(errors).toEqual([])
  },
)
