// npm test: install, build, static checks, every test, and one line that sums them up.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks } from './checks.mjs'
import { sum, total } from './total.mjs'
import { tool } from './workspace.mjs'

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'wengert-'))
  const file = join(folder, 'tests.json')
  try {
    const code = await tool('vitest', [
      'run',
      '--reporter=minimal',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ])
    return sum(read(file), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const checks = await runChecks()
const installed = checks.passed > 0
const tests = installed ? await runTests() : { passed: 0, failed: 0, skipped: 0 }
const { line, code } = total(checks, tests)
console.log(`\n${line}`)
process.exitCode = code
