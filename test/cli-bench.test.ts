import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import type { BenchRow } from '@wengert/bench'
import { describe, expect, test } from 'vitest'
import { bin, commandIn } from './command.js'

const wengert = commandIn(tmpdir())

test('a suite is measured', async () => {
  const { code, stdout, stderr } = await wengert(['bench', 'rosenbrock', '--runs', '1', '--json'])
  expect(code).toBe(0)
  for (const line of stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  expect(stderr).toMatch(/│ +wengert, call +│ +[\d.]+ │ +1\.00 │/)
  const { suite, host, rows } = JSON.parse(stdout)
  expect([suite, host.node]).toEqual(['rosenbrock', process.versions.node])
  expect(rows.map((row: { variant: string }) => row.variant)).toEqual(['call', 'in place'])
})

describe.skipIf(process.platform === 'win32')('an interrupt, which a terminal sends to all processes', () => {
  /** Runs a suite, and interrupts it half a second after a case has begun. */
  async function interrupted(duringCase: string, ...args: string[]) {
    const child = spawn(process.execPath, [bin, 'bench', 'ode', '--runs', '9', ...args], {
      detached: true,
    })
    child.stderr.on('data', chunk => {
      if (String(chunk).includes(duringCase))
        setTimeout(() => process.kill(-(child.pid as number), 'SIGINT'), 500)
    })
    const closed = new Promise(resolve => child.on('close', resolve))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    expect(code).toBe(130)
    expect(stderr).not.toMatch(/Error|\n\s+at /)
    return { stdout, stderr }
  }

  test('leaves the rows of the cases that are finished', async () => {
    const { stdout, stderr } = await interrupted('1000000 steps')
    expect(stderr).toContain('Interrupted; these cases are finished:')
    expect(stdout).toMatch(/│ 10000 steps +│/)
    expect(stdout).toMatch(/│ +wengert, arena +│ +[\d.]+ │ +\d+ % │ +1\.00 │/)
    expect(stdout).not.toContain('1000000 steps')
  })

  test('leaves them to programs too, and says so', async () => {
    const { stdout } = await interrupted('1000000 steps', '--json')
    const { suite, rows, interrupted: wasInterrupted } = JSON.parse(stdout)
    expect([suite, wasInterrupted]).toEqual(['ode', true])
    expect(rows.map((row: BenchRow) => [row.case, row.failed])).toEqual(
      Array(2).fill(['10000 steps', undefined]),
    )
  })

  test('leaves nothing where no case is finished', async () => {
    const only = ['--only', '1000000']
    expect((await interrupted('1000000 steps', ...only)).stdout).toBe('')
    expect(JSON.parse((await interrupted('1000000 steps', ...only, '--json')).stdout).rows).toEqual([])
  })

  test.skipIf(!('registerHooks' in nodeModule))('is heard while the command is still loaded', async () => {
    const hook = `import { registerHooks } from 'node:module'
      let sent = false
      registerHooks({ resolve(name, context, next) {
        const sends = name === 'commander' && !sent
        if (sends) process.kill(process.pid, 'SIGINT')
        sent ||= sends
        return next(name, context)
      } })`
    const preload = `data:text/javascript,${encodeURIComponent(hook)}`
    const early = async (...args: string[]) => {
      const child = spawn(process.execPath, ['--import', preload, bin, ...args])
      const ended = new Promise(resolve => child.on('close', (code, signal) => resolve(code ?? signal)))
      return Promise.all([text(child.stdout), ended])
    }
    const [stdout, code] = await early('bench', 'ode', '--json')
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ suite: 'ode', rows: [], interrupted: true })
  })
})

const script = '/usr/bin/script'

test.skipIf(!existsSync(script))('a terminal shows how far a case is, and whose turn it is', async () => {
  const command = `"${process.execPath}" "${bin}" bench ode --only "10000 steps" --runs 2 --json`
  const env = { ...process.env, TERM: 'xterm', COLUMNS: '100' }
  const shown = await text(spawn(script, ['-qec', command, '/dev/null'], { env }).stdout)
  for (const [phase, of] of [
    ['start', '0/2  wengert, arena'],
    ['warm up', '1/2  wengert, 64 KiB'],
    ['measure', '3/4  wengert, 64 KiB'],
  ]) {
    expect(shown).toMatch(new RegExp(`  ${phase} [━─]+ ${of}  \\d+s`))
  }
  // The cursor is there again.
  expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'))
})
