import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  averagePool2d,
  concat,
  cond,
  cumsum,
  customJvp,
  customVjp,
  forLoop,
  grad,
  jvp,
  matmul,
  mod,
  scan,
  softmax,
  type Tensor,
  tensor,
  where,
  whileLoop,
  zeros,
} from '../index.js'

/** Of an argument, the tangent of it, and the value. */
type Rule = (x: Tensor, t: Tensor, value: Tensor) => Tensor

const ruled = (rule: Rule, fn: (x: Tensor) => Tensor = x => x.sin()) =>
  customJvp(fn, ({ args: [x], tangents: [t], value }) => rule(x, t, value))

const opposites = (x: Tensor) => concat([x.reshape([1]), x.neg().reshape([1])])
const image = (x: Tensor) => x.reshape([1, 2, 1, 1])

/** The first whole number that is not below. */
const counted = (x: Tensor) =>
  whileLoop(
    (k: Tensor) => k.less(x),
    (k: Tensor) => k.add(1),
    x.mul(0),
  )

/** Zero: what a sum of ones exceeds in the end, and starts below. */
const overtaken = (x: Tensor) =>
  whileLoop<[Tensor, Tensor]>(
    ([k]) => k.less(x),
    ([k]) => [k.add(1), x.sub(k.add(1)).relu()],
    [x.mul(0), x.mul(0)],
  )[1]

describe('a rule that is linear passes, though a part of it does not look like zero', () => {
  test.each<[string, Rule]>([
    ['a sum of opposites', (x, t) => t.add(opposites(x).sum())],
    ['a running sum of opposites', (x, t) => t.add(cumsum(opposites(x)).at(1))],
    ['a product of matrices of opposites', (x, t) => t.add(matmul(opposites(x), tensor([1, 1])))],
    ['a pool of opposites', (x, t) => t.add(averagePool2d(image(opposites(x)), [2, 1]).sum())],
    ['a mean that is taken away', (x, t) => t.add(opposites(x).sub(opposites(x).mean()).sum())],
    [
      'signs that cancel',
      (x, t) =>
        t.add(
          x
            .broadcastTo([2])
            .mul(tensor([1, -1]))
            .sum(),
        ),
    ],
    ['one less one', (x, t) => t.add(x.mul(0).add(1).sub(x.mul(0).add(1)))],
    ['a quotient that is one', (x, t) => t.add(x.div(x).sub(1))],
    ['a product that is one', (x, t) => t.add(x.mul(x.reciprocal()).sub(1))],
    ['a product of powers that is one', (x, t) => t.add(x.exp().mul(x.neg().exp()).sub(1))],
    ['a power of one', (x, t) => t.add(tensor(1).pow(x).sub(1))],
    ['what is cut off', (x, t) => t.add(x.square().neg().relu())],
    ['a size that is not below zero', (x, t) => where(where(x.greater(0), x, x.neg()).less(0), 1, t)],
    ['what a count of steps exceeds', (x, t) => t.add(x.sub(counted(x)).relu())],
    ['what a step exceeds', (x, t) => t.add(overtaken(x))],
    ['rows of opposites', (x, t) => t.add(scan((s: Tensor) => [s.neg(), s], x, zeros([2]))[1].sum())],
    ['a power that is one', (x, t) => t.add(x.expm1().add(1).mul(x.neg().exp()).sub(1))],
    ['what is never less than anything', (x, t) => where(x.mul(Number.NaN).less(1), 1, t)],
    ['no number far from zero', (x, t) => where(x.less(9), t, Number.NaN)],
    ['steps of zero', (_, t) => t.sign().mul(0)],
    ['a square of no weight', (_, t) => t.add(t.square().mul(0)).add(t.mul(t).mul(zeros([])))],
  ])('%s', (_, rule) => {
    const f = ruled(rule)
    const x = tensor(2)
    const forwards = jvp(f, [x], [tensor(1)]).tangent.item()
    expect(grad(f)(x).item()).toBeCloseTo(forwards, 5)
    expect(jvp(f, [x], [tensor(0)]).tangent.item()).toBeCloseTo(0, 5)
  })

  test('a value that is zero everywhere, or may be', () => {
    const add: Rule = (_, t, value) => t.add(value)
    expect(() => ruled(add, x => x.mul(0))(tensor(2))).not.toThrow()
    expect(() => ruled(add, x => x.square().neg().relu())(tensor(2))).not.toThrow()
    expect(() => ruled(add, x => x.sub(x))(tensor(2))).not.toThrow()
    expect(() => ruled(add, x => x.mul(2))(tensor(2))).toThrow('gives more than zero')
  })

  test('what has no elements, and sums of it', () => {
    const none = zeros([0, 3])
    expect(() => ruled((x, t) => t.add(x).add(1))(none)).not.toThrow()
    const summed = customJvp(
      (x: Tensor) => x.sum(),
      ({ args: [x], tangents: [t] }) => t.sum().add(x.add(1).sum()),
    )
    expect(() => summed(none)).not.toThrow()
    expect(() => summed(zeros([1, 3]))).toThrow('gives more than zero')
  })
})

describe('a rule that gives more than zero is refused', () => {
  const spread = (x: Tensor) => x.broadcastTo([3])

  test.each<[string, Rule]>([
    ['what is cut off', (x, t) => t.add(x.relu())],
    ['the other side of what is cut off', (x, t) => t.add(x.neg().relu())],
    ['the larger one', (x, t) => t.add(x.maximum(0))],
    ['a square of the smaller one', (x, t) => t.add(x.minimum(-1).square())],
    ['a threshold', (x, t) => where(x.greater(1), 1, t)],
    ['a threshold, summed', (x, t) => where(spread(x).greater(1), 1, spread(t)).sum()],
    ['a threshold below zero, summed', (x, t) => where(spread(x).lessEqual(-3), -1, spread(t)).sum()],
    ['a sum of values', (_, t, value) => t.add(spread(value).sum())],
    ['a mean of values', (_, t, value) => t.add(spread(value).mean())],
    ['a running sum', (x, t) => t.add(cumsum(spread(x)).sum())],
    ['a product of matrices of values', (_, t, value) => t.add(matmul(spread(value), spread(value)))],
    ['a pool', (x, t) => t.add(averagePool2d(x.broadcastTo([1, 4, 4, 1]), 2, { padding: 1 }).sum())],
    ['probabilities', (x, t) => t.add(softmax(spread(x)).sum())],
    ['a sine of a product', (x, t, value) => t.add(x.mul(value).sin())],
    ['a square of a product, less a number', (x, t, value) => t.add(x.mul(value).square().sub(3))],
    ['a power', (x, t) => t.add(tensor(2).pow(x))],
    ['a power of itself', (x, t) => t.add(x.pow(x))],
    ['a remainder', (x, t) => t.add(mod(x, 2))],
    ['an inverse, less a number', (x, t) => t.add(x.reciprocal().sub(3))],
    ['a product of functions', (x, t) => t.add(x.sigmoid().mul(tensor(1).sub(x.sigmoid())))],
    ['a count of steps, less a number', (x, t) => counted(x).add(t).sub(3)],
  ])('%s', (_, rule) => {
    expect(() => ruled(rule)(tensor(2))).toThrow(/customJvp: the rule gives more than zero .* not linear/)
  })

  test('for truth values that are all one, or all the other', () => {
    const masked = (one: (mask: Tensor, t: Tensor) => Tensor) =>
      customJvp(
        (x: Tensor, mask: Tensor) => where(mask, x, 0).sum(),
        ({ args: [, mask], tangents: [t] }) => one(mask, t).sum(),
      )
    const mask = tensor([true, false])
    expect(() => masked((m, t) => where(m, t, 1))(tensor([1, 2]), mask)).toThrow('gives more than zero')
    expect(() => masked((m, t) => where(m, 1, t))(tensor([1, 2]), mask)).toThrow('gives more than zero')
    expect(() => masked((m, t) => where(m, t, 0))(tensor([1, 2]), mask)).not.toThrow()
    expect(() =>
      masked((m, t) => where(m.logicalAnd(m.logicalNot()), 1, t))(tensor([1, 2]), mask),
    ).not.toThrow()
  })

  test('of values of many arguments', () => {
    expect(() => ruled((_, t, value) => t.add(value.sum()))(tensor([1, 2, 3]))).toThrow(
      'gives more than zero',
    )
  })
})

describe('solvers that iterate', () => {
  /** Conjugate gradients for a·z = b, of one unknown. */
  const solved = (a: Tensor, b: Tensor): Tensor =>
    forLoop<[Tensor, Tensor]>(
      1,
      (_, [z, r]) => {
        const step = r.square().div(r.mul(a.mul(r)))
        return [z.add(step.mul(r)), r.sub(step.mul(a.mul(r)))]
      },
      [b.mul(0), b],
    )[0]

  test('are refused, with what to write instead', () => {
    expect(() => ruled((x, t) => solved(x, t))(tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customJvp: the rule has a derivative that depends on the tangents, so it is not linear in them.
        expected  sums of tangents, each multiplied by what depends on arguments and value alone
        at        offsets.test.ts:173:47
        fix       let a solver that iterates be a function of its own, by customVjp, with a rule that solves the transposed system for the cotangent]
    `)
  })

  test('pass as functions of their own', () => {
    const solver = customVjp(
      (b: Tensor, a: Tensor) => solved(a, b),
      ({ args: [, a], ct }) => [solved(a, ct), zeros([])],
    )
    const f = ruled((x, t) => solver(t, x))
    expect(jvp(f, [tensor(2)], [tensor(1)]).tangent.item()).toBeCloseTo(0.5)
    expect(grad(f)(tensor(2)).item()).toBeCloseTo(0.5)
  })
})

describe('of random rules of vectors', () => {
  type Of = (x: Tensor) => Tensor
  const number = (value: number) => tensor(value, { dtype: 'f64' })
  const numbers = (...values: number[]) => tensor(values, { dtype: 'f64' })
  const halves = (a: Tensor, b: Tensor) => concat([a.slice([0], [2]), b.slice([2], [3])])
  const weights = tensor(
    [
      [1, -1, 0],
      [2, 0, 1],
      [-1, 1, 1],
    ],
    { dtype: 'f64' },
  )

  /** What keeps zero zero, and sums sums; by arguments alone. */
  const linear = (free: fc.Arbitrary<Of>, inner: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> =>
    fc.oneof(
      fc.tuple(fc.constantFrom<(s: Tensor) => Tensor>(...LINEAR), inner).map(
        ([of, a]): Rule =>
          (...site) =>
            of(a(...site)),
      ),
      fc.tuple(fc.constantFrom('add' as const, 'sub' as const), inner, inner).map(
        ([op, a, b]): Rule =>
          (...site) =>
            a(...site)[op](b(...site)),
      ),
      fc.tuple(free, inner).map(
        ([f, a]): Rule =>
          (x, ...site) =>
            a(x, ...site).mul(f(x)),
      ),
      fc.tuple(free, inner, inner).map(
        ([f, a, b]): Rule =>
          (x, ...site) =>
            where(f(x).greater(1), a(x, ...site), b(x, ...site)),
      ),
      fc.tuple(free, inner, inner).map(
        ([f, a, b]): Rule =>
          (x, ...site) =>
            cond(f(x).sum().less(2), a, b, x, ...site),
      ),
      fc.tuple(fc.nat(3), free, inner, inner).map(
        ([steps, f, a, b]): Rule =>
          (x, ...site) =>
            forLoop(steps, (_, s) => s.mul(f(x)).add(a(x, ...site)), b(x, ...site)),
      ),
      fc.tuple(free, inner).map(
        ([f, a]): Rule =>
          (x, ...site) =>
            scan((s: Tensor, y: Tensor) => [s.mul(f(x).sum()).add(y), s], number(0), a(x, ...site))[1],
      ),
    )

  const LINEAR: ((s: Tensor) => Tensor)[] = [
    s => s.sum().broadcastTo([3]),
    s => s.mean().mul(numbers(1, -1, 2)),
    s => cumsum(s),
    s => matmul(weights, s),
    s => s.flip({ axis: 0 }).neg(),
    s => halves(s, s.mul(2)),
    s => s.slice([1], [3]).pad([[1, 0]]),
  ]

  const { free, rule, risky } = fc.letrec<{ free: Of; rule: Rule; risky: Rule }>(tie => ({
    free: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Of>(
        x => x,
        x => x.square(),
        x => x.sin(),
        x => x.relu(),
        x => x.exp().reciprocal(),
        x => x.flip({ axis: 0 }),
        () => numbers(1, -1, 0),
        () => numbers(2, 2, 2),
      ),
      fc.tuple(fc.constantFrom('add' as const, 'sub' as const, 'mul' as const), tie('free'), tie('free')).map(
        ([op, a, b]): Of =>
          x =>
            a(x)[op](b(x)),
      ),
      fc.tuple(fc.constantFrom(...LINEAR), tie('free')).map(
        ([of, a]): Of =>
          x =>
            of(a(x)),
      ),
    ),
    rule: fc.oneof(
      { maxDepth: 4 },
      fc.constant<Rule>((_, t) => t),
      linear(tie('free'), tie('rule')),
    ),
    risky: fc.oneof(
      { maxDepth: 4 },
      fc.constant<Rule>((_, t) => t),
      fc.constant<Rule>((_x, _t, value) => value),
      tie('free').map((f): Rule => f),
      linear(tie('free'), tie('risky')),
    ),
  }))

  const point = numbers(0.7, -0.4, 1.2)
  const check = (one: Rule): string | undefined => {
    try {
      ruled(one)(point)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }

  test('those that are linear are never refused', () => {
    fc.assert(
      fc.property(rule, one => {
        expect(check(one)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  test('nor are they with terms that cancel', () => {
    const cancelling: fc.Arbitrary<Of> = fc.tuple(fc.nat(4), free).map(([which, f]): Of => {
      const forms: Of[] = [
        x => f(x).sub(f(x)),
        x =>
          concat([f(x), f(x).neg()])
            .sum()
            .broadcastTo([3]),
        x =>
          cumsum(concat([f(x), f(x).neg().flip({ axis: 0 })]))
            .slice([5], [6])
            .broadcastTo([3]),
        x =>
          matmul(
            concat([f(x), f(x).neg()])
              .reshape([2, 3])
              .transpose(),
            numbers(1, 1),
          ),
        x => f(x).square().neg().relu(),
      ]
      return forms[which] as Of
    })
    fc.assert(
      fc.property(rule, cancelling, (one, zero) => {
        expect(check((x, ...site) => one(x, ...site).add(zero(x)))).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  test('those with a term above zero are always refused', () => {
    const { above } = fc.letrec<{ above: Of }>(tie => ({
      above: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<Of>(
          x => x.exp(),
          x => x.square().add(1),
          x => x.abs(),
          x => x.relu(),
          x => where(x.greater(3), 1, number(0)),
          () => numbers(0, 1, 2),
        ),
        fc.tuple(tie('above'), tie('above')).map(
          ([a, b]): Of =>
            x =>
              a(x).add(b(x)),
        ),
        tie('above').map(
          (a): Of =>
            x =>
              cumsum(a(x)),
        ),
        tie('above').map(
          (a): Of =>
            x =>
              a(x).sum().broadcastTo([3]),
        ),
        tie('above').map(
          (a): Of =>
            x =>
              forLoop(2, (_, s) => s.add(a(x)), a(x)),
        ),
      ),
    }))
    fc.assert(
      fc.property(rule, above, (one, offset) => {
        expect(check((x, ...site) => one(x, ...site).add(offset(x)))).toMatch('gives more than zero')
      }),
      { numRuns: 300 },
    )
  })

  test('those that are refused are other than zero somewhere', () => {
    let refusals = 0
    const points = [1, -1].flatMap(side =>
      [0.3, 1.7, 9, 60].flatMap(size => [
        numbers(side * size, side * size, side * size),
        numbers(side * size, 1.3 * side * size, 0.8 * side * size),
      ]),
    )
    fc.assert(
      fc.property(risky, one => {
        const refusal = check(one)
        if (refusal === undefined) return
        refusals++
        expect(refusal).toMatch('gives more than zero')
        const found = points.flatMap(x => one(x, numbers(0, 0, 0), x.sin()).toArray() as number[])
        expect(found.some(value => !(Math.abs(value) < 1e-9))).toBe(true)
      }),
      { numRuns: 1000 },
    )
    expect(refusals).toBeGreaterThan(100)
  })
})
