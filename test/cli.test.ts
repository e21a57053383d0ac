import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { permutationOf, randomWords } from '@wengert/nn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bin, commandIn, type Ended, failureOf } from './command.js'
import { root } from './house/source.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wengert = commandIn(folder)

interface Report {
  readonly dataset: string
  readonly rows: number
  readonly workers: number
  readonly memoryBudgetBytes: number
  readonly peakBytes: number
  readonly testAccuracy: number
  readonly rowsPerSecond: number
  readonly fingerprint: string
}

/** The report of a run that must succeed. */
async function train(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await wengert(['train', '--json', ...args])
  expect(stderr).not.toMatch(/Error/)
  expect(code).toBe(0)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}

/** What a run that must fail says. */
const failure = (...args: string[]): Promise<string> => failureOf(wengert(args))

const read = (name: string) => readFileSync(join(folder, name))
const write = (name: string, lines: readonly string[]) =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)

const [ROWS, SIDE, CLASSES] = [800, 16, 4]

beforeAll(() => {
  // Noise, with a bright quarter that tells the class.
  const words = randomWords(ROWS * SIDE * SIDE, { seed: 1 })
  const images = Array.from(permutationOf(ROWS, { seed: 2 }), row => {
    const label = row % CLASSES
    const pixels = Array.from({ length: SIDE * SIDE }, (_, k) => {
      const noise = (words[row * SIDE * SIDE + k] as number) / 2 ** 32
      return (noise + (Math.floor((4 * k) / (SIDE * SIDE)) === label ? 0.5 : 0)).toFixed(4)
    })
    return [...pixels, label].join()
  })
  write('images.csv', images)
  write('nan.csv', ['a,b,label', '1,2,0', '1,NaN,1'])
  write('infinite.csv', ['a,b,label', '1,2,0', '-Infinity,2,1'])
  write('word.csv', ['a,b,label', '1,2,0', '1,2,1', '1,two,1'])
  write('kinds.csv', ['a,b,kind', '1,2,cat', '1,2,dog'])
  write('empty-cell.csv', ['1,2,0', '1,,1'])
  write('ragged.csv', ['a,b,label', '1,2,0', '1,2'])
  write('quote.csv', ['a,b,label', '1,"2,0'])
  write('label.csv', ['a,b,label', ...Array(20).fill('1,2,0'), '1,2,1.5'])
  write('negative.csv', ['a,label,b', ...Array(20).fill('1,0,3'), '1,-1,3'])
  write('classes.csv', [...Array(20).fill('1,2,0'), '1,2,3'])
  write('short.csv', ['1,2,0', '2,1,1'])
  write('empty.csv', [])
  write('column.csv', ['label', '1', '2'])
})

const images = ['--dataset', 'images.csv', '--hidden', '256,256', '--batch', '300', '--epochs', '2']
const cnn = ['--dataset', 'images.csv', '--model', 'cnn', '--batch', '300', '--epochs', '1']
const adam = ['--optimiser', 'adam', '--arithmetic', 'portable']

describe('the same bits', () => {
  test.each([
    ['mlp by sgd', images],
    ['mlp by adam', [...images, ...adam]],
    ['cnn by sgd', cnn],
    ['cnn by adam', [...cnn, ...adam]],
  ])('%s: whatever the workers and the budget', async (_, args) => {
    const first = await train(...args, '--workers', '0')
    expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    const turbo = await train(...args, '--turbo')
    expect(turbo.fingerprint).toBe(first.fingerprint)
    for (const workers of [0, 1, 2, 3, 5]) {
      const run = [...args, '--workers', String(workers)]
      const least = leastOf(await failure('train', ...run, '--memory', '1KiB'))
      for (const memory of ['512MiB', String(least)]) {
        const report = await train(...run, '--memory', memory)
        expect(report.fingerprint).toBe(first.fingerprint)
        expect(report.peakBytes).toBeLessThanOrEqual(report.memoryBudgetBytes)
      }
    }
  })

  test('another seed or rate, other bits', async () => {
    const runs = [[], ['--optimiser', 'adam'], ['--seed', '8'], ['--rate', '0.002'], ['--epochs', '3']]
    const reports = await Promise.all(runs.map(run => train(...images, '--workers', '1', ...run)))
    expect(new Set(reports.map(({ fingerprint }) => fingerprint)).size).toBe(runs.length)
  })
})

/** The bytes an error asks for: whole pages. */
function leastOf(stderr: string): number {
  expect(stderr).toMatch(/^BudgetError: /)
  const least = Number(/at least (\d+) bytes/.exec(stderr)?.[1])
  expect(least % 65536).toBe(0)
  return least
}

test('the digits are learnt within the budget', async () => {
  const report = await train('--workers', '2', '--memory', '48MiB')
  expect(report).toMatchObject({ dataset: 'mnist', rows: 8000, workers: 2, memoryBudgetBytes: 48 * 2 ** 20 })
  expect(report.testAccuracy).toBeGreaterThan(0.95)
  expect(report.peakBytes).toBeLessThanOrEqual(48 * 2 ** 20)
  expect(report.rowsPerSecond).toBeGreaterThan(0)
})

test('without a terminal there is no bar and no colour', async () => {
  const { code, stdout, stderr } = await wengert(['train', ...images])
  expect(code).toBe(0)
  expect(stderr).toMatch(/epoch 2\/2 {2}loss .* accuracy /)
  expect(stdout).toMatch(/fingerprint/)
  expect([...stderr, ...stdout].filter(char => char === String.fromCharCode(27) || char === '\r')).toEqual([])
})

test('an interrupt ends it cleanly', async () => {
  const { code, stderr } = await wengert(
    ['train', ...images, '--epochs', '100000', '--workers', '2'],
    child => {
      child.stderr?.once('data', () => child.kill('SIGINT'))
    },
  )
  expect(code).toBe(130)
  expect(stderr).not.toMatch(/Error/)
})

describe('an output that cannot be written', () => {
  test.skipIf(!existsSync('/dev/full'))('is one screen of error', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [bin, 'plan', 'mlp', '--json'], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    let stderr = ''
    child.stderr?.on('data', chunk => {
      stderr += chunk
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(stderr).toMatch(/\nOutputError: standard output cannot be written: ENOSPC/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('ends quietly if nobody reads it', async () => {
    const { code, stderr } = await wengert(['plan', 'mlp', '--json'], child => void child.stdout?.destroy())
    expect(code).toBe(141)
    expect(stderr).not.toMatch(/Error|\n\s+at /)
  })
})

interface PlanRow {
  readonly planner: string
  readonly feasible: boolean
  readonly budgetBytes: number
  readonly peakBytes: number | null
  readonly extraCostPercent: number | null
}

test('the planner is measured beside others', async () => {
  const args = ['bench', 'plan', '--case', 'segnet,vgg-16', '--fraction', '0.9,0', '--seconds', '1', '--json']
  const { code, stdout, stderr } = await wengert(args)
  expect(code).toBe(0)
  expect(stderr).toMatch(/ vgg-16 +│[ │]+\n│ +wengert +│ +\d+\.\d\d +│/)
  const { suite, rows }: { suite: string; rows: readonly PlanRow[] } = JSON.parse(stdout)
  expect(suite).toBe('plan')
  expect(rows).toHaveLength(2 * (3 + 4))
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(
      expect.arrayContaining(['case', 'planner', 'fraction', 'budgetBytes', 'planMs', 'gapPercent']),
    )
    if (row.feasible) expect(row.peakBytes).toBeLessThanOrEqual(row.budgetBytes)
    else expect([row.peakBytes, row.extraCostPercent]).toEqual([null, null])
  }
  const feasible = (planner: string) => rows.filter(row => row.planner === planner).map(row => row.feasible)
  expect(feasible('wengert')).toEqual([true, true, true, true])
  expect(feasible('sqrt-n')).toEqual([true, false, true, true])
})

test.skipIf(process.platform === 'win32')('the command is linked at the root', async () => {
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/wengert'), ['plan', '--help'])
  expect(stdout).toMatch(/^Usage: wengert plan/)
})

test('parameters are saved to a file, and begin as those of one', async () => {
  const trained = (...args: string[]) =>
    wengert([
      'train',
      '--dataset',
      'images.csv',
      '--epochs',
      '1',
      '--hidden',
      '4',
      '--rate',
      '0.001',
      ...args,
    ])
  const fingerprintOf = ({ stdout }: Ended) => /fingerprint (\w+)/.exec(stdout)?.[1]
  const first = await trained('--save', 'model.safetensors')
  const again = await trained('--save', 'again.safetensors')
  expect(first.code).toBe(0)
  expect(read('again.safetensors')).toEqual(read('model.safetensors'))
  const further = await trained('--load', 'model.safetensors')
  expect(fingerprintOf(again)).toBe(fingerprintOf(first))
  expect(fingerprintOf(further)).not.toBe(fingerprintOf(first))
})

test('its version, and that of its host', async () => {
  expect((await wengert(['--version'])).stdout).toMatch(/^wengert \d+\.\d+\.\d+, Node \d+\.\d+\.\d+\n$/)
})

test('training that diverges is a failure, not misuse', async () => {
  expect((await wengert(['train', '--dataset', 'images.csv', '--rate', '1e30'])).code).toBe(1)
  expect((await wengert(['train', '--rate', '-1'])).code).toBe(2)
})

test('help and unknown commands', async () => {
  const help = await wengert(['train', '--help'])
  expect(help.code).toBe(0)
  expect(help.stdout).toMatch(/--memory/)
  expect((await wengert([])).code).toBeGreaterThan(0)
})

describe('bad input', () => {
  test.each([
    'fly',
    'train --wings',
    'train --worker 2',
    'train extra',
    'train --label digit',
    'train --classes 3',
    'train --memory',
    'train --memory banana',
    'train --memory 0',
    'train --workers -1',
    'train --workers 10000',
    'train --workers 1.5',
    'train --epochs 0',
    'train --batch many',
    'train --rate -1',
    'train --rate NaN',
    'train --seed -3',
    'train --momentum 1',
    'train --optimiser adam --momentum 0.5',
    'train --model cnn --hidden 3',
    'train --model rnn',
    'train --optimiser lbfgs',
    'train --hidden 256,zero',
    'bench',
    'bench everything',
    'bench starup',
    'plan mlp --batch 0',
    'trian',
    'bench mlp --runs 0',
    'bench mlp --flops-per-byte 17',
    'bench plan --runs 3',
    'bench plan --peers',
    'bench plan --only vgg',
    'bench plan --case vgg',
    'bench plan --fraction 1.5',
    'bench plan --fraction half',
    'bench plan --seconds 0',
  ])('%s', async line => expect(await failure(...line.split(' '))).toMatchSnapshot())

  test.each([
    'absent.csv',
    '.',
    'nan.csv',
    'infinite.csv',
    'word.csv',
    'kinds.csv',
    'kinds.csv --label a',
    'kinds.csv --label 3',
    'kinds.csv --label weight',
    'empty-cell.csv',
    'ragged.csv',
    'quote.csv',
    'label.csv',
    'negative.csv',
    'classes.csv --classes 3',
    'classes.csv --label weight',
    'short.csv',
    'empty.csv',
    'column.csv',
    'classes.csv --model cnn',
    'images.csv --rate 1e30',
  ])('--dataset %s', async line => {
    const stderr = await failure('train', '--dataset', ...line.split(' '))
    expect(stderr.replace(/taken from .*/, 'taken from …')).toMatchSnapshot()
  })

  test.each(['--load absent.safetensors', '--load nan.csv', '--save absent/model.safetensors'])(
    '%s',
    async line => {
      const stderr = await failure('train', ...line.split(' '))
      expect(stderr.replace(/taken from .*/, 'taken from …')).toMatchSnapshot()
    },
  )

  test('a cnn for images that are too small', async () => {
    write('tiny.csv', Array(20).fill('1,2,3,4,0'))
    expect(await failure('train', '--dataset', 'tiny.csv', '--model', 'cnn')).toMatchSnapshot()
  })

  test('no digits', async () => {
    const hook = `export const resolve = (name, context, next) => {
      if (name === 'mnist') throw new Error("Cannot find package 'mnist'")
      return next(name, context)
    }`
    const source = (code: string) => `data:text/javascript,${encodeURIComponent(code).replaceAll("'", '%27')}`
    const register = `import { register } from 'node:module'\nregister('${source(hook)}')`
    const { code, stderr } = await wengert(['train'], undefined, [
      '--no-warnings',
      '--import',
      source(register),
    ])
    expect(code).toBe(1)
    expect(stderr).toMatchSnapshot()
  })

  test('--debug shows the stack', async () => {
    const { code, stderr } = await wengert(['train', '--dataset', 'absent.csv', '--debug'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/\n\s+at .*:\d+:\d+/)
    expect(stderr.match(/There is no file/g)?.length).toBe(1)
  })

  test('help tells what --help does, and refuses what there is not', async () => {
    const [general, train] = [await wengert(['help']), await wengert(['help', 'train'])]
    expect(general).toEqual(await wengert(['--help']))
    expect(train).toEqual(await wengert(['train', '--help']))
    expect(train.code).toBe(0)
    expect(await wengert(['help', 'train', '--epochs', '1'])).toEqual(train)
    const unknown = await wengert(['help', 'trian'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toMatch(/unknown command 'trian'[\s\S]*did you mean train/)
  })
})
