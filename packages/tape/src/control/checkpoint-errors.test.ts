import { describe, expect, test } from 'vitest'
import {
  BudgetError,
  type CheckpointOptions,
  checkpoint,
  grad,
  matmul,
  named,
  scan,
  type Tensor,
  tensor,
} from '../index.js'

const drawn = (seed: number, rows: number, columns: number) =>
  tensor(
    Float64Array.from({ length: rows * columns }, (_, k) => Math.sin(seed + 1.7 * k) / 2),
    { shape: [rows, columns] },
  )

const block = (x: Tensor, w: Tensor, v: Tensor) =>
  matmul(named(matmul(x, w).tanh(), 'hidden'), v)
    .softplus()
    .add(x)

const [w, v, x] = [drawn(1, 6, 6), drawn(2, 6, 6), drawn(3, 4, 6)]

describe('what cannot be kept', () => {
  const kept = (options: unknown) => checkpoint(block, options as CheckpointOptions)

  test.each([[{ keep: 'all' }], [{ keep: 3 }], [{ keep: [3] }], [{ keep: null }], [{ policy: 'dots' }]])(
    '%j',
    options => {
      expect(() => kept(options)).toThrow(expect.objectContaining({ code: 'OPTION' }))
    },
  )

  test('a name that there is not', () => {
    expect(() => kept({ keep: ['hidden', 'output'] })(x, w, v)).toThrowErrorMatchingInlineSnapshot(`
      [OptionError: checkpoint: \`keep\` has "output", which is no name inside of the function.
        expected  names there are: "hidden"
        at        checkpoint-errors.test.ts:38:54
        fix       name the value: named(x, "output")]
    `)
    expect(() =>
      checkpoint((x: Tensor) => x.exp(), { keep: ['hidden'] })(x),
    ).toThrowErrorMatchingInlineSnapshot(`
      [OptionError: checkpoint: \`keep\` has "hidden", which is no name inside of the function.
        expected  names that are there; the function gives none
        at        checkpoint-errors.test.ts:45:63
        fix       name the value: named(x, "hidden")]
    `)
  })

  test('a name that is inside of a loop', () => {
    const f = checkpoint(
      (x: Tensor) => scan((c: Tensor, r: Tensor) => [named(c.add(r), 'sum').sin(), null], x.at(0), x)[0],
      { keep: ['sum'] },
    )
    expect(() => grad((x: Tensor) => f(x).sum())(x)).toThrowErrorMatchingInlineSnapshot(`
      [OptionError: checkpoint: \`keep\` has "sum", which is no name inside of the function.
        expected  names that are there; the function gives none
        at        checkpoint-errors.test.ts:59:38
        fix       it names a value in a loop, a branch or a checkpointed function inside: keep it there]
    `)
  })

  test('a name without a letter', () => {
    expect(() => named(x, ' ')).toThrow(expect.objectContaining({ code: 'OPTION' }))
    expect(() => named(x, 3 as never)).toThrow('named: the name is 3.')
  })

  test.each<[string, unknown]>([
    ["'yes'", 'yes'],
    ['1', 1],
    ['undefined', undefined],
    ['a promise', Promise.resolve(true)],
  ])('a predicate that gives %s', (written, answer) => {
    const f = kept({ keep: () => answer })
    const call = () => grad((x: Tensor) => f(x, w, v).sum())(x)
    expect(call).toThrow(`\`keep\` gave ${written} for matmul.`)
    expect(call).toThrow(/^ {2}at {8}checkpoint-errors\.test\.ts:/m)
    expect(call).toThrow(expect.objectContaining({ code: 'OPTION' }))
  })

  test('more than the budget', () => {
    const all = checkpoint(block, { keep: 'everything' })
    const loss = (w: Tensor, v: Tensor, x: Tensor) =>
      all(all(x, w, v), w, v)
        .square()
        .sum()
    expect(() => grad(loss, { memory: 64 })(w, v, x)).toThrow(BudgetError)
  })
})
