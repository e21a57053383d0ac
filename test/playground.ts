import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { preview } from 'vite'
import { onTestFinished } from 'vitest'
import { launch } from './chromium.js'
import { root } from './house/source.js'

/** What a host must send for a page to have SharedArrayBuffer; a host that cannot sends nothing. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Serves the built playground and opens it; every error of the page ends up in the list. */
export async function openPlayground(
  headers: Record<string, string>,
  before: string | ((page: Page) => unknown) = '',
  looks: BrowserContextOptions = { viewport: { width: 1100, height: 850 } },
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
  const page = await browser.newPage(looks)
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  if (typeof before === 'string') await page.addInitScript(before)
  else await before(page)
  await page.goto(server.resolvedUrls?.local[0] ?? '', { waitUntil: 'load' })
  return { page, errors }
}

/** What the page is asked for where nothing else is said. */
export const options = { workers: '2', memory: '64', epochs: '2', batch: '256', seed: '7' }

/** Fills in the form, trains, waits for the end, and reads what the page shows. */
export async function trainIn(page: Page, options: Record<string, string>) {
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
