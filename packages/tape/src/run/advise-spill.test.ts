import { thrownBy } from '@wengert/testkit'
/** Whether refusals advise a store just where one lets a program do with fewer bytes. */
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import {
  compile,
  forLoop,
  grad,
  type Program,
  record,
  scan,
  simplify,
  type Tensor,
  whileLoop,
} from '../index.js'
import { compileWithin } from './compile-within.js'

const gradientOf = (loss: (...xs: Tensor[]) => Tensor, ...shapes: (readonly number[])[]): Program => {
  const avals = shapes.map(shape => ({ dtype: 'f32', shape }) as const)
  return simplify(record((...xs: Tensor[]) => grad(loss)(...(xs as [Tensor])) as Tensor, ...avals).program)
}

const until = (step: (s: Tensor) => Tensor, x: Tensor): Tensor =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(40),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), step(s)] as const,
    [x.sum().mul(0), x] as const,
  )[1]

const programs: Readonly<Record<string, Program>> = {
  'no loop': gradientOf(x => x.exp().sin().exp().sum(), [3000]),
  'many steps of a wide state': gradientOf(x => forLoop(300, (_, s: Tensor) => s.sin(), x).sum(), [3000]),
  'one step': gradientOf(x => forLoop(1, (_, s: Tensor) => s.sin(), x).sum(), [3000]),
  'a small state beside many rows': gradientOf(
    (w, xs) => scan((s: Tensor, x: Tensor) => [s.mul(w).add(x).tanh(), x], w, xs)[0].sum(),
    [4],
    [2000, 4],
  ),
  'steps that read a product of weights': gradientOf(
    (w, x) => forLoop(20, (_, s: Tensor) => s.matmul(w).tanh(), x).sum(),
    [100, 100],
    [1, 100],
  ),
  'a loop of unknown length': gradientOf(x => until(s => s.sin(), x).sum(), [3000]),
  'one of a state of one number': gradientOf(x => until(s => s.sin().mul(0.9), x.sum()).sum(), [3000]),
}

const refusalOf = (act: () => unknown) => thrownBy(act, BudgetError)

const budgets = [1, 1000, 13_000, 30_000, 50_000]

describe.each(Object.entries(programs))('%s', (_, program) => {
  const leastOf = (spillBytes: number) =>
    refusalOf(() => compile(program, { memoryBytes: 1, spillBytes })).leastBytes
  const [without, beside] = [leastOf(0), leastOf(Number.POSITIVE_INFINITY)]

  test.each(budgets.filter(bytes => bytes < without))('%i bytes', memoryBytes => {
    const { data, message, cause } = refusalOf(() => compile(program, { memoryBytes }))
    expect(message.includes('spill')).toBe(beside < without)
    expect(data.withStoreBytes).toBe(beside < without ? Math.max(beside, memoryBytes) : undefined)
    expect(cause).toBeUndefined()
    const spilling = { memoryBytes, spillBytes: 2 ** 20 }
    if (memoryBytes < beside)
      expect(refusalOf(() => compile(program, spilling)).message).not.toContain('spill')
  })

  test('in whole pages', () => {
    const pages = (bytes: number) => Math.ceil(bytes / 65_536)
    const { data, leastBytes, message } = refusalOf(() => compileWithin(program, 1, {}))
    const isFewer = pages(beside) < pages(without)
    expect(leastBytes).toBe(65_536 * pages(without))
    expect(message.includes('spill')).toBe(isFewer)
    expect(data.withStoreBytes).toBe(isFewer ? 65_536 * pages(beside) : undefined)
    if (isFewer) compileWithin(program, 65_536 * pages(beside), { spillBytes: Number.POSITIVE_INFINITY })
  })
})
