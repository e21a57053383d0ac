import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkpoint,
  cholesky,
  concat,
  cond,
  customJvp,
  customVjp,
  DerivativeError,
  eye,
  forLoop,
  grad,
  jvp,
  matmul,
  ones,
  record,
  scan,
  solve,
  stopGradient,
  type Tensor,
  tensor,
  vjp,
  where,
  whileLoop,
  zeros,
} from '../index.js'

/** Of an argument, the tangent of it, and the value. */
type Rule = (x: Tensor, t: Tensor, value: Tensor) => Tensor

const ruled = (rule: Rule) =>
  customJvp(
    (x: Tensor) => x.sin(),
    ({ args: [x], tangents: [t], value }) => rule(x, t, value),
  )

const masked = (x: Tensor) => where(x.greater(0), 1, 0)

type Pair = [Tensor, Tensor]
type Triple = [Tensor, Tensor, Tensor]

/** A loop of unknown length that counts to three. */
const thrice = (step: (s: Tensor, k: Tensor) => Tensor, first: Tensor, from = tensor(0)): Tensor =>
  whileLoop<Pair>(
    ([k]) => k.less(3),
    ([k, s]) => [k.add(1), step(s, k)],
    [from, first],
  )[1]

/** Square roots by Newton's iteration. */
const root = (a: Tensor) => thrice(y => y.add(a.div(y)).mul(0.5), a.mul(0).add(1))

/** A sine of sines, and its tangent, as states of one loop. */
const sines = (x: Tensor, t: Tensor): Pair =>
  forLoop<Pair>(3, (_, [v, s]) => [v.sin(), s.mul(v.cos())], [x, t])

const inCall = (f: (x: Tensor, t: Tensor) => Pair, x: Tensor, t: Tensor): Pair =>
  checkpoint(f as (x: Tensor, t: Tensor) => readonly Tensor[])(x, t) as Pair

describe('a rule that is not linear is refused', () => {
  test.each<[string, Rule]>([
    ['a product of tangents', (_, t) => t.mul(t)],
    ['a function of a tangent', (x, t) => t.sin().mul(x)],
    ['a norm', (_, t) => t.square().sum().sqrt()],
    ['a choice by a tangent', (x, t) => where(t.greater(0), t.mul(x), 0)],
    [
      'a branch by a tangent',
      (_, t) =>
        cond(
          t.greater(0),
          (s: Tensor) => s,
          (s: Tensor) => s.mul(2),
          t,
        ),
    ],
    [
      'a factor by a tangent',
      (x, t) =>
        cond(
          t.less(0),
          (s: Tensor) => s,
          (s: Tensor) => s.sin(),
          x,
        ).mul(t),
    ],
    [
      'a product in one branch',
      (x, t) =>
        cond(
          x.greater(0),
          (s: Tensor) => s,
          (s: Tensor) => s.mul(s),
          t,
        ),
    ],
    [
      'a loop over a state that becomes a tangent',
      (x, t) => forLoop<Triple>(3, (_, [a, s, sum]) => [s, s, sum.add(a.sin())], [x, t, t])[2],
    ],
    [
      'a factor that is a tangent after two steps',
      (x, t) =>
        whileLoop<Triple>(
          ([k]) => k.less(3),
          ([k, _, b]) => [k.add(1), b, t],
          [tensor(0), x, x],
        )[1].mul(t),
    ],
    ['a loop that squares', (_, t) => forLoop(3, (_i, s) => s.mul(s), t)],
    ['the second of two products in a call', (x, t) => inCall((a, s) => [s.mul(a), s.mul(s)], x, t)[1]],
    ['a factor from a loop of unknown length', (_, t) => thrice(s => s.mul(2), t).mul(t)],
    ['a factor from a loop', (x, t) => sines(x, t)[1].mul(t)],
    [
      'a count of steps as a factor',
      (_, t) =>
        whileLoop(
          (k: Tensor) => k.less(t),
          (k: Tensor) => k.add(1),
          tensor(0),
        ).mul(t),
    ],
  ])('a derivative that depends on tangents: %s', (_, rule) => {
    expect(() => ruled(rule)(tensor(2))).toThrow(/customJvp: the rule has a derivative .* not linear/)
  })

  test.each<[string, Rule]>([
    ['a sign', (_, t) => t.sign()],
    ['a rounded one', (_, t) => t.mul(3).round()],
    ['whole numbers', (x, t) => t.convert('i32').add(1).convert('f32').mul(x)],
    ['a choice of others', (x, t) => where(t.greater(x), x, 0)],
    [
      'a branch of others',
      (x, t) =>
        cond(
          t.greater(x),
          (a: Tensor) => a,
          (a: Tensor) => a.sin(),
          x,
        ),
    ],
    ['in a loop', (x, t) => forLoop<Pair>(2, (_, [_s, d]) => [d.sign(), d], [x, t])[0]],
    [
      'a count of steps',
      (_, t) =>
        whileLoop(
          (k: Tensor) => k.less(t),
          (k: Tensor) => k.add(1),
          tensor(0),
        ),
    ],
  ])('steps alone: %s', (_, rule) => {
    expect(() => ruled(rule)(tensor(2))).toThrow(/customJvp: the rule depends on .* by steps alone/)
  })

  test.each<[string, Rule]>([
    ['a term', (x, t) => t.mul(x).add(1)],
    ['a term below zero', (_, t) => t.sub(1)],
    ['terms of one sign', (_, t) => t.add(1).sub(-2)],
    ['a term that is multiplied', (_, t) => t.sub(2).mul(-3).add(1)],
    ['a term that is divided', (_, t) => t.add(2).div(3).neg().sub(1)],
    ['a term in places', (_, t) => t.add(tensor([0, 1])).sum()],
    [
      'a term in places that is multiplied',
      (x, t) =>
        t
          .add(tensor([0, 1]))
          .mul(x)
          .sum(),
    ],
    ['a term that is repeated and cut out', (_, t) => t.add(1).broadcastTo([3]).slice([1], [2]).sum()],
    ['no number as a term', (_, t) => t.add(Number.NaN)],
    ['an argument as a term', (x, t) => t.sub(x)],
    ['an argument and a number', (x, t) => t.add(x.mul(2)).add(1)],
    ['a number and an argument', (x, t) => tensor(1).add(x).add(t)],
    ['the value in place of a factor', (_x, t, value) => t.add(tensor(1).sub(value.square()))],
    ['a product of arguments and a number', (x, t) => t.add(x.mul(x).add(1))],
    ['a product of arguments', (x, t, value) => t.add(x.mul(value))],
    ['no tangent at all', x => x.cos()],
    ['a factor alone', x => masked(x)],
    ['a sign alone', x => x.sign()],
    ['a choice of something else', (x, t) => where(x.greater(0), t, 1)],
    ['a choice of something else, elsewhere', (x, t) => where(x.lessEqual(1), -1, t)],
    ['a choice of tangents and a number', (x, t) => where(x.greater(0), t, t.mul(2)).add(1)],
    ['a choice by a multiple', (x, t) => where(x.mul(2).less(1), 1, t)],
    ['a choice that is known', (x, t) => where(tensor(true), x, t)],
    ['a choice in known places', (x, t) => where(tensor([true, false]), t, x).sum()],
    ['a choice of two others', (x, t) => where(x.square().less(1), x, 1).add(t)],
    [
      'a branch of something else',
      (x, t) =>
        cond(
          x.greaterEqual(0),
          (_: Tensor, s: Tensor) => s,
          (a: Tensor, _: Tensor) => a,
          x,
          t,
        ),
    ],
    ['others beside tangents', (x, t) => concat([t.reshape([1]), x.reshape([1])]).sum()],
    [
      'a part of zeros and others',
      (x, t) =>
        t.add(
          x
            .broadcastTo([2])
            .pad([[1, 1]])
            .sum(),
        ),
    ],
    [
      'a product of matrices',
      (x, t) =>
        matmul(x.reshape([1, 1]), ones([1, 1]))
          .sum()
          .add(t),
    ],
    ['in a call', (x, t) => checkpoint((a: Tensor, s: Tensor) => s.add(a))(x, t)],
    ['in a loop', (_, t) => forLoop(2, (_, s) => s.add(1), t)],
    ['in a single step', (x, t) => forLoop(1, (_, s) => s.add(x), t)],
    ['before no step', (x, t) => forLoop(0, (_, s) => s.mul(0), t.add(x))],
    [
      'where a loop begins',
      (x, t) => scan((s: Tensor, y: Tensor) => [s.add(y), null], x, ones([3]).mul(t))[0],
    ],
    [
      'in the first row',
      (x, t) => scan((s: Tensor, y: Tensor) => [s.mul(0), y.add(s)], x, ones([3]).mul(t))[1].sum(),
    ],
    [
      'in a single row',
      (x, t) => scan((s: Tensor, y: Tensor) => [s.mul(0), y.add(s)], x, t.reshape([1]))[1].sum(),
    ],
    [
      'in later rows',
      (x, t) => scan((_: Tensor, y: Tensor) => [x, y.add(_)], zeros([]), ones([3]).mul(t))[1].sum(),
    ],
    ['in one that changes its sign', (_, t) => thrice(s => s.neg(), tensor(1)).add(t)],
    ['in a loop of unknown length', (x, t) => thrice(s => s.mul(x), x.exp()).add(t)],
  ])('more than zero for tangents of zero: %s', (_, rule) => {
    expect(() => ruled(rule)(tensor(2))).toThrow(/customJvp: the rule gives more than zero .* not linear/)
    expect(() => grad(ruled(rule))(tensor(2))).toThrow(DerivativeError)
  })

  test('an argument that is true or false chooses both', () => {
    const f = customJvp(
      (x: Tensor, mask: Tensor) => where(mask, x, 1),
      ({ args: [_, mask], tangents: [t] }) => where(mask, t, 1),
    )
    expect(() => f(tensor(2), tensor(true))).toThrow('gives more than zero')
  })

  test('what it is told', () => {
    expect(() => ruled((_, t) => t.mul(t))(tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customJvp: the rule has a derivative that depends on the tangents, so it is not linear in them.
        expected  sums of tangents, each multiplied by what depends on arguments and value alone
        at        linear.test.ts:254:43]
    `)
    expect(() => ruled((_, t) => t.add(1))(tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customJvp: the rule gives more than zero for tangents of zero, so it is not linear in them.
        expected  sums of tangents, each multiplied by what depends on arguments and value alone
        at        linear.test.ts:259:43]
    `)
    expect(() => ruled((_, t) => t.sign())(tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customJvp: the rule depends on the tangents by steps alone, so it is not linear in them.
        expected  sums of tangents, each multiplied by what depends on arguments and value alone
        at        linear.test.ts:264:43]
    `)
  })
})

describe('a rule that is linear passes, forwards as backwards', () => {
  test.each<[string, Rule]>([
    ['twice', (x, t) => t.mul(x).add(t)],
    ['chosen or zero', (x, t) => where(x.greater(0), t, 0)],
    ['negated and divided', (x, t) => t.neg().div(x)],
    ['multiplied by a mask', (x, t) => masked(x).mul(t)],
    ['multiplied by a constant', (x, t) => stopGradient(x.cos()).mul(t)],
    ['solved for', (x, t) => solve(eye(2).mul(x), ones([2]).mul(t)).sum()],
    [
      'summed of parts',
      (x, t) =>
        concat([t.reshape([1]), zeros([2])])
          .sum()
          .mul(x),
    ],
    [
      'cut out of parts',
      (x, t) =>
        concat([t.reshape([1]), x.reshape([1])])
          .slice([0], [1])
          .sum(),
    ],
    ['zero', () => zeros([])],
    ['and zeros', (x, t) => t.add(zeros([])).sub(zeros([]).mul(3)).mul(x)],
    ['zero that is made of an argument', x => x.mul(0)],
    ['chosen, or zero that is made of an argument', (x, t) => where(x.greater(0), t, x.mul(0))],
    ['and zero that is made of an argument', (x, t) => t.add(x.mul(0).neg().div(x))],
    ['and a sum of zeros', (x, t) => t.add(x.mul(zeros([2])).sum())],
    ['and a product of zeros', (x, t) => t.add(matmul(x.reshape([1, 1]), zeros([1, 1])).sum())],
    ['and a function of zero', (x, t) => t.add(x.mul(0).sin())],
    ['and a power of zero', (x, t) => t.add(zeros([]).pow(x))],
    [
      'and parts that do not meet',
      (x, t) =>
        t.add(
          x
            .reshape([1])
            .pad([[0, 1]])
            .mul(x.reshape([1]).pad([[1, 0]]))
            .sum(),
        ),
    ],
    ['and zero by steps', (_, t) => t.sign().mul(0).add(t)],
    ['and a sign that is always the same', (x, t) => t.add(x.square().add(1).sign().sub(1))],
    ['and what is true, less one', (x, t) => t.add(x.equal(x).convert('f32').sub(1))],
    ['and a logarithm of one', (x, t) => t.add(where(x.greater(0), 1, 1).log())],
    [
      'and what is zero in a triangle',
      (x, t) =>
        t.add(
          cholesky(x.broadcastTo([2, 2]))
            .at(0)
            .at(1),
        ),
    ],
    ['and a number that is the larger one, less itself', (x, t) => t.add(x.square().neg().maximum(1).sub(1))],
    ['and a number that is the smaller one, less itself', (x, t) => t.add(x.square().minimum(-1).add(1))],
    ['an argument less itself', x => x.sub(x)],
    ['chosen, or an argument less itself', (x, t) => where(x.greater(0), t, x.sub(x))],
    ['an argument is added and taken away', (x, t) => t.add(x).sub(x)],
    ['a number is added and taken away', (_, t) => t.add(1).sub(1)],
    [
      'what differs from place to place is added and taken away',
      (_, t) =>
        t
          .add(tensor([1, -1]))
          .sub(tensor([1, -1]))
          .mean(),
    ],
    ['the value is added and taken away', (x, t, value) => t.add(value).sub(x.sin())],
    ['a mask is added and taken away', (x, t) => t.add(masked(x)).add(masked(x).neg())],
    ['and a mask of another mask', (x, t) => t.add(masked(x).mul(masked(x.neg())))],
    [
      'and a mask that is divided by itself, but for one',
      (_, t) => t.add(where(t.mul(0).add(1).greater(0), 1, -1).square().sub(1)),
    ],
    [
      'and what is never above zero, cut off there',
      (x, t) => t.add(x.square().neg().maximum(0)).add(x.square().minimum(0)),
    ],
    ['chosen, or what is zero there', (x, t) => where(x.greater(0), t, where(x.greater(0), x, t))],
    ['chosen where a square is not below zero', (x, t) => where(x.square().less(0), x, t)],
    [
      'chosen among what is zero there',
      (x, t) => where(x.greater(0), where(x.less(0), x, t), where(x.greater(0), x, t)),
    ],
    ['chosen where a product is not below zero', (x, t) => where(x.mul(x).less(0), x, t)],
    ['chosen where a value is within its bounds', (x, t, value) => where(value.greater(2), x, t)],
    ['chosen where it is not larger than itself', (x, t) => where(x.greater(x), x, t)],
    ['chosen where it is a number', (x, t) => where(x.isNaN(), x, t)],
    ['chosen where it equals itself', (x, t) => where(x.equal(x), t, x)],
    ['known to be chosen', (x, t) => where(tensor(false), x, t)],
    ['no number outside of a domain', (x, t) => where(x.greater(0), t.div(x), Number.NaN)],
    [
      'by a branch',
      (x, t) =>
        cond(
          x.greater(0),
          (s: Tensor) => s.mul(2),
          (s: Tensor) => s,
          t,
        ),
    ],
    [
      'by a branch, or zero',
      (x, t) =>
        cond(
          x.greater(9),
          (s: Tensor) => s,
          (s: Tensor) => zeros(s.shape),
          t,
        ),
    ],
    ['by a call', (x, t) => inCall((a, s) => [a.sin(), s.mul(a)], x, t)[1]],
    [
      'by a call beside a factor',
      (x, t) => {
        const [a, b] = inCall((a, s) => [a.sin(), s.mul(a)], x, t)
        return a.mul(b)
      },
    ],
    ['by another rule', (x, t) => ruled((y, s) => s.mul(y))(x).mul(t)],
    [
      'by a rule for cotangents',
      (x, t) =>
        customVjp(
          (s: Tensor) => s.mul(2),
          ({ ct }) => [ct.mul(2)],
        )(t).mul(x),
    ],
    ['by a loop', (x, t) => forLoop(3, (_i, s) => s.mul(x), t)],
    [
      'by a loop over rows',
      (x, t) => scan((s: Tensor, y: Tensor) => [s.add(y.mul(x)), null], t, ones([3]).mul(t))[0],
    ],
    [
      'by rows of a loop',
      (x, t) => scan((s: Tensor, y: Tensor) => [s.mul(x), y.mul(s)], x, ones([3]).mul(t))[1].sum(),
    ],
    [
      'by a loop that adds and takes away',
      (x, t) => forLoop<Pair>(2, (_, [s, v]) => [s.add(v), v.neg()], [t, x])[0],
    ],
    [
      'by a loop that adds numbers and takes them away',
      (_, t) => forLoop<Pair>(2, (_, [s, v]) => [s.add(v), v.neg()], [t, tensor(1)])[0],
    ],
    [
      'by a loop that forgets where it began',
      (x, t) => forLoop<Pair>(2, (_, [_s, v]) => [v, v.mul(x)], [x, t])[0],
    ],
    [
      'by one step of a loop whose factor becomes a tangent',
      (x, t) => forLoop<Pair>(1, (_, [a, s]) => [s, s.mul(a)], [x, t])[1],
    ],
    [
      'by the only row, of a state that is still zero',
      (x, t) => scan((s: Tensor, y: Tensor) => [x, y.add(s)], zeros([]), t.reshape([1]))[1].sum(),
    ],
    ['beside another state', (x, t) => sines(x, t)[1]],
    [
      'multiplied by another state',
      (x, t) => {
        const [v, s] = sines(x, t)
        return s.mul(v)
      },
    ],
    ['by a loop of unknown length', (_, t) => thrice(s => s.mul(2), t)],
    ['by one that counts in whole numbers', (_, t) => thrice(s => s.mul(2), t, tensor(0, { dtype: 'i32' }))],
    ['by one that multiplies by an argument', (x, t) => thrice(s => s.mul(x), t)],
    [
      'by one that goes on by an argument',
      (x, t) =>
        whileLoop<Pair>(
          ([v]) => v.less(100),
          ([v, s]) => [v.mul(2), s.mul(2)],
          [x, t],
        )[1],
    ],
    ['by one that may take no step', (x, t) => thrice(s => s.add(x), t, tensor(3))],
    ['by the tangent of one', (x, t) => jvp(root, [x], [t]).tangent],
    [
      'by the tangent of one and its value',
      (x, t) => {
        const { value, tangent } = jvp(root, [x], [t])
        return tangent.mul(value)
      },
    ],
    ['by the pullback of one', (x, t) => vjp(root, x).pullback(t)[0]],
  ])('%s', (_, rule) => {
    const f = ruled(rule)
    const x = tensor(2)
    const forwards = jvp(f, [x], [tensor(1)]).tangent.item()
    expect(grad(f)(x).item()).toBeCloseTo(forwards, 5)
    expect(jvp(f, [x], [tensor(3)]).tangent.item()).toBeCloseTo(3 * forwards, 4)
  })

  test('so does what adds a tensor that is recorded outside, which may be zero', () => {
    const outside = (c: Tensor) => ruled((_, t) => t.add(c))(tensor(2))
    expect(() => record(outside, { dtype: 'f32', shape: [] })).not.toThrow()
    expect(() => outside(tensor(0))).not.toThrow()
    expect(() => outside(tensor(1))).toThrow(DerivativeError)
  })

  test('and tangents that pass as constants, of which there is no cotangent', () => {
    const f = ruled((x, t) => stopGradient(t).mul(x))
    expect(jvp(f, [tensor(2)], [tensor(3)]).tangent.item()).toBe(6)
  })
})

describe('of random rules that are sums', () => {
  const constant = (value: number, x: Tensor) => tensor(value, { dtype: x.dtype })
  // Polynomials are zero everywhere or almost nowhere, so a few points tell.
  const { sums } = fc.letrec<{ free: Rule; sums: Rule }>(tie => {
    const pair = (one: fc.Arbitrary<Rule>, other: fc.Arbitrary<Rule>, ...ops: ('add' | 'sub' | 'mul')[]) =>
      fc.tuple(fc.constantFrom(...ops), one, other).map(
        ([op, a, b]): Rule =>
          (...of) =>
            a(...of)[op](b(...of)),
      )
    const [free, sums] = [tie('free'), tie('sums')]
    return {
      free: fc.oneof(
        { maxDepth: 3 },
        fc.constant<Rule>(x => x),
        fc.integer({ min: -2, max: 2 }).map(
          (c): Rule =>
            x =>
              constant(c, x),
        ),
        pair(free, free, 'add', 'sub', 'mul'),
      ),
      sums: fc.oneof(
        { maxDepth: 4 },
        fc.constant<Rule>((_, t) => t),
        free,
        pair(sums, sums, 'add', 'sub'),
        pair(sums, free, 'mul'),
        fc.tuple(sums, sums).map(
          ([a, b]): Rule =>
            (x, ...of) =>
              where(x.greater(0), a(x, ...of), b(x, ...of)),
        ),
        fc.tuple(sums, sums).map(
          ([a, b]): Rule =>
            (x, ...of) =>
              cond(x.less(0), a, b, x, ...of),
        ),
        fc.tuple(fc.nat(3), sums, free, sums).map(
          ([steps, first, a, b]): Rule =>
            (...of) =>
              forLoop(steps, (_, s) => s.mul(a(...of)).add(b(...of)), first(...of)),
        ),
      ),
    }
  })

  test('those that are refused are other than zero somewhere', () => {
    let refusals = 0
    fc.assert(
      fc.property(sums, rule => {
        const f64 = (value: number) => tensor(value, { dtype: 'f64' })
        try {
          ruled(rule)(f64(2))
        } catch (error) {
          expect((error as Error).message).toMatch('gives more than zero')
          refusals++
          const found = [-1.7, -0.6, 0.4, 1.3].map(x =>
            Math.abs(rule(f64(x), f64(0), f64(Math.sin(x))).item()),
          )
          expect(Math.max(...found)).toBeGreaterThan(1e-6)
        }
      }),
      { numRuns: 400 },
    )
    expect(refusals).toBeGreaterThan(50)
  })
})
