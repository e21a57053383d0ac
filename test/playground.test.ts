import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLogger, resolveConfig } from 'vite'
import { expect, test } from 'vitest'
import { chromiumPath } from './chromium.js'
import { root } from './house/source.js'
import { isolation, openPlayground, options, trainIn } from './playground.js'

test('its configuration is what every loader of vite can read', async () => {
  const warnings: string[] = []
  const customLogger = { ...createLogger('silent'), warn: (text: string) => void warnings.push(text) }
  customLogger.warnOnce = customLogger.warn
  await resolveConfig({ root: join(root, 'apps/playground'), customLogger }, 'build')
  expect(warnings).toEqual([])
})

/** Makes a page of this host, which browsers trust, like one that came by plain http from another. */
const plainHttp = 'delete Crypto.prototype.subtle'

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
