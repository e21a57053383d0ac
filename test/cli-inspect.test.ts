import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workedExamples } from '@wengert/bench'
import { afterAll, describe, expect, test } from 'vitest'
import { bin, commandIn } from './command.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-inspect-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the command answers, and what it says beside that. */
function inspect(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'inspect', ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

interface Value {
  readonly name: string
  readonly op: string
  readonly operands: readonly string[]
  readonly value: number
  readonly tangent: number
  readonly adjoint: number
}

/** The values of an example by name. */
function valuesOf(...args: string[]): ReadonlyMap<string, Value> {
  const { status, stdout } = inspect(...args, '--json')
  expect(status).toBe(0)
  const { values }: { values: Value[] } = JSON.parse(stdout)
  return new Map(values.map(value => [value.name, value]))
}

const column = (values: ReadonlyMap<string, Value>, what: 'value' | 'tangent' | 'adjoint', digits = 4) =>
  Object.fromEntries([...values].map(([name, value]) => [name, Number(value[what].toFixed(digits))]))

describe('the tables of the books', () => {
  // Baydin et al. 2018, tables 2 and 3, which print 3 decimals.
  test('baydin', () => {
    const values = valuesOf('baydin', '--tangent', 'x1')
    expect([...values.values()].map(({ op, operands }) => [op, ...operands].join(' '))).toEqual([
      'input',
      'input',
      'log v-1',
      'mul v-1 v0',
      'sin v0',
      'add v1 v2',
      'sub v4 v3',
    ])
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: as the paper prints it
    const forward = { 'v-1': 2, v0: 5, v1: 0.693, v2: 10, v3: -0.959, v4: 10.693, v5: 11.652 }
    expect(column(values, 'value', 3)).toEqual(forward)
    const tangents = { 'v-1': 1, v0: 0, v1: 0.5, v2: 5, v3: 0, v4: 5.5, v5: 5.5 }
    expect(column(values, 'tangent', 3)).toEqual(tangents)
    const adjoints = { 'v-1': 5.5, v0: 1.716, v1: 1, v2: 1, v3: -1, v4: 1, v5: 1 }
    expect(column(values, 'adjoint', 3)).toEqual(adjoints)
  })

  // Griewank & Walther 2008, chapter 1; the book rounds v₄ and what follows from it.
  test('griewank', () => {
    const values = valuesOf('griewank', '--tangent', 'x1')
    const forward = { v1: 3, v2: 0.1411, v3: 1.6487, v4: 1.3513, v5: 1.4924, v6: 2.0166 }
    expect(column(values, 'value')).toEqual({ 'v-1': 1.5, v0: 0.5, ...forward })
    const tangents = { v1: 2, v2: -1.98, v3: 0, v4: 2, v5: 0.02, v6: 3.0118 }
    expect(column(values, 'tangent')).toEqual({ 'v-1': 1, v0: 0, ...tangents })
    const adjoints = { v1: 1.5059, v2: 1.3513, v3: -2.8437, v4: 2.8437, v5: 1.3513, v6: 1 }
    expect(column(values, 'adjoint')).toEqual({ 'v-1': 3.0118, v0: -13.724, ...adjoints })
  })

  test('tangents and adjoints of every example of numbers agree', () => {
    const scalar = workedExamples.filter(({ inputs }) => Object.values(inputs).every(x => !Array.isArray(x)))
    expect(scalar).toHaveLength(7)
    for (const { name, inputs } of scalar) {
      const names = Object.keys(inputs)
      const last = (names.at(-1) as string).replace(/[₀-₉]/, digit => String('₀₁₂₃₄₅₆₇₈₉'.indexOf(digit)))
      const values = [...valuesOf(name, '--tangent', last).values()]
      expect(values[names.length - 1]?.adjoint).toBeCloseTo(values.at(-1)?.tangent as number, 12)
    }
  })
})

describe('what is printed', () => {
  test.each(workedExamples.map(({ name }) => name))('%s', name => {
    const { status, stdout, stderr } = inspect(name)
    expect(status).toBe(0)
    expect(stderr).toBe('')
    // Combining marks take no column.
    for (const line of stdout.split('\n')) {
      expect(line.replaceAll(/\p{M}/gu, '').length).toBeLessThanOrEqual(80)
    }
    expect(stdout).toMatchSnapshot()
  })

  test('with tangents', () => {
    expect(inspect('accumulation', '--tangent', 'x2').stdout).toMatchSnapshot()
  })

  test('without a name, the examples', () => {
    const { status, stdout } = inspect()
    expect(status).toBe(0)
    expect(stdout).toMatchSnapshot()
  })

  test('what is wrong', () => {
    expect(inspect('griewak').stderr).toMatchInlineSnapshot(`
      "OptionError: \`example\` is "griewak".
        expected  baydin, griewank, accumulation, branches, composition, speelpenning, perceptron or network
        fix       did you mean griewank?
      "
    `)
    expect(inspect('griewank', '--tangent', 'z').stderr).toMatchInlineSnapshot(`
      "OptionError: \`--tangent\` is "z".
        expected  an input of griewank: x1, x2
      "
    `)
    expect(inspect('griewank', '--dot', 'nowhere/graph.dot').stderr).toMatch(
      /^OptionError: `--dot` is "nowhere\/graph.dot", which cannot be written\./m,
    )
  })
})

test('the graph', () => {
  const { status } = inspect('branches', '--dot', 'graph.dot', '--svg', 'graph.svg')
  expect(status).toBe(0)
  expect(readFileSync(join(folder, 'graph.dot'), 'utf8')).toMatchSnapshot()
  const svg = readFileSync(join(folder, 'graph.svg'), 'utf8')
  expect(svg).toMatch(/^<\?xml.*<svg .*<\/svg>\s*$/s)
  expect(svg.match(/class="node"/g)).toHaveLength(6)
  expect(svg.match(/class="edge"/g)).toHaveLength(6)
})

test('files are written though nobody reads what is printed', async () => {
  const args = ['inspect', 'branches', '--dot', 'unread.dot', '--svg', 'unread.svg']
  const { code, stderr } = await commandIn(folder)(args, child => void child.stdout?.destroy())
  expect([code, stderr]).toEqual([141, ''])
  expect(readFileSync(join(folder, 'unread.svg'), 'utf8')).toMatch(/<\/svg>\s*$/)
  expect(readFileSync(join(folder, 'unread.dot'), 'utf8')).toMatch(/^digraph/)
})
