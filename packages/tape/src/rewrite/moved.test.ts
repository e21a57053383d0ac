import { describe, expect, test } from 'vitest'
import { add, exp, matmul, mul, reshape, sin, slice, square, sub, sum } from '../ops/index.js'
import { type Program, writtenOp } from '../program/index.js'
import { record, type Tensor } from '../record/index.js'
import { costOf } from '../run/index.js'
import { grad } from '../transform/index.js'
import { fuse, fuseWithoutCopies } from './fuse.js'
import { groupsOf } from './groups.js'
import { movedBytes } from './moved.js'
import { simplify } from './simplify.js'

type Recordable = (...xs: Tensor[]) => Tensor

const recorded = (fn: Recordable, ...shapes: readonly (readonly number[])[]): Program =>
  simplify(record(fn as never, ...shapes.map(shape => ({ dtype: 'f32' as const, shape }))).program)

describe('bytes that are moved', () => {
  test.each<[string, (x: Tensor, y: Tensor) => Tensor, number]>([
    ['of a chain: its operands and its result', x => exp(x).add(1).square(), 48 + 4 + 48],
    ['of what is reduced: its operand and the sum', x => sum(square(x)), 48 + 4],
    ['of a product: operands and result', (x, y) => matmul(x, y), 48 + 64 + 48],
    ['of another shape: none', x => reshape(exp(x), [12]), 48 + 48],
    ['of a slice: what is shown of it', x => exp(slice(x, [1, 0], [2, 4])).add(1), 16 + 4 + 16],
    [
      'of what two groups read: for each',
      (x, y) => add(sum(exp(x)), sum(matmul(exp(x), y))),
      48 + 48 + 52 + 160 + 52 + 12,
    ],
  ])('%s', (_, fn, bytes) => {
    const program = recorded(fn as Recordable, [3, 4], [4, 4])
    expect(movedBytes({ program, groups: groupsOf(program, 0) })).toBe(bytes)
  })
})

/** v = v·xᵢ + xⱼ − xₖ over and over, and the sum of all v. */
const scalars = (...x: Tensor[]): Tensor => {
  const input = (k: number) => x[k % x.length] as Tensor
  let [v, total] = [input(0), input(1)]
  for (let k = 0; k < 100; k++) {
    v = sub(add(mul(v, input(k)), input(3 * k)), input(5 * k))
    total = add(total, v)
  }
  return sum(total)
}

describe('lines of many elements', () => {
  const shapes = Array.from({ length: 8 }, () => [5000])

  test('are run as such where they move fewer bytes, as in pullbacks of scalar programs', () => {
    const program = recorded(grad(scalars, { argnums: shapes.map((_, k) => k) }) as never, ...shapes)
    expect(fuse(program).instructions.length).toBeLessThan(fuseWithoutCopies(program).instructions.length / 3)
    expect(costOf(fuse(program))).toBeLessThan(0.75 * costOf(fuseWithoutCopies(program)))
  })

  test('are not where groups by readers move fewer', () => {
    // Each sine is summed as it is computed; as a line, all would be stored.
    const sines = recorded(
      (...xs) =>
        xs
          .map(x => sin(x))
          .map(y => sum(square(y)))
          .reduce(add),
      ...Array.from({ length: 70 }, () => [5000]),
    )
    const { instructions } = fuse(sines)
    const ops = instructions.map(instruction => writtenOp(instruction, 0))
    expect(ops.filter(op => op === 'sin+square+sum').length).toBe(70)
  })
})
