import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { root } from './house/source.js'

const tape = pathToFileURL(join(root, 'packages/tape/dist/index.js')).href
const program = `
import { grad, ones } from ${JSON.stringify(tape)}
grad(x => x.sin().sum(), { memory: '64 KiB' })(ones([1000, 1000]))
`

test('an error that nobody catches is one screen of short lines, what to do among them', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^BudgetError: No plan fits 65536 bytes\b/m)
  expect(stderr).toMatch(/^ {2}fix /m)
  const lines = stderr.split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(300)
  expect(lines.length).toBeLessThan(70)
})
