import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkpoint, cond, forLoop, record, scan, type Tensor, tensor, whileLoop, zeros } from '../index.js'
import { type Facts, follow, plainSteps } from './index.js'

/** The number that all elements of a value are, if that is known: constant propagation (Kildall 1973). */
type Known = number | 'any'

const OPS: Readonly<Record<string, (...of: number[]) => number>> = {
  add: (a, b) => (a as number) + (b as number),
  sub: (a, b) => (a as number) - (b as number),
  mul: (a, b) => (a as number) * (b as number),
  neg: a => -(a as number),
  less: (a, b) => Number((a as number) < (b as number)),
  broadcastTo: a => a as number,
}

const either = (a: Known, b: Known): Known => (Object.is(a, b) ? a : 'any')

const equalIn = (data: ArrayLike<number>): Known => Array.from(data).reduce<Known>(either, data[0] as number)

const CONSTANTS: Facts<Known> = {
  empty: 'any',
  constant: (_, data) => equalIn(data),
  after({ instruction: { op }, inputs }) {
    const compute = OPS[op]
    return compute && !inputs.includes('any') ? compute(...(inputs as number[])) : 'any'
  },
  either,
  both: either,
  branched: (by, a, b) => (by === 'any' ? either(a, b) : by ? a : b),
  turned: either,
  repeated: (by, state, first) => (by === 0 ? first : state),
  steps: () => plainSteps(CONSTANTS),
}

type Scalars = (a: Tensor, b: Tensor) => Tensor

const scalar = (value: number) => tensor(value, { dtype: 'f64' })

const { of: random } = fc.letrec<{ of: Scalars }>(tie => {
  const one = tie('of')
  const many = (...build: ((...of: Scalars[]) => Scalars)[]) =>
    fc.tuple(fc.constantFrom(...build), one, one, one).map(([from, ...of]) => from(...of))
  const control = many(
    (f, g) => (a, b) => cond(f(a, b).less(g(a, b)), f, g, a, b),
    (f, g) => (a, b) => checkpoint(f as never as (x: Tensor, y: Tensor) => Tensor)(g(a, b), b),
    (f, g, h) => (a, b) => forLoop(0, (_, s) => f(s, b), g(a, h(a, b))),
    (f, g) => (a, b) => forLoop(1, (_, s) => f(s, b), g(a, b)),
    (f, g, h) => (a, b) => forLoop<[Tensor, Tensor]>(3, (_, [s, r]) => [f(r, s), g(s, b)], [h(a, b), a])[0],
    (f, g) => (a, b) =>
      scan((s: Tensor, y: Tensor) => [f(s, y), s], g(a, b), a.broadcastTo([3]))[1]
        .sum({ axis: 0 })
        .mul(0)
        .add(f(b, a)),
    (f, g) => (a, b) =>
      scan((s: Tensor, y: Tensor) => [f(y, b), s.mul(2)], g(a, b), b.broadcastTo([2]))[1]
        .slice([1], [2])
        .reshape([]),
    (f, g, h) => (a, b) =>
      whileLoop<[Tensor, Tensor]>(
        ([k]) => k.less(h(a, b).less(3).convert('f64').mul(2)),
        ([k, s]) => [k.add(1), f(s, b)],
        [scalar(0), g(a, b)],
      )[1],
  )
  return {
    of: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<Scalars>(
        a => a,
        (_, b) => b,
      ),
      fc.integer({ min: -2, max: 2 }).map(
        (c): Scalars =>
          () =>
            scalar(c),
      ),
      many(
        (f, g) => (a, b) => f(a, b).add(g(a, b)),
        (f, g) => (a, b) => f(a, b).sub(g(a, b)),
        (f, g) => (a, b) => f(a, b).mul(g(a, b)),
        f => (a, b) => f(a, b).neg(),
      ),
      control,
    ),
  }
})

describe('facts that are followed through random programs', () => {
  test('hold of what these compute', () => {
    let found = 0
    fc.assert(
      fc.property(random, fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), (f, a, b) => {
        const { program } = record(f as never, scalar(0), scalar(0))
        const known: Known[] = [a, 'any']
        const [fact] = follow(program, known, CONSTANTS)
        if (fact === 'any') return
        found++
        const computed = f(scalar(a), scalar(b)).item()
        expect(computed + 0).toBe((fact as number) + 0)
      }),
      { numRuns: 1000 },
    )
    expect(found).toBeGreaterThan(200)
  })

  test('are as much or more, the more is known of inputs', () => {
    fc.assert(
      fc.property(random, f => {
        const { program } = record(f as never, scalar(0), scalar(0))
        const [least] = follow<Known>(program, ['any', 'any'], CONSTANTS)
        const [most] = follow<Known>(program, [1, -2], CONSTANTS)
        if (least !== 'any') expect(most).toBe(least)
      }),
      { numRuns: 300 },
    )
  })
})

describe('facts in loops', () => {
  const factOf = (f: (x: Tensor) => Tensor, known: Known): Known | undefined =>
    follow(record(f as never, scalar(0)).program, [known], CONSTANTS)[0]

  test.each<[string, (x: Tensor) => Tensor, Known, Known]>([
    ['no step leaves what is first', x => forLoop(0, (_, s) => s.mul(0), x), 2, 2],
    ['the first step is certain to be taken', x => forLoop(3, () => scalar(5), x), 'any', 5],
    ['what settles later is not known', x => forLoop(3, (_, s) => s.add(1), x), 2, 'any'],
    ['one step is one step', x => forLoop(1, (_, s) => s.add(1), x), 2, 3],
    [
      'a loop of unknown length may take none',
      x =>
        whileLoop(
          s => s.less(x),
          () => scalar(5),
          x.mul(1),
        ),
      'any',
      'any',
    ],
    [
      'or takes none for certain',
      x =>
        whileLoop<[Tensor, Tensor]>(
          ([k]) => k.less(2),
          ([k, s]) => [k, s.add(1)],
          [x, x],
        )[1],
      3,
      3,
    ],
    [
      'a state that stays',
      x =>
        whileLoop<[Tensor, Tensor]>(
          ([k]) => k.less(3),
          ([k, s]) => [k.add(1), s],
          [x.mul(0), x],
        )[1],
      2,
      2,
    ],
    [
      'branches that agree',
      x =>
        cond(
          x.less(0),
          (_: Tensor) => scalar(1),
          (_: Tensor) => scalar(1),
          x,
        ),
      'any',
      1,
    ],
    [
      'a branch that is known',
      x =>
        cond(
          x.less(0),
          (_: Tensor) => scalar(1),
          (y: Tensor) => y,
          x,
        ),
      2,
      2,
    ],
  ])('%s', (_, f, known, expected) => {
    expect(factOf(f, known)).toBe(expected)
  })

  test('of results of no step, and of all that has no elements', () => {
    const none = (x: Tensor) => scan((s: Tensor, y: Tensor) => [s, y], x, zeros([0], { dtype: 'f64' }))[1]
    expect(factOf(none, 2)).toBe('any')
    expect(factOf(x => x.broadcastTo([0]), 2)).toBe('any')
  })
})
