import { checkGradient, checkSecondOrder } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  checkpoint,
  cond,
  customJvp,
  forLoop,
  grad,
  type Program,
  record,
  scan,
  simplify,
  type Tensor,
  tensor,
  vjp,
  whileLoop,
} from '../index.js'

const opsOf = (fn: (x: Tensor) => Tensor, x: Tensor) =>
  simplify(record(fn, x).program).instructions.map(({ op }) => op)

/** Three terms that read a part. */
const termsOf = (part: () => Tensor) => part().mul(2).add(part().square()).sub(part().tanh()).sum()

/** Of eˣ·sin x, computed anew for each term. */
const terms = (x: Tensor) => termsOf(() => x.exp().mul(x.sin()))

const x = tensor([0.3, -0.7, 1.1], { dtype: 'f64' })

describe('values that a program computes several times', () => {
  const once = (x: Tensor) => {
    const part = x.exp().mul(x.sin())
    return termsOf(() => part)
  }

  test('are pulled back once', () => {
    expect(opsOf(grad(terms), x)).toEqual(opsOf(grad(once), x))
    expect(opsOf(y => vjp(terms, y).pullback(y.sum())[0], x)).toEqual(
      opsOf(y => vjp(once, y).pullback(y.sum())[0], x),
    )
  })

  const inLoop = (f: (x: Tensor) => Tensor) => (x: Tensor) =>
    scan((y: Tensor) => [f(y).mul(0.1).add(y), null] as const, x, null, { length: 3 })[0].sum()

  test('are pulled back once in each step of a loop', () => {
    const stepsOf = (f: (x: Tensor) => Tensor) =>
      simplify(record(grad(inLoop(f)), x).program).instructions.map(
        ({ params }) => (params.body as Program | undefined)?.instructions.length,
      )
    expect(stepsOf(terms)).toEqual(stepsOf(once))
    expect(stepsOf(once).filter(length => length !== undefined)).toHaveLength(2)
  })

  test('have right derivatives of both orders', () => {
    checkGradient(terms, [x])
    checkSecondOrder(terms, [x])
  })

  const inside: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
    ['scan', inLoop(terms)],
    ['forLoop', x => forLoop(3, (_, y) => terms(y).mul(0.1).add(y), x).sum()],
    [
      'whileLoop',
      x =>
        whileLoop(
          y => y.sum().less(5),
          y => terms(y).abs().add(y).add(0.1),
          x,
        ).sum(),
    ],
    [
      'cond',
      x =>
        cond(
          x.sum().greater(0),
          y => terms(y),
          y => y.sum(),
          x,
        ),
    ],
    ['checkpoint', x => checkpoint(terms)(x)],
  ]
  test.each(inside)('have right derivatives inside of %s', (_, f) => {
    checkGradient(f, [x])
  })

  test('have the derivatives that they are given', () => {
    const half = customJvp(
      (y: Tensor) => y.sin(),
      ({ tangents: [dy] }) => (dy as Tensor).mul(0.5),
    )
    const f = (y: Tensor) => half(y).add(half(y)).sum()
    expect(Array.from(grad(f)(x).toTypedArray())).toEqual([1, 1, 1])
    expect(
      Array.from(
        vjp(f, x)
          .pullback(tensor(1, { dtype: 'f64' }))[0]
          .toTypedArray(),
      ),
    ).toEqual([1, 1, 1])
  })
})
