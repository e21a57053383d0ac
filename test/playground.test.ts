import { join } from 'node:path'
import { preview } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { chromiumPath, launch } from './chromium.js'
import { root } from './house/source.js'

test.skipIf(chromiumPath === undefined)(
  'the built playground opens, isolated, without an error',
  async () => {
    const server = await preview({
      root: join(root, 'apps/playground'),
      logLevel: 'silent',
      preview: { host: '127.0.0.1', port: 0 },
    })
    onTestFinished(() => server.close())
    const browser = await launch()
    onTestFinished(() => browser.close())

    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(server.resolvedUrls?.local[0] ?? '', { waitUntil: 'load' })

    expect(await page.title()).toMatch(/Wengert/)
    expect(await page.evaluate('crossOriginIsolated')).toBe(true)
    expect(errors).toEqual([])
  },
)
