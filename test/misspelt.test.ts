import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as nn from '@wengert/nn'
import * as tape from '@wengert/tape'
import { parseSync } from 'oxc-parser'
import { describe, expect, it, test } from 'vitest'
import { readSources, root } from './house/source.js'
import { calls, schedulerCalls } from './option-takers.js'

/** What checks others' options, and `convolution`, which hands its own to conv2d. */
const elsewhere = new Set(['checkOptions', 'convolution'])

/** Exported functions of a source file that have a parameter for options. */
function takers(text: string): string[] {
  const { program } = parseSync('a.ts', text)
  return program.body.flatMap(node => {
    const made = node.type === 'ExportNamedDeclaration' ? node.declaration : null
    const functions =
      made?.type === 'FunctionDeclaration'
        ? [{ name: made.id?.name ?? '', of: made }]
        : made?.type === 'VariableDeclaration'
          ? made.declarations.flatMap(({ id, init }) =>
              id.type === 'Identifier' && init?.type === 'ArrowFunctionExpression'
                ? [{ name: id.name, of: init }]
                : [],
            )
          : []
    return functions.flatMap(({ name, of }) => {
      const takes = of.params.some(param => {
        const left = param.type === 'AssignmentPattern' ? param.left : param
        const cut = left !== param && left.type === 'ObjectPattern'
        return cut || (left.type === 'Identifier' && left.name === 'options')
      })
      return takes ? [name] : []
    })
  })
}

async function errorOf(run: () => unknown): Promise<tape.WengertError> {
  try {
    await run()
  } catch (error) {
    if (error instanceof tape.WengertError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}

describe('a misspelt option is refused', () => {
  test('by every function that takes options', () => {
    const names = readSources()
      .filter(({ path }) => /^packages\/(tape|nn)\/src\//.test(path) && !path.endsWith('.test.ts'))
      .flatMap(({ path }) => takers(readFileSync(join(root, path), 'utf8')))
      .filter(name => (name in tape || name in nn) && !elsewhere.has(name))
    expect(names.toSorted()).toEqual(Object.keys(calls).toSorted())
  })

  it.each([...Object.entries(calls), ...Object.entries(schedulerCalls)])('%s', async (name, call) => {
    const error = await errorOf(() => call({ misspelt: 1 } as never))
    expect(error.parts).toMatchObject({
      summary: `${name}: there is no option \`misspelt\`.`,
      at: expect.stringMatching(/^option-takers\.ts:\d+:\d+$/),
      data: { option: 'misspelt' },
    })
  })

  it.each<[string, object, string | undefined]>([
    ['tensor', { dType: 'f64' }, 'dtype'],
    ['sum', { axes: 0 }, 'axis'],
    ['sum', { dim: 0 }, 'axis'],
    ['sum', { keepDims: true }, 'keepdims'],
    ['sum', { keepdim: true }, 'keepdims'],
    ['sum', { initial: 1 }, undefined],
    ['sort', { decending: true }, 'descending'],
    ['norm', { order: 1 }, undefined],
    ['normal', { std: 0 }, 'deviation'],
    ['uniform', { min: 0 }, 'low'],
    ['adam', { lr: 1 }, 'rate'],
    ['adam', { learning_rate: 1 }, 'rate'],
    ['adam', { beta_1: 1 }, 'beta1'],
    ['adam', { eps: 1 }, 'epsilon'],
    ['sgd', { momentom: 1 }, 'momentum'],
    ['attention', { casual: true }, 'causal'],
    ['mlp', { size: [1, 2] }, 'sizes'],
  ])('%s %j', async (name, options, meant) => {
    const { fix } = (await errorOf(() => calls[name]?.(options as never))).parts
    expect(fix).toBe(meant && `write \`${meant}\``)
  })

  it.each(['sum', 'softmax', 'cumsum', 'concat'])('%s: a bare axis is no options', async name => {
    const { summary, fix } = (await errorOf(() => calls[name]?.(0 as never))).parts
    expect(summary).toBe(`${name}: the options are 0.`)
    expect(fix).toBe('write { axis: 0 }')
  })
})
