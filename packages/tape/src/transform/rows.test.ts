import { describe, expect, test } from 'vitest'
import {
  averagePool2d,
  checkpoint,
  concat,
  cond,
  conv2d,
  convTranspose1d,
  foldIn,
  forLoop,
  logSoftmax,
  matmul,
  maxPool2d,
  oneHot,
  randomKey,
  record,
  relu,
  rowMixing,
  scan,
  softmax,
  type Tensor,
  take,
  tensor,
  transpose,
  uniform,
  vmap,
  where,
  whileLoop,
  withLines,
} from '../index.js'

const x = { dtype: 'f32', shape: [6, 4] } as const
const w = { dtype: 'f32', shape: [4, 3] } as const

const centred = (y: Tensor) => y.sub(y.mean({ axis: 0 }))

const attend = (x: Tensor) => matmul(softmax(matmul(x, transpose(x, [0, 2, 1]))), x).sum({ axis: [1, 2] })

/** A result for each row, one row after another. */
const overRows = (each: (row: Tensor) => Tensor, x: Tensor): Tensor =>
  scan((k: Tensor, t: Tensor) => [k, each(t)], tensor(0), x)[1]

/** The op that mixes the rows of the second argument. */
const mixing = (
  fn: (w: Tensor, x: Tensor) => Tensor,
  rows: { dtype: 'f32' | 'i32'; shape: readonly number[] } = x,
) => rowMixing(record(fn as never, w, rows).program, [false, true])?.op

describe('rowMixing', () => {
  test.each<[string, (w: Tensor, x: Tensor) => Tensor]>([
    ['a perceptron', (w, x) => logSoftmax(relu(matmul(x, w)).add(tensor([1, 2, 3])))],
    ['sums of each row', (_, x) => x.mul(2).sum({ axis: 1 }).square()],
    ['parameters that are reduced', (w, x) => x.mul(w.sum()).add(w.sum({ axis: 0 }).sum())],
    ['rows in more than one axis', (w, x) => matmul(x.reshape([3, 2, 4]), w).reshape([6, 3])],
    ['choices', (_, x) => where(x.greater(0), x, 0)],
    [
      'pictures',
      (_, x) => maxPool2d(conv2d(x.reshape([6, 2, 2, 1]), tensor([1], { shape: [1, 1, 1, 1] })), 2),
    ],
    [
      'pictures and filters of their own',
      (_, x) => centred(conv2d(x.reshape([6, 2, 2, 1]), x.reshape([2, 2, 1, 6])).transpose()),
    ],
    ['parts of each row', (_, x) => x.slice([0, 1], [6, 3]).cumsum({ axis: 1 })],
    ['words', (w, x) => take(w, x.convert('i32')).sum({ axis: [1, 2] })],
    ['a transposition there and back', (w, x) => matmul(w.transpose(), x.transpose()).transpose()],
    ['sums of each row, transposed', (_, x) => x.transpose().sum({ axis: 0 })],
    [
      'rows within pictures',
      (_, x) =>
        x
          .reshape([1, 6, 2, 2])
          .transpose([2, 1, 0, 3])
          .sum({ axis: [0, 2, 3] }),
    ],
    ['attention of each row', (_, x) => attend(x.reshape([6, 2, 2]))],
    [
      'steps along each row',
      (_, x) =>
        scan(
          (h: Tensor, t: Tensor) => [h.add(t).tanh(), h],
          x.slice([0, 0], [6, 1]).reshape([6]),
          x.transpose(),
        )[0],
    ],
    [
      'results of steps',
      (_, x) =>
        scan((h: Tensor, t: Tensor) => [h, t.mul(2)], tensor(0), x.transpose())[1]
          .transpose()
          .sum({ axis: 1 }),
    ],
    ['a loop over rows, each by itself', (_, x) => overRows(t => t.sin().sum(), x)],
    [
      'a loop over rows with parameters and draws carried along',
      (w, x) =>
        scan(
          ([k, v]: [Tensor, Tensor], t: Tensor) => [
            [k.add(1), v.mul(0.9).add(w.sum())] as [Tensor, Tensor],
            matmul(t, w).mul(v).add(k).sum(),
          ],
          [tensor(0), tensor(1)],
          x,
        )[1],
    ],
    [
      'loops and choices inside of a loop over rows',
      (_, x) =>
        overRows(t => {
          const y = whileLoop(
            (h: Tensor) => h.sum().greater(1),
            (h: Tensor) => h.mul(0.5),
            t,
          )
          return cond(
            t.sum().greater(0),
            (y: Tensor) => y.sum(),
            (y: Tensor) => y.mean(),
            y,
          )
        }, x),
    ],
    [
      'a carry of a loop over rows that nothing reads',
      (_, x) => scan((_: Tensor, t: Tensor) => [t, t.sum()], tensor(new Float32Array(4)), x)[1],
    ],
    [
      'sums over the elements of rows, one after another',
      (_, x) =>
        scan(
          ([k, sum]: [Tensor, Tensor], t: Tensor) => {
            const next = where(k.mod(4).equal(0), 0, sum).add(t)
            return [[k.add(1), next] as [Tensor, Tensor], next]
          },
          [tensor(0), tensor(0)],
          x.reshape([24]),
        )[1]
          .reshape([6, 4])
          .slice([0, 3], [6, 4])
          .reshape([6]),
    ],
    [
      'loops with a number of steps',
      (w, x) => forLoop(3, (_, h: Tensor) => matmul(matmul(h, w), w.transpose()).tanh(), x),
    ],
    [
      'a condition on parameters',
      (w, x) =>
        whileLoop(
          ([k]: [Tensor, Tensor]) => k.less(w.sum()),
          ([k, h]: [Tensor, Tensor]) => [k.add(1), h.sin()] as [Tensor, Tensor],
          [tensor(0), x],
        )[1],
    ],
    [
      'branches',
      (w, x) =>
        cond(
          w.sum().greater(0),
          (x: Tensor) => x.sin(),
          (x: Tensor) => x.mul(2),
          x,
        ),
    ],
    ['parts beside one another', (_, x) => concat([x, x.sin()], { axis: 1 }).sum({ axis: 1 })],
    ['what is sorted within rows', (_, x) => x.sort({ axis: 1 }).sum({ axis: 1 })],
  ])('lets %s pass', (_, fn) => {
    expect(mixing(fn)).toBeUndefined()
  })

  test('lets labels pass', () => {
    expect(mixing((_, y) => oneHot(y, 3), { dtype: 'i32', shape: [6] })).toBeUndefined()
  })

  test.each<[string, (w: Tensor, x: Tensor) => Tensor]>([
    ['sum', (_, x) => x.sub(x.mean({ axis: 0 }))],
    ['sum', (_, x) => x.mul(x.sum())],
    ['max', (_, x) => x.div(x.max({ axis: 0 }))],
    ['matmul', (w, x) => matmul(x, w.mul(matmul(tensor(new Float32Array(24), { shape: [4, 6] }), x).sum()))],
    ['sum', (w, x) => centred(conv2d(x.reshape([6, 4, 1, 1]), w.reshape([4, 1, 1, 3])))],
    ['sum', (w, x) => centred(convTranspose1d(x.reshape([6, 1, 4]), w.reshape([1, 3, 4])))],
    ['sum', (_, x) => centred(averagePool2d(maxPool2d(x.reshape([6, 2, 2, 1]), 1), 2))],
    ['sum', (w, x) => centred(take(w, x.sum({ axis: 1 }).convert('i32')))],
    ['slice', (_, x) => x.sub(x.at(0))],
    ['slice', (_, x) => x.slice([0, 0], [6, 2]).roll(1, { axis: 0 })],
    ['cumsum', (_, x) => x.cumsum({ axis: 0 })],
    ['argsort', (_, x) => x.sum({ axis: 1 }).sort()],
    ['gather', (_, x) => x.take(tensor([0, 0, 0, 0, 0, 0], { dtype: 'i32' }))],
    ['sum', (_, x) => x.transpose().sum({ axis: 1 })],
    [
      'sum',
      (_, x) =>
        x
          .reshape([6, 2, 2])
          .transpose([1, 0, 2])
          .sum({ axis: [0, 1] }),
    ],
    ['max', (_, x) => logSoftmax(x.transpose())],
    ['slice', (_, x) => x.transpose().slice([0, 0], [4, 3])],
    ['cumsum', (_, x) => x.transpose().cumsum({ axis: 1 })],
    ['argsort', (_, x) => x.transpose().sort()],
    ['matmul', (_, x) => matmul(x, x.transpose())],
    [
      'sub',
      (_, x) =>
        x
          .reshape([6, 1, 4])
          .sub(x.reshape([1, 6, 4]))
          .square()
          .sum({ axis: 2 }),
    ],
    ['max', (_, x) => forLoop(20, (_, h: Tensor) => h.sub(h.max({ axis: 0 })), x)],
    [
      'sum',
      (_, x) =>
        forLoop(2, (_, [h, c]: [Tensor, Tensor]) => [c, h.sub(h.sum({ axis: 0 }))] as [Tensor, Tensor], [
          tensor(new Float32Array(24), { shape: [6, 4] }),
          x,
        ])[0],
    ],
    [
      'max',
      (_, x) =>
        whileLoop(
          (h: Tensor) => h.abs().max().greater(0.1),
          (h: Tensor) => h.mul(0.5),
          x,
        ),
    ],
    [
      'sum',
      (_, x) =>
        whileLoop(
          ([k]: [Tensor, Tensor]) => k.less(3),
          ([k, h]: [Tensor, Tensor]) => [k.add(1), centred(h)] as [Tensor, Tensor],
          [tensor(0), x],
        )[1],
    ],
    ['sum', (w, x) => cond(w.sum().greater(0), (x: Tensor) => x.sin(), centred, x)],
    ['sum', (_, x) => checkpoint(centred)(x)],
    ['sum', (_, x) => scan((h: Tensor, t: Tensor) => [h.add(t.sum()), h], tensor(0), x.transpose())[1]],
    [
      'sum',
      (_, x) => scan((h: Tensor, t: Tensor) => [h, t.mul(2)], tensor(0), x.transpose())[1].sum({ axis: 1 }),
    ],
    ['add', (_, x) => scan((h: Tensor, t: Tensor) => [h.add(t.sum()), h], tensor(0), x)[1]],
    ['add', (_, x) => scan((h: Tensor, t: Tensor) => [h.add(t.sum()), t], tensor(0), x)[0]],
    [
      'mul',
      (w, x) => scan((h: Tensor, t: Tensor) => [matmul(t, w), h.mul(t.sum())], tensor([1, 1, 1]), x)[1],
    ],
    ['scan', (_, x) => scan((h: Tensor, t: Tensor) => [t.sum(), h.sin()], tensor(0), x)[1]],
    ['scan', (_, x) => scan((_: Tensor, t: Tensor) => [t.sum(), t], tensor(0), x)[0].mul(x.sum({ axis: 1 }))],
    ['sum', (_, x) => x.sum({ axis: 1 }).mul(overRows(t => t.sum(), x).sum())],
    ['sub', (_, x) => overRows(t => x.sub(t).square().sum(), x)],
    ['matmul', (_, x) => overRows(t => matmul(x, t).sum(), x)],
    ['mul', (_, x) => overRows(t => overRows(u => u.mul(t).sum(), x).sum(), x)],
    [
      'add',
      (_, x) =>
        scan(
          (h: Tensor, t: Tensor) => {
            const y = forLoop(2, (_, g: Tensor) => g.add(t.sum()).tanh(), h)
            return [y, y]
          },
          tensor(0),
          x,
          { reverse: true },
        )[1],
    ],
  ])('finds %s along the rows', (op, fn) => {
    expect(mixing(fn)).toBe(op)
  })

  test('follows what rows draw by their index', () => {
    const noise = vmap((index: Tensor) => uniform(foldIn(randomKey(7), index), [3]))
    const rows = { dtype: 'i32', shape: [6] } as const
    expect(mixing((_, index) => noise(index).sum({ axis: 1 }), rows)).toBeUndefined()
    expect(mixing((_, index) => noise(index).sum({ axis: 0 }), rows)).toBe('sum')
  })

  test('says where', () => {
    const { program } = withLines(() => record((x: Tensor) => forLoop(2, (_, h: Tensor) => centred(h), x), x))
    expect(rowMixing(program, [true])).toMatchObject({
      ...{ op: 'sum', inputs: [x], outputs: [{ dtype: 'f32', shape: [4] }] },
      at: expect.stringMatching(/rows\.test\.ts:\d+/) as string,
    })
    const running = (x: Tensor) =>
      scan((h: Tensor, t: Tensor) => [h.add(t), h], tensor(new Float32Array(4)), x)[1]
    const looped = withLines(() => record(running, x)).program
    expect(rowMixing(looped, [true])).toMatchObject({
      op: 'add',
      at: expect.stringMatching(/rows\.test\.ts:\d+/) as string,
    })
  })

  test('a single row cannot be mixed', () => {
    expect(mixing((_, x) => x.sub(x.mean({ axis: 0 })), { dtype: 'f32', shape: [1, 4] })).toBeUndefined()
    const running = (_: Tensor, x: Tensor) =>
      scan((h: Tensor, t: Tensor) => [h.add(t.sum()), h], tensor(0), x)[1]
    expect(mixing(running, { dtype: 'f32', shape: [1, 4] })).toBeUndefined()
  })
})
