import { build, install, pnpm, script, tool } from './workspace.mjs'

const quiet = { quiet: true }

const checks = [
  ['install', () => install(quiet), { vital: true }],
  ['build', () => build(undefined, quiet)],
  ['typecheck', () => tool('tsc', ['-p', 'tsconfig.json'], quiet)],
  ['lint', () => tool('biome', ['check', '.', '--error-on-warnings'], quiet)],
  ['knip', () => tool('knip', ['--no-progress'], quiet)],
  ['docs', () => pnpm(['--dir', 'docs', 'run', 'check'], quiet)],
  ['publint', () => script('scripts/publint.mjs', [], quiet)],
]

const seconds = since => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Installs, builds and runs the static checks, a line each. A failed check does not stop the next ones. */
export async function runChecks() {
  const count = { passed: 0, failed: 0 }
  for (const [name, check, { vital = false } = {}] of checks) {
    const start = performance.now()
    const ok = (await check()) === 0
    console.log(`${ok ? 'passed' : 'FAILED'}  ${name.padEnd(10)} ${seconds(start)}`)
    if (ok) count.passed++
    else count.failed++
    if (vital && !ok) break
  }
  return count
}
