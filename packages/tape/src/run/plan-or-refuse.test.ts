import { expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import { compile, grad, record, scan, simplify, type Tensor } from '../index.js'
import type { Instruction, Program } from '../program/index.js'
import { describe } from './plan-or-refuse.js'

const program: Program = {
  avals: [0, 1, 2, 3, 4, 5, 6].map(k => ({ dtype: 'f32', shape: [k] })),
  inputs: [],
  constants: [],
  instructions: [],
  outputs: [],
}

test.each<[string, Partial<Instruction>]>([
  ['%3 f32[3] = concat %0 f32[0], %1 f32[1], %2 f32[2]', { inputs: [0, 1, 2], outputs: [3] }],
  ['%4 f32[4] = concat %0 f32[0], %1 f32[1] and 2 more', { inputs: [0, 1, 2, 3], outputs: [4] }],
  ['%2 f32[2], %3 f32[3] and 3 more = concat %0 f32[0]', { inputs: [0], outputs: [2, 3, 4, 5, 6] }],
  [
    '%1 f32[1] = concat %0 f32[0], recorded at model.ts:3:1',
    { inputs: [0], outputs: [1], at: 'model.ts:3:1' },
  ],
])('%s', (written, instruction) => {
  const whole = { op: 'concat', inputs: [], outputs: [], params: {}, ...instruction }
  expect(describe(program, whole)).toBe(written)
})

test('a loop with many operands is told in a line', () => {
  const width = { dtype: 'f32', shape: [40, 40] } as const
  const weights = Array.from({ length: 20 }, () => width)
  const loss = (ws: readonly Tensor[], x: Tensor) =>
    scan(
      (s: Tensor, row: Tensor) => [ws.reduce((so, w) => so.matmul(w).tanh(), s.add(row)), row],
      x,
      x.reshape([40, 1, 40]),
    )[0].sum()
  const { program } = record((ws, x) => grad(loss)(ws, x), weights, width)
  const refuse = () => compile(simplify(program), { memoryBytes: 1 })
  expect(refuse).toThrow(BudgetError)
  expect(refuse).toThrow(/^ {2}at {8}%.* and \d+ more = \w+ %.{1,100}$/m)
})
