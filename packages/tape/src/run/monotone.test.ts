import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { randomPrograms, toTensor } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import { forLoop, grad, matmul, record, scan, type Tensor, tensor, whileLoop } from '../index.js'
import type { Program } from '../program/index.js'
import { simplify } from '../rewrite/index.js'
import { costOfPlanned } from './choose.js'
import { plansOf } from './plans-of.js'

const aval = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

/** A loop over a matrix of rows, its steps more or less dear and wide. */
interface Loop {
  readonly length: number
  readonly width: number
  readonly depth: number
  readonly product: boolean
  readonly inner: number
  readonly reads: boolean
}

const loops = fc.record({
  length: fc.integer({ min: 2, max: 60 }),
  width: fc.constantFrom(1, 4, 16),
  depth: fc.integer({ min: 1, max: 4 }),
  product: fc.boolean(),
  inner: fc.constantFrom(0, 0, 3, 9),
  reads: fc.boolean(),
})

/** One state after another of a loop, and of another in it. */
const turn = ({ length, width, depth, product, inner, reads }: Loop, x: Tensor, w: Tensor): Tensor => {
  const step = (y: Tensor) => {
    let z = product ? matmul(y, w) : y
    for (let k = 0; k < depth; k++) z = z.mul(0.9).sin().add(y.mul(0.1))
    return inner > 0 ? forLoop(inner, (_, v) => v.mul(w.at(0)).tanh(), z) : z
  }
  const start = width === 1 ? x : x.mul(width)
  if (!reads) return forLoop(length, (_, y) => step(y), start)
  const [last, rows] = scan((y: Tensor) => [step(y), y.sum()] as [Tensor, Tensor], start, null, {
    length,
  })
  return last.add(rows.sum())
}

/** The program of a gradient of some loops one after the other, with work between them. */
function gradientOf(several: readonly Loop[], rows: number): Program {
  const loss = (w: Tensor, x: Tensor) => {
    let y = x
    for (const loop of several) y = turn(loop, y.exp().mul(0.3).tanh(), w)
    return y.square().sum()
  }
  return simplify(record((w, x) => grad(loss, { argnums: [0, 1] })(w, x), aval(8, 8), aval(rows, 8)).program)
}

/** Costs under rising budgets, from the fewest bytes to enough, and without one. */
function costsOf(
  program: Program,
  shares: readonly number[],
  spillBytes = 0,
): readonly (readonly [number, number])[] {
  const within = plansOf(program, [], spillBytes)
  const unlimited = within(Number.POSITIVE_INFINITY)
  const { peakBytes, recordBytes } = unlimited.chosen
  const least = leastOf(within)
  const most = Math.max(least, peakBytes + recordBytes)
  const costs = shares
    .map(share => Math.floor(least + share * share * (most - least)))
    .sort((a, b) => a - b)
    .map(bytes => {
      const planned = within(bytes)
      expect(planned.chosen.peakBytes + planned.chosen.recordBytes).toBeLessThanOrEqual(bytes)
      return [bytes, costOfPlanned(planned)] as const
    })
  return [...costs, [Number.POSITIVE_INFINITY, costOfPlanned(unlimited)]]
}

function leastOf(within: (bytes: number) => unknown): number {
  try {
    within(1)
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

/** Many of them, so that there are neighbours. */
const shares = fc.array(fc.double({ min: 0, max: 1.1, noNaN: true }), { minLength: 24, maxLength: 30 })

const neverRise = (costs: readonly (readonly [number, number])[]) => {
  costs.slice(1).forEach(([bytes, cost], k) => {
    const [before, dearer] = costs[k] as readonly [number, number]
    expect(cost, `${bytes} bytes against ${before}`).toBeLessThanOrEqual(dearer)
  })
}

describe('a larger budget never costs more', () => {
  test('with loops after one another and in one another', () => {
    fc.assert(
      fc.property(
        fc.array(loops, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(2, 16),
        shares,
        (several, rows, shares) => {
          neverRise(costsOf(gradientOf(several, rows), [0, ...shares, 1]))
        },
      ),
      { numRuns: 8 },
    )
  })

  test('with a store that several loops share', () => {
    fc.assert(
      fc.property(
        fc.array(loops, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        shares,
        (several, blocks, shares) => {
          const program = gradientOf(several, 16)
          neverRise(costsOf(program, [0, ...shares, 1], blocks * SPILL_BLOCK_BYTES))
        },
      ),
      { numRuns: 3 },
    )
  })

  test('with loops of unknown length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(2, 64),
        fc.constantFrom(0, 2 ** 20),
        shares,
        (depth, rows, spillBytes, shares) => {
          const loss = (x: Tensor) =>
            whileLoop(
              (y: Tensor) => y.sum().less(100),
              (y: Tensor) => {
                let z = y
                for (let k = 0; k < depth; k++) z = z.sin().add(1).mul(y)
                return z
              },
              x.exp(),
            ).sum()
          const { program } = record(x => grad(loss)(x), aval(rows, 8))
          const within = plansOf(simplify(program), [], spillBytes)
          const least = leastOf(within)
          const budgets = [0, ...shares, 1].map(share => Math.floor(least * (1 + 40 * share * share)))
          neverRise(budgets.sort((a, b) => a - b).map(bytes => [bytes, costOfPlanned(within(bytes))]))
        },
      ),
      { numRuns: 6 },
    )
  })

  test('with random steps of loops', () => {
    fc.assert(
      fc.property(
        randomPrograms({ maxSteps: 8 }),
        fc.integer({ min: 2, max: 30 }),
        shares,
        (made, length, shares) => {
          const inputs = made.inputs.map(toTensor)
          const loss = (x: Tensor, ...xs: Tensor[]) =>
            forLoop(length, (_, y) => y.add(made.loss(y, ...xs).mul(1e-3)), x).sum()
          const { program } = record((...xs) => grad(loss)(...(xs as [Tensor])), ...inputs.map(x => x.aval))
          neverRise(costsOf(simplify(program), [0, ...shares, 1]))
        },
      ),
      { numRuns: 8 },
    )
  })
})

describe('a larger store never costs more', () => {
  const dear = (s: Tensor) => s.mul(s).add(0.05).sqrt().sin().exp().log().mul(1.1).tanh().add(0.2)
  const cheap = (s: Tensor) => s.mul(s).mul(0.9).add(0.05).sqrt()
  const known = (steps: number, one: (s: Tensor) => Tensor, x: Tensor) =>
    forLoop(steps, (_, s: Tensor) => one(s), x)
  /** 40 steps, which only the loop knows. */
  const open = (x: Tensor): Tensor =>
    whileLoop(
      ([k]: readonly [Tensor, Tensor]) => k.less(40),
      ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), dear(s)] as const,
      [tensor(0), x] as const,
    )[1]
  const narrow = (x: Tensor) => known(100, s => dear(dear(s)), open(x).slice([0], [500]))

  // A state takes 24 blocks.
  test.each<[string, (x: Tensor) => Tensor, number, readonly number[]]>([
    [
      'a loop of cheap steps',
      x => known(200, cheap, x),
      24_000,
      [0, 24, 36, 48, 66, 72, 102, 144, 336, 1440],
    ],
    ['of dear ones', x => known(100, dear, x), 24_000, [0, 24, 48, 66, 72]],
    ['one of unknown length and a narrow one', narrow, 0, [24, 36, 48, 66]],
    ['and a long one', x => known(300, dear, open(x)), 42_536, [60, 66, 72, 78, 84]],
  ])('%s', (_, f, more, stores) => {
    const { program } = record(x => grad((x: Tensor) => f(x).sum())(x), aval(3000))
    const simplified = simplify(program)
    const memoryBytes = leastOf(plansOf(simplified)) + more
    neverRise(
      stores.map(blocks => {
        const spillBytes = SPILL_BLOCK_BYTES * blocks
        const planned = plansOf(simplified, [], spillBytes)(memoryBytes)
        expect(planned.spilledBytes).toBeLessThanOrEqual(spillBytes)
        return [spillBytes, costOfPlanned(planned)]
      }),
    )
  })
})
