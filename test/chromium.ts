import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The Chromium on PATH; undefined where there is none, and browser tests are skipped. */
export const chromiumPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap(folder => names.map(name => join(folder, name)))
  .find(isExecutable)

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts the Chromium on PATH, which then reaches nothing but the pages it is given. */
export function launch(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('there is no Chromium on PATH')
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']
  const plain = ['--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-quic']
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: [...plain, ...quiet] })
}
