/** Fusion with copies of cheap values and in long lines, and without: what either does within fewer bytes or for less is done. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BudgetError, type Program, plansOf, record, simplify, type Tensor } from '../index.js'
import { fuse, fuseWithoutCopies } from '../rewrite/index.js'
import { costOfPlanned } from './choose.js'
import { lower } from './lower.js'
import { isRefusal, planOrRefuse } from './plan-or-refuse.js'

const recorded = (f: (x: Tensor, y: Tensor) => readonly Tensor[], shape: readonly number[]): Program => {
  const aval = { dtype: 'f64' as const, shape }
  return simplify(record(f as never, aval, aval).program)
}

const leastBytesOf = (plan: () => unknown): number => {
  try {
    plan()
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('It fits.')
}

/** Plans a program as it stands. */
const asItStands = (program: Program) => () => {
  const outcome = planOrRefuse(program, lower(program, []), 1)
  if (isRefusal(outcome)) throw outcome.error()
}

/** Cost with each instruction run once. */
const cost = (one: Program) => lower(one, []).graph.steps.reduce((sum, { cost }) => sum + cost, 0)

test('copies that keep their operands for longer do not raise the fewest bytes', () => {
  const program = recorded(
    (x, y) => {
      const s = x.add(y.mul(y.greater(0.5).convert('f64')))
      const square = s.sub(s.mean()).square()
      return [square, square.abs().neg().exp()]
    },
    [512, 512],
  )
  expect(fuse(program)).not.toBe(fuseWithoutCopies(program))
  // Two results, what both are made of, and a number.
  const least = 3 * 8 * 512 * 512 + 256
  expect(leastBytesOf(() => plansOf(program)(1))).toBe(least)
  expect(plansOf(program)(least).chosen.peakBytes).toBeLessThanOrEqual(least)
})

test('random programs fit wherever they do fused without copies, and cost no more without a budget', () => {
  const step = fc.record({ op: fc.nat(5), a: fc.nat(), b: fc.nat() })
  let copied = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 4, maxLength: 14 }), steps => {
      const program = recorded(
        (x, y) => {
          const values = [x, y]
          for (const { op, a, b } of steps) {
            const [p, q] = [values[a % values.length] as Tensor, values[b % values.length] as Tensor]
            values.push(
              [
                () => p.add(q),
                () => p.mul(q),
                () => p.sub(p.mean()),
                () => p.sub(q.max({ axis: 1, keepdims: true })),
                () => p.abs(),
                () => p.exp(),
              ][op]?.() as Tensor,
            )
          }
          return values.slice(-2)
        },
        [64, 128],
      )
      const plain = fuseWithoutCopies(program)
      if (fuse(program) === plain) return
      copied++
      expect(leastBytesOf(() => plansOf(program)(1))).toBeLessThanOrEqual(leastBytesOf(asItStands(plain)))
      const ample = costOfPlanned(plansOf(program)(Number.POSITIVE_INFINITY))
      expect(ample).toBeLessThanOrEqual(Math.min(cost(plain), cost(fuse(program))))
    }),
    { numRuns: 60 },
  )
  expect(copied).toBeGreaterThan(5)
})

const chain = (of: Tensor, length: number) =>
  Array.from({ length }).reduce<Tensor>((v, _, k) => (k % 2 ? v.sin() : v.mul(1.1)), of)

test.each<[string, readonly number[], (x: Tensor, y: Tensor) => readonly Tensor[]]>([
  ['a chain that is summed, behind another', [500], (x, y) => [chain(y, 20), chain(x, 45).sum()]],
  [
    'scalars under another shape behind more',
    [],
    (x, y) => [chain(x.add(y), 69).reshape([1]).add(0.5).sin()],
  ],
  [
    'values that are read much later',
    [500],
    (x, y) => {
      const values = Array.from({ length: 70 }, (_, k) => x.mul(k + 0.5))
      return [values.reduce((sum, v) => sum.add(v.mul(y).sum()), y.sum())]
    },
  ],
])(
  'lines cost no more than what reads one another, at no budget more than at a smaller one: %s',
  (_, shape, f) => {
    const program = recorded(f, shape)
    const [lines, plain] = [cost(fuse(program)), cost(fuseWithoutCopies(program))]
    expect(lines).toBeGreaterThan(plain)
    const within = plansOf(program)
    const least = leastBytesOf(() => within(1))
    expect(least).toBeLessThanOrEqual(leastBytesOf(asItStands(fuseWithoutCopies(program))))
    const budgets = Array.from({ length: 40 }, (_, k) => Math.floor(least * 1.1 ** k))
    const costs = [...budgets, Number.POSITIVE_INFINITY].map(bytes => costOfPlanned(within(bytes)))
    expect(costs.at(-1)).toBe(plain)
    costs.slice(1).forEach((one, k) => {
      expect(one).toBeLessThanOrEqual(costs[k] as number)
    })
  },
)
