import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromSafetensors } from '@wengert/nn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandIn, failureOf } from './command.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-save-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wengert = commandIn(folder)
const TRAIN = ['train', '--dataset', 'rows.csv', '--hidden', '4', '--batch', '5', '--workers', '0']

beforeAll(() => {
  const lines = Array.from({ length: 200 }, (_, row) => `${row % 7},${row % 3},${row % 2}`)
  writeFileSync(join(folder, 'rows.csv'), `${lines.join('\n')}\n`)
})

describe('a place that cannot be written is refused before the work', () => {
  // room for its name, but for no longer one beside it
  const long = `${'x'.repeat(250)}.st`
  const longer = 'x'.repeat(300)

  test.each([
    ['a name that is nearly too long', long],
    ['one that is', longer],
    ['a folder of such a name', join(longer, 'a')],
    ...(existsSync('/proc/self') ? [['a folder that takes no files', '/proc/model.st']] : []),
  ] as [string, string][])('%s', async (_, path) => {
    await refused([...TRAIN, '--save', path])
    await refused(['plan', 'mlp', '--out', path])
  })

  async function refused(args: readonly string[]) {
    const stderr = await failureOf(wengert(args))
    expect(stderr).toMatch(
      /^OptionError: `--\w+` is ".*", which cannot be written\.\n {2}expected {2}a file in a folder that can be written, with room for it$/,
    )
    expect(readdirSync(folder)).toEqual(['rows.csv'])
  }

  test('a file that is there is as it was', async () => {
    writeFileSync(join(folder, 'old.st'), 'before')
    expect(await failureOf(wengert([...TRAIN, '--memory', '1', '--save', 'old.st']))).toMatch(/^BudgetError/m)
    expect(readFileSync(join(folder, 'old.st'), 'utf8')).toBe('before')
    rmSync(join(folder, 'old.st'))
    expect(readdirSync(folder)).toEqual(['rows.csv'])
  })
})

test.each([[[]], [['--json']]])('what was learnt is told even if it can be saved no more %j', async json => {
  mkdirSync(join(folder, 'gone'))
  const args = [...TRAIN, ...json, '--epochs', '200', '--save', 'gone/model.st']
  const { code, stdout, stderr } = await wengert(args, child => {
    child.stderr?.once('data', () => rmSync(join(folder, 'gone'), { recursive: true }))
  })
  expect([code, stderr.split('\n').at(-3)]).toEqual([
    2,
    expect.stringMatching(/^OptionError: `--save` is ".*model\.st", which cannot be written\.$/),
  ])
  expect(stdout).toMatch(json.length > 0 ? /^\{.*"fingerprint":"\w{64}".*\}\n$/ : /fingerprint \w{64}/)
})

test('a file is written though nobody reads what is told', async () => {
  const args = [...TRAIN, '--epochs', '1', '--save', 'unread.st']
  const { code } = await wengert(args, child => void child.stdout?.destroy())
  expect(code).toBe(141)
  expect(Object.keys(fromSafetensors(readFileSync(join(folder, 'unread.st'))))).toContain('0.w')
})
