import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromSafetensors, mlp, randomWords, toSafetensors } from '@wengert/nn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandIn, type Ended } from './command.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-resume-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wengert = commandIn(folder)
const [ROWS, FEATURES, CLASSES] = [500, 20, 4]

beforeAll(() => {
  const words = randomWords(ROWS * FEATURES, { seed: 1 })
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const features = Array.from({ length: FEATURES }, (_, k) => (words[row * FEATURES + k] as number) % 100)
    return [...features, row % CLASSES].join()
  })
  writeFileSync(join(folder, 'rows.csv'), `${lines.join('\n')}\n`)
})

const MODEL = ['--dataset', 'rows.csv', '--hidden', '16,8']
const BATCHES = [...MODEL, '--batch', '60']
const fingerprintOf = ({ code, stdout, stderr }: Ended): string => {
  expect(code, stderr).toBe(0)
  return /fingerprint (\w+)/.exec(stdout)?.[1] as string
}
const trained = (...args: string[]) => wengert(['train', ...BATCHES, ...args])

describe('training that goes on', () => {
  test.each([
    ['sgd', '--momentum', '0'],
    ['sgd', '--momentum', '0.9'],
    ['adam', '--rate', '0.01'],
  ])('%s %s %s: the bits of one run, whatever the workers', async (...args) => {
    const options = ['--optimiser', ...args]
    const whole = await trained(...options, '--epochs', '4', '--workers', '1', '--save', 'whole.safetensors')
    fingerprintOf(await trained(...options, '--epochs', '1', '--workers', '2', '--save', 'part.safetensors'))
    const next = ['--load', 'part.safetensors', '--save', 'part.safetensors']
    const further = await trained(...options, ...next, '--epochs', '2', '--workers', '0')
    expect(further.stderr).toMatch(
      /^part\.safetensors: goes on after 1 epoch\n.*epoch 2\/3 .*\n.*epoch 3\/3 /,
    )
    const last = await trained(...options, ...next, '--epochs', '1', '--workers', '2')
    expect(fingerprintOf(last)).toBe(fingerprintOf(whole))
    const read = (name: string) => readFileSync(join(folder, name))
    expect(read('part.safetensors')).toEqual(read('whole.safetensors'))
  })

  test('an interrupted run writes what it has, from where it goes on to the bits of one that was not', async () => {
    const options = ['--optimiser', 'adam', '--batch', '10', '--workers', '0']
    const whole = fingerprintOf(await trained(...options, '--epochs', '100'))
    let rest = ['--epochs', '100']
    for (const _ of Array(3)) {
      const { code, stdout, stderr } = await cut([...options, '--save', 'cut.safetensors', ...rest])
      expect([code, stdout]).toEqual([130, ''])
      const said =
        /\ncut\.safetensors has what \d+ epochs?(?: and \d+ steps?)? came to; (--load cut\.safetensors --epochs \d+) goes on there\.\n$/
      rest = said.exec(stderr)?.[1]?.split(' ') as string[]
      expect(rest, stderr).toBeDefined()
    }
    expect(fingerprintOf(await trained(...options, ...rest))).toBe(whole)
  })

  /** Interrupts a run as soon as it tells of an epoch. */
  const cut = (args: readonly string[]) =>
    wengert(['train', ...BATCHES, ...args], child => {
      child.stderr?.once('data', () => child.stderr?.once('data', () => child.kill('SIGINT')))
    })

  test('a file of parameters alone begins as before', async () => {
    const { init } = mlp({ sizes: [FEATURES, 16, 8, CLASSES] })
    writeFileSync(join(folder, 'alone.safetensors'), toSafetensors(init(3)))
    const loaded = await trained('--load', 'alone.safetensors', '--epochs', '1')
    expect(loaded.stderr).toMatch(/^alone.safetensors: begins with its parameters alone, as it has no state/)
    writeFileSync(join(folder, 'own.safetensors'), toSafetensors(init(7)))
    const [own, none] = [
      await trained('--load', 'own.safetensors', '--epochs', '1'),
      await trained('--epochs', '1'),
    ]
    expect(fingerprintOf(own)).toBe(fingerprintOf(none))
    expect(fingerprintOf(loaded)).not.toBe(fingerprintOf(none))
  })

  test('another optimiser begins anew, another order with the first epoch; both say so', async () => {
    fingerprintOf(await trained('--epochs', '1', '--save', 'saved.safetensors'))
    const load = ['--load', 'saved.safetensors', '--epochs', '1']
    const saidBy = async (...args: string[]) => {
      const ended = await trained(...load, ...args)
      expect(ended.code).toBe(0)
      return ended.stderr.split('\n')[0]
    }
    expect(await saidBy('--optimiser', 'adam')).toBe(
      'saved.safetensors: begins with its parameters alone, as it has no state of adam',
    )
    expect(await saidBy('--momentum', '0')).toBe(
      'saved.safetensors: begins with its parameters alone, as it has no state of sgd',
    )
    expect(await saidBy('--seed', '9')).toBe(
      'saved.safetensors: begins with its parameters and state, but with epoch 1: it was saved with --batch 60 and --seed 7, of 400 rows',
    )
    expect(await saidBy()).toBe('saved.safetensors: goes on after 1 epoch')
  })

  test('the parameters of a file are read by name, without what belongs to training', async () => {
    fingerprintOf(await trained('--epochs', '1', '--save', 'read.safetensors'))
    const { init } = mlp({ sizes: [FEATURES, 16, 8, CLASSES] })
    const bytes = readFileSync(join(folder, 'read.safetensors'))
    const params = fromSafetensors(bytes, init(0), { ignore: ['training'] })
    expect(params.map(({ w }) => w.shape)).toEqual([[20, 16], [16, 8], [8, 4]]) // biome-ignore format: shapes
  })

  test('another model is told from a file that is none', async () => {
    fingerprintOf(await trained('--epochs', '1', '--save', 'model.safetensors'))
    const { code, stderr } = await wengert(['train', '--dataset', 'rows.csv', '--load', 'model.safetensors'])
    expect([code, stderr]).toMatchInlineSnapshot(`
      [
        2,
        "OptionError: \`--load\` is "model.safetensors": \`0.b\` is f32[16].
        expected  f32[256]
        fix       the --model and --hidden that it was saved with
      ",
      ]
    `)
  })
})
