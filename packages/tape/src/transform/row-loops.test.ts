import { describe, expect, test } from 'vitest'
import {
  arange,
  cond,
  equal,
  forLoop,
  grad,
  matmul,
  oneHot,
  record,
  rowMixing,
  scan,
  type Tensor,
  tensor,
  where,
} from '../index.js'

const x = { dtype: 'f32', shape: [6, 4] } as const
const w = { dtype: 'f32', shape: [4, 3] } as const

const centred = (y: Tensor) => y.sub(y.mean({ axis: 0 }))

/** A result for each row, one row after another. */
const overRows = (each: (row: Tensor) => Tensor, x: Tensor): Tensor =>
  scan((k: Tensor, t: Tensor) => [k, each(t)], tensor(0), x)[1]

const zeros = (...shape: number[]) =>
  tensor(new Float32Array(shape.reduce((n, one) => n * one, 1)), { shape })
const places = arange(6)

/** What is carried through a loop over rows, each with its place, and a result of each. */
const carrying = (
  step: (carry: Tensor, place: Tensor, row: Tensor) => [Tensor, Tensor],
  x: Tensor,
  first: Tensor,
  each: Tensor = places,
): [Tensor, Tensor] =>
  scan((c: Tensor, [i, row]: [Tensor, Tensor]) => step(c, i, row), first, [each, x]) as [Tensor, Tensor]

/** A row of ones and zeros: one at a place. */
const mark = (i: Tensor) => equal(places, i).convert('f32')

/** Steps along each row; what they make of rows as they were before. */
const along = (x: Tensor) =>
  scan(
    (h: Tensor, t: Tensor) => [h.mul(t).sin(), null],
    tensor(new Float32Array(6).fill(1)),
    x.transpose(),
  )[0]

/** The op that mixes the rows of the second argument. */
const mixing = (fn: (w: Tensor, x: Tensor) => Tensor) =>
  rowMixing(record(fn as never, w, x).program, [false, true])?.op

describe('rowMixing in loops over rows', () => {
  test.each<[string, (w: Tensor, x: Tensor) => Tensor]>([
    [
      'statistics of rows that nothing reads',
      (w, x) => scan((seen: Tensor, t: Tensor) => [seen.add(t), matmul(t, w).sum()], zeros(4), x)[1],
    ],
    [
      'places of each row, chosen',
      (w, x) => carrying((c, i, t) => [where(equal(places, i), t.sum().mul(w.sum()), c), c], x, zeros(6))[0],
    ],
    [
      'places of each row, by branches',
      (_, x) =>
        carrying(
          (c, i, t) => [
            c.add(
              cond(
                i.greater(2),
                t => t.sum(),
                _ => tensor(0),
                t,
              ),
            ),
            c,
          ],
          x,
          tensor(0),
        )[0].mul(x.sum({ axis: 1 })),
    ],
    [
      'places of each row, added to zeros',
      (_, x) => carrying((c, i, t) => [c.add(mark(i).mul(t.sum())), c], x, zeros(6))[0],
    ],
    [
      'places of each row, by products of matrices',
      (_, x) =>
        carrying(
          (c, i, t) => [c.add(matmul(mark(i).reshape([6, 1]), t.reshape([1, 4]))), i],
          x,
          zeros(6, 4),
        )[0].sum({ axis: 1 }),
    ],
    [
      'places of each row, from a table',
      (_, x) => carrying((c, e, t) => [c.add(e.mul(t.sum())), c], x, zeros(6), oneHot(places, 6))[0],
    ],
    [
      'factors of each row, of parameters',
      (w, x) =>
        carrying(
          (c, e, t) => [c.add(e.mul(t.sum())), c],
          x,
          tensor(0),
          w.reshape([12]).slice([0], [6]),
        )[0].mul(x.sum({ axis: 1 })),
    ],
    [
      'places of each row that move on',
      (_, x) =>
        scan(
          ([c, e]: [Tensor, Tensor], t: Tensor) => [
            [c.add(e.mul(t.sum())), e.roll(1)] as [Tensor, Tensor],
            null,
          ],
          [zeros(6), tensor([1, 0, 0, 0, 0, 0])],
          x,
        )[0][0],
    ],
    [
      'a carry times zero',
      (_, x) => scan((c: Tensor, t: Tensor) => [t, t.add(c.mul(0)).sum()], zeros(4), x)[1],
    ],
    ['what a loop begins with and forgets', (_, x) => forLoop(2, () => x.sin(), centred(x))],
    [
      'what a step of two gives in its place',
      (_, x) => forLoop<[Tensor, Tensor]>(2, (_, [, s]) => [s, x], [centred(x), x])[0],
    ],
    ['what no step takes', (_, x) => forLoop(0, (_, s) => s.mul(x.sum({ axis: 0 })), x)],
    [
      'what has no elements',
      (_, x) => x.add(centred(x).slice([0, 0], [6, 0]).sum({ axis: 1, keepdims: true })),
    ],
  ])('lets %s pass', (_, fn) => {
    expect(mixing(fn)).toBeUndefined()
  })

  test.each<[string, (w: Tensor, x: Tensor) => Tensor]>([
    [
      'add',
      (w, x) => scan((c: Tensor, t: Tensor) => [c.mul(w.sum()).add(t), c], zeros(4), x)[1].sum({ axis: 1 }),
    ],
    ['add', (_, x) => scan((c: Tensor, t: Tensor) => [c.mul(0.9).add(t), c], zeros(4), x)[0].mul(x)],
    ['mul', (_, x) => scan((c: Tensor, t: Tensor) => [c.mul(t.sin()).add(t), c.sum()], zeros(4), x)[1]],
    [
      'add',
      (_, x) => carrying((c, i, t) => [where(i.equal(0), t.sum(), c.add(t.sum())), c], x, tensor(0))[1],
    ],
    [
      'add',
      (_, x) =>
        carrying(
          (c, i, t) => [
            cond(
              i.equal(0),
              ([, t]: [Tensor, Tensor]) => t,
              ([c, t]: [Tensor, Tensor]) => c.add(t),
              [c, t.sum()],
            ),
            c,
          ],
          x,
          tensor(0),
        )[1],
    ],
    // A pullback reads states before steps.
    ['sum', (_, x) => centred(grad((x: Tensor) => along(x).sum())(x))],
    // What is made of a row by branches that it chooses is one row still.
    [
      'sum',
      (_, x) =>
        overRows(
          t =>
            cond(
              t.sum().greater(0),
              (y: Tensor) => y.sum(),
              (y: Tensor) => y.mean(),
              t,
            ),
          x,
        ).sub(overRows(t => t.sum(), x).mean()),
    ],
    [
      'sum',
      (_, x) =>
        centred(
          overRows(
            t =>
              cond(
                t.sum().greater(0),
                () => tensor(1),
                () => tensor(2),
              ),
            x,
          ),
        ),
    ],
    // What stays is no mask.
    [
      'add',
      (w, x) =>
        scan(
          ([k, c]: [Tensor, Tensor], t: Tensor) => [[k, c.add(t.mul(k))] as [Tensor, Tensor], c.sum()],
          [w.sum({ axis: 1 }), zeros(4)],
          x,
        )[1],
    ],
    // Where a loop begins does not hide what is made of its steps.
    ['sum', (_, x) => centred(forLoop(2, () => x, matmul(x, x.transpose()).slice([0, 0], [6, 4])))],
    ['sum', (_, x) => forLoop<[Tensor, Tensor]>(2, (_, [, s]) => [s, centred(x)], [x, x])[0]],
    ['sum', (_, x) => forLoop(1, (_, s) => s, centred(x))],
  ])('finds %s', (op, fn) => {
    expect(mixing(fn)).toBe(op)
  })
})
