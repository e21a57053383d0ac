import * as nn from '@wengert/nn'
import * as tape from '@wengert/tape'
import { describe, expect, it, test } from 'vitest'
import { calls, schedulerCalls } from './option-takers.js'

const { tensor } = tape
const vector = tensor([1, 2, 3])
const square = (x: tape.Tensor) => x.square().sum()

/** What plain JavaScript gives for an option by mistake, with a name. */
const rubbish: Readonly<Record<string, unknown>> = {
  null: null,
  negative: -1,
  fraction: 0.5,
  NaN: Number.NaN,
  true: true,
  text: 'false',
  symbol: Symbol('s'),
  bigint: 3n,
  'list of symbols': [Symbol('s')],
  'list of bigints': [1n],
  'list of functions': [square],
  'object with a symbol': { a: Symbol('s') },
  function: square,
  object: {},
  list: [],
  'list of NaN': [Number.NaN],
  'list of holes': new Array(3),
  'list of text': ['a'],
  tree: { a: { b: null } },
  i32: tensor([1, 2], { dtype: 'i32' }),
  bool: tensor([true]),
  vector,
}

/** Options without which a function refuses all others. */
const needed: Readonly<Record<string, object>> = {
  mlp: { sizes: [2, 3] },
  train: {
    params: tensor(0),
    rows: [0, 1],
    batch: 1,
    epochs: 1,
    optimiser: nn.sgd(),
    gradient: async (w: tape.Tensor) => ({ value: tensor(0), gradient: w }),
  },
  groupNorm: { groups: 1 },
  multiHeadAttention: { heads: 1 },
  directoryStore: { directory: '.' },
  createScheduler: { workers: 0 },
}

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  return undefined
}

/** The options that a function has, as it says itself. */
async function optionsOf(call: (options: never) => unknown): Promise<readonly string[]> {
  const error = await errorOf(() => call({ misspelt: 1 } as never))
  return /^\{ (.*) \}$/.exec((error as tape.WengertError).parts.expected ?? '')?.[1]?.split(', ') ?? []
}

/** Where the function is called, with what it is not made for. */
const isOfSquare = (error: unknown) =>
  error instanceof TypeError && error.message === 'x.square is not a function'

/** Options that are true or false. */
const flags = [
  'keepdims',
  'descending',
  'reverse',
  'causal',
  'lower',
  'transpose',
  'unitDiagonal',
  'countIncludePad',
  'auxiliary',
  'dynamic',
  'shared',
]

/** Options that are one of few words or a function, or left out. */
const words: Readonly<Record<string, readonly unknown[]>> = {
  mode: ['constant', 'edge', 'reflect'],
  approximate: ['tanh'],
  reduction: ['mean', 'sum'],
  arithmetic: ['fast', 'portable'],
  activation: [square],
  weights: ['glorot', 'he'],
}

describe('rubbish for an option is refused by errors that say what is wrong and where', () => {
  it.each([...Object.entries(calls), ...Object.entries(schedulerCalls)])('%s', async (name, call) => {
    const unclear: string[] = []
    for (const option of await optionsOf(call)) {
      for (const [what, value] of Object.entries(rubbish)) {
        const error = await errorOf(() => call({ ...needed[name], [option]: value } as never))
        const written = `${option}: ${what}`
        if (error === undefined) {
          const fits = flags.includes(option) ? [true] : words[option]
          if (fits && !fits.includes(value)) unclear.push(`${written} is taken`)
        } else if (isOfSquare(error)) continue
        else if (error instanceof tape.BudgetError || error instanceof tape.PlanError) continue
        else if (!(error instanceof tape.WengertError)) unclear.push(`${written}: ${error}`)
        else if (!/^(option-takers|rubbish-options\.test)\.ts:\d+:\d+$/.test(error.parts.at ?? ''))
          unclear.push(`${written}: at ${error.parts.at}: ${error.message}`)
      }
    }
    expect(unclear).toEqual([])
  })

  test('there is much to walk over', async () => {
    const options = await Promise.all(Object.values(calls).map(optionsOf))
    expect(options.flat().length).toBeGreaterThan(200)
    expect(flags.filter(flag => !options.flat().includes(flag))).toEqual([])
  })
})
