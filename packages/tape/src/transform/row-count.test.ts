import { type Plain, randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  arange,
  argsort,
  bernoulli,
  categorical,
  checkpoint,
  concat,
  cond,
  cumsum,
  customVjp,
  dataOf,
  eye,
  flip,
  foldIn,
  forLoop,
  full,
  grad,
  linspace,
  logSoftmax,
  matmul,
  maximum,
  normal,
  ones,
  type Program,
  permutation,
  type RowCounting,
  randomKey,
  record,
  rowCounting,
  rowMixing,
  scan,
  sort,
  splitKey,
  stopGradient,
  type Tensor,
  take,
  tensor,
  uniform,
  vmap,
  WengertError,
  where,
  whileLoop,
  withLines,
  zeros,
  zerosLike,
} from '../index.js'

/** A function of a key, parameters f32[4] and a batch f32[rows,4], and how many rows there are. */
type Loss = (key: Tensor, p: Tensor, x: Tensor, rows: number) => Tensor

const KEY = randomKey(7)
const avals = (rows: number) =>
  [
    { dtype: 'i32', shape: [2] },
    { dtype: 'f32', shape: [4] },
    { dtype: 'f32', shape: [rows, 4] },
  ] as const
const rowwise = [false, false, true]

/** The recording for so many rows; a key that is closed over draws at once, so that draws are constants. */
const recorded = (loss: Loss, rows: number, isClosed: boolean): Program =>
  record((key, p, x) => loss(isClosed ? KEY : key, p, x, rows), ...avals(rows)).program

function found(loss: Loss, isClosed = false): RowCounting | undefined {
  const [few, more] = [recorded(loss, 2, isClosed), recorded(loss, 3, isClosed)]
  // What combines rows is another matter.
  expect(rowMixing(few, rowwise)).toBeUndefined()
  return rowCounting(few, more, rowwise)
}

const noise = (key: Tensor, rows: number) => normal(key, [rows, 4])
const dropout = (key: Tensor, x: Tensor) => where(bernoulli(key, 0.5, x.shape), x.mul(2), 0)

describe('what depends on the number of rows', () => {
  const summed: readonly [string, Loss][] = [
    ['noise that is summed up', (key, _, x, rows) => x.add(noise(key, rows).sum({ axis: 0 }))],
    ['noise of which the mean is taken', (key, _, x, rows) => x.add(noise(key, rows).mean({ axis: 0 }))],
    [
      'noise that is multiplied by itself',
      (key, _, x, rows) => matmul(x, noise(key, rows).transpose().matmul(noise(key, rows))),
    ],
    ['noise multiplied by ones', (key, _, x, rows) => x.add(ones([1, rows]).matmul(noise(key, rows)))],
    ['all noise in one number', (key, _, x, rows) => x.mul(noise(key, rows).sum())],
    ['noise turned', (key, _, x, rows) => x.add(uniform(key, [4, rows]).transpose().sum({ axis: 0 }))],
    [
      'noise by keys of places',
      (key, _, x, rows) => x.add(vmap((k: Tensor) => uniform(k, [4]))(splitKey(key, rows)).sum({ axis: 0 })),
    ],
    [
      'noise by keys folded from places',
      (key, _, x, rows) =>
        x.add(
          vmap((k: Tensor) => uniform(k, [4]))(foldIn(key, arange(rows, { dtype: 'i32' }))).sum({ axis: 0 }),
        ),
    ],
    [
      'noise in a checkpoint',
      (key, _, x, rows) => checkpoint((x: Tensor) => x.add(noise(key, rows).sum({ axis: 0 })))(x),
    ],
    [
      'noise in a loop',
      (key, _, x, rows) => forLoop(3, (_, h: Tensor) => h.add(noise(key, rows).sum({ axis: 0 })).sin(), x),
    ],
    [
      'noise in a loop of unknown length',
      (key, _, x, rows) =>
        whileLoop(
          ([i]: readonly Tensor[]) => (i as Tensor).less(3),
          ([i, h]: readonly Tensor[]) => [
            (i as Tensor).add(1),
            (h as Tensor).add(noise(key, rows).sum({ axis: 0 })),
          ],
          [tensor(0), x],
        )[1] as Tensor,
    ],
    [
      'noise in a branch',
      (key, p, x, rows) =>
        cond(
          p.at(0).greater(0),
          () => x.add(noise(key, rows).sum({ axis: 0 })),
          () => x,
        ),
    ],
    [
      'noise of a loop',
      (key, _, x, rows) =>
        x.add(
          scan(
            (h: Tensor, k: Tensor) => [h, noise(k, rows).sum({ axis: 0 })],
            tensor(0),
            splitKey(key, 5),
          )[1].at(2),
        ),
    ],
    [
      'noise that is mapped to several',
      (key, _, x, rows) => concat([x, noise(key, rows).sum({ axis: 0 }).broadcastTo([rows, 4])], { axis: 1 }),
    ],
    ['no rows at all', (key, _, x, rows) => noise(key, rows).sum({ axis: 0 }).broadcastTo(x.shape)],
    [
      'rows by which noise is chosen',
      (key, _, x, rows) => take(noise(key, rows).sum({ axis: 0 }), x.convert('i32')),
    ],
  ]
  const chosen: readonly [string, Loss][] = [
    ['the largest of noise', (key, _, x, rows) => x.add(noise(key, rows).max({ axis: 0 }))],
    ['the least of noise', (key, _, x, rows) => x.add(noise(key, rows).min())],
    [
      'the place of the largest',
      (key, _, x, rows) => x.add(noise(key, rows).argmax({ axis: 0 }).convert('f32')),
    ],
    ['the last noise', (key, _, x, rows) => x.add(noise(key, rows).at(-1))],
    ['noise of other distances', (key, p, x, rows) => x.add(noise(key, rows).mul(p).exp().sum({ axis: 0 }))],
  ]

  test.each([...summed, ...chosen])('%s, where the key is a parameter', (_, loss) => {
    expect(found(loss)).toBeDefined()
  })

  test.each(summed)('%s, where the key is a constant', (_, loss) => {
    expect(found(loss, true)).toBeDefined()
  })

  test.each<[string, Loss]>([
    ['ones that are summed up', (_key, _, x, rows) => x.mul(ones([rows, 4]).sum({ axis: 0 }))],
    ['a key of the number of rows', (key, _, x, rows) => x.add(uniform(foldIn(key, rows), [4]))],
    ['a mean of the rows', (_key, _, x, rows) => x.div(rows)],
    ['a mean beside a factor of the same number', (_key, _, x, rows) => x.mul(2).div(rows).add(3)],
    ['weights as long as the rows', (_key, _, x, rows) => x.mul(full([rows, 1], 1 / rows))],
    ['a list of parts', (_key, _, x, rows) => x.mul(tensor([1, 1, 1, 1 / rows]))],
    ['a mean inside of a loop', (_key, _, x, rows) => forLoop(3, (_, h: Tensor) => h.div(rows), x)],
    ['numbers that are not in step', (_key, _, x, rows) => (rows > 2 ? x.sin().div(rows) : x.div(rows))],
  ])('%s', (_, loss) => {
    expect(found(loss)).toMatchObject({ with: 'number' })
  })

  test.each<[string, Loss]>([
    ['parameters', (_key, p, x, rows) => x.add(ones([rows, 4]).mul(p).sum({ axis: 0 }))],
    [
      'a product of parameters',
      (_key, p, x, rows) => x.add(ones([1, rows]).matmul(full([rows, 4], 2).mul(p))),
    ],
  ])('%s that are repeated for constants, and summed up', (_, loss) => {
    expect(found(loss)).toMatchObject({ with: 'length' })
  })

  test.each<[string, Loss]>([
    [
      'whether any is drawn',
      (key, _, x, rows) => where(bernoulli(key, 0.2, [rows, 4]).any({ axis: 0 }), x, 0),
    ],
    [
      'what dropout leaves',
      (key, p, x, rows) => x.add(dropout(key, p.broadcastTo([rows, 4])).max({ axis: 0 })),
    ],
    [
      'the choices of probabilities',
      (key, p, x, rows) =>
        x.add(
          categorical(key, p.broadcastTo([rows, 4]))
            .convert('f32')
            .sum(),
        ),
    ],
    ['the first of an order', (key, _, x, rows) => x.add(permutation(key, rows).at(0).convert('f32'))],
    ['the last of running sums', (key, _, x, rows) => x.add(cumsum(noise(key, rows), { axis: 0 }).at(-1))],
    ['what is repeated', (_key, p, x, rows) => x.add(p.broadcastTo([rows, 4]).sum({ axis: 0 }))],
    [
      'noise behind others',
      (key, _, x, rows) => x.add(concat([zeros([1, 4]), noise(key, rows)]).sum({ axis: 0 })),
    ],
  ])('%s, is not told', (_, loss) => {
    expect(found(loss)).toBeUndefined()
  })

  test('is said with its line', () => {
    const loss: Loss = (key, _, x, rows) => x.add(noise(key, rows).sum({ axis: 0 }))
    const line = expect.stringMatching(/row-count\.test\.ts:\d+/) as string
    expect(withLines(() => found(loss))).toEqual({
      with: 'length',
      op: 'sum',
      inputs: [{ dtype: 'f32', shape: [2, 4] }],
      outputs: [{ dtype: 'f32', shape: [4] }],
      at: line,
    })
    expect(withLines(() => found((_key, _, x, rows) => x.mul(2).div(rows)))).toEqual({
      with: 'number',
      numbers: [2, 3],
      at: line,
    })
  })
})

describe('what does not', () => {
  const right: readonly [string, Loss][] = [
    ['noise for any number of rows', (key, _, x) => x.add(noise(key, 8).mean({ axis: 0 }))],
    ['noise of as many as the fewest rows', (key, _, x) => x.add(noise(key, 2).sum({ axis: 0 }))],
    ['noise of as many as more rows', (key, _, x) => x.add(noise(key, 3).sum({ axis: 0 }))],
    ['the same noise for each row', (key, _, x) => x.add(uniform(key, [4])).mul(normal(key, [1, 4]))],
    ['the same dropout of each row', (key, _, x) => vmap((row: Tensor) => dropout(key, row))(x)],
    [
      'dropout by keys of rows',
      (key, _, x) => vmap((row: Tensor) => dropout(foldIn(key, row.at(0).convert('i32')), row))(x),
    ],
    [
      'keys of layers',
      (key, _, x) =>
        matmul(matmul(x, normal(splitKey(key).at(0), [4, 4])), normal(splitKey(key).at(1), [4, 4])),
    ],
    ['the first noise', (key, _, x, rows) => x.add(noise(key, rows).at(0))],
    ['the first of noise in one list', (key, _, x, rows) => x.add(uniform(key, [rows]).at(0))],
    [
      'noise chosen by constants',
      (key, _, x, rows) =>
        x.add(take(noise(key, rows), tensor([1, 0], { dtype: 'i32' }), { axis: 0 }).sum({ axis: 0 })),
    ],
    [
      'noise for parameters, taken away',
      (key, p, x, rows) => x.add(noise(key, rows).sum({ axis: 0 }).mul(0).add(p)),
    ],
    [
      'noise without deviation',
      (key, _, x, rows) => x.add(normal(key, [rows, 4], { deviation: 0 }).sum({ axis: 0 })),
    ],
    [
      'masks of all and of none',
      (key, _, x, rows) =>
        x
          .mul(bernoulli(key, 1, [rows, 4]).all({ axis: 0 }).convert('f32'))
          .add(bernoulli(key, 0, [rows, 4]).any({ axis: 0 }).convert('f32')),
    ],
    ['the least of an order', (key, _, x, rows) => x.add(permutation(key, rows).min().convert('f32'))],
    [
      'noise that a mask leaves out',
      (key, _, x, rows) =>
        x.add(where(arange(rows).less(1).reshape([rows, 1]), noise(key, rows), 0).sum({ axis: 0 })),
    ],
    [
      'a factor with zeros',
      (key, _, x, rows) =>
        x.add(
          noise(key, rows)
            .mul(tensor([0, 0, 0, 0]))
            .sum({ axis: 0 }),
        ),
    ],
    [
      'the same keys for all rows',
      (key, _, x, rows) =>
        x.add(
          vmap((k: Tensor) => uniform(k, [4]))(foldIn(key, zeros([rows], { dtype: 'i32' }))).max({ axis: 0 }),
        ),
    ],
    ['zeros and ones as long as the batch', (_key, _, x) => x.add(zerosLike(x)).mul(ones(x.shape))],
    ['zeros summed up', (_key, p, x, rows) => x.add(zeros([rows, 4]).mul(p).sum({ axis: 0 }))],
    [
      'the largest of what is repeated',
      (_key, p, x, rows) =>
        x.add(p.broadcastTo([rows, 4]).max({ axis: 0 })).add(ones([rows, 4]).mul(p).max({ axis: 0 })),
    ],
    [
      'the ends of distances',
      (_key, p, x, rows) =>
        x.mul(
          linspace(0, 1, rows)
            .mul(p.at(0))
            .add(linspace(0, 1, rows))
            .max(),
        ),
    ],
    [
      'a first row of ones',
      (_key, p, x, rows) => x.add(eye(rows).at(0).reshape([rows, 1]).mul(p).sum({ axis: 0 })),
    ],
    ['a mask of rows of their own', (_key, _, x) => where(x.greater(0), x, 0)],
    [
      'constants',
      (_key, p, x) =>
        x
          .mul(tensor([1, 2, 3, 4]))
          .add(p)
          .div(4),
    ],
    [
      'norms and distributions',
      (_key, _, x) =>
        logSoftmax(
          x.sub(x.mean({ axis: 1, keepdims: true })).div(x.std({ axis: 1, keepdims: true }).add(1)),
          { axis: 1 },
        ),
    ],
    [
      'loops',
      (key, _, x) => scan((h: Tensor, w: Tensor) => [h.mul(w).tanh(), null], x, uniform(key, [5, 4]))[0],
    ],
    [
      'loops of unknown length',
      (key, _, x) =>
        whileLoop(
          ([i]: readonly Tensor[]) => (i as Tensor).less(3),
          ([i, h]: readonly Tensor[]) => [(i as Tensor).add(1), (h as Tensor).mul(uniform(key, [4]))],
          [tensor(0), x],
        )[1] as Tensor,
    ],
    [
      'loops over the rows',
      (_key, p, x) => scan((h: Tensor, row: Tensor) => [h, row.mul(p)], tensor(0), x)[1],
    ],
    [
      'loops as long as the batch',
      (key, _, x, rows) =>
        scan((h: Tensor, [row, n]: readonly [Tensor, Tensor]) => [h, row.add(n.mul(0))], tensor(0), [
          x,
          uniform(key, [rows]),
        ])[1],
    ],
    [
      'branches',
      (key, p, x) =>
        cond(
          p.at(0).greater(0),
          () => x.mul(uniform(key, [4])),
          () => x,
        ),
    ],
    [
      'calls',
      (key, p, x) =>
        checkpoint((x: Tensor) => checkpoint((x: Tensor) => x.mul(uniform(key, [4])).add(p))(x).tanh())(x),
    ],
    [
      'a function with a rule of its own',
      (_key, _, x) =>
        customVjp(
          (x: Tensor) => x.sin(),
          ({ ct }: { readonly ct: Tensor }) => [ct.mul(2)],
        )(x) as Tensor,
    ],
    [
      'gradients of each row',
      (_key, p, x) =>
        vmap((row: Tensor) =>
          grad((p: Tensor) => forLoop(3, (_, h: Tensor) => h.mul(p).sin(), row).sum())(p),
        )(x),
    ],
    [
      'numbers of the rows that no output reads',
      (_key, _, x, rows) => {
        x.mean().div(rows)
        return x.sin()
      },
    ],
    [
      'another program for other numbers',
      (key, _, x, rows) => (rows > 2 ? x.add(noise(key, 2).sum({ axis: 0 })) : x),
    ],
    ['derivatives that stop', (key, p, x) => x.sub(stopGradient(x)).add(p.mul(uniform(key, [4])))],
  ]

  const drawn: readonly [string, Loss][] = [
    [
      'noise that nothing reads',
      (key, _, x, rows) =>
        scan((h: Tensor) => [h, noise(key, rows).sum({ axis: 0 })], x, null, { length: 2 })[0],
    ],
    [
      'opposite noise',
      (key, _, x, rows) => x.add(concat([noise(key, rows), noise(key, rows).neg()]).sum({ axis: 0 })),
    ],
  ]

  test.each(right)('%s', (_, loss) => {
    expect(found(loss)).toBeUndefined()
    expect(found(loss, true)).toBeUndefined()
  })

  test.each(drawn)('%s, where the key is a parameter', (_, loss) => {
    expect(found(loss)).toBeUndefined()
  })
})

/** Steps from a value to another, of any shape whose lengths are 1, 2, 4, and as many as the rows. */
const STEPS: { readonly [name: string]: (v: Tensor, key: Tensor, p: Tensor, rows: number) => Tensor } = {
  sine: v => v.sin(),
  square: v => v.square().add(1),
  opposite: v => v.neg(),
  scaled: v => v.mul(0.5),
  dropped: v => v.mul(0),
  masked: v => v.mul(tensor([0, 1, 1, 0])),
  weighted: (v, _key, p) => v.mul(p),
  moved: (v, _key, p) => v.add(p),
  limited: v => maximum(v, 0.5),
  compared: v => where(v.less(0.5), v, 1),
  whole: v => v.floor(),
  noisy: (v, key, _p, rows) => v.add(uniform(foldIn(key, 1), [rows, 4])),
  counted: (v, _key, _p, rows) => v.add(arange(rows, { dtype: 'f32' }).reshape([rows, 1])),
  dropout: (v, key) => dropout(foldIn(key, 2), v),
  turned: v => v.transpose(),
  flipped: v => flip(v),
  first: v => v.at(0),
  last: v => v.at(-1),
  later: v => v.slice([1]),
  some: v => take(v, tensor([1, 0], { dtype: 'i32' }), { axis: 0 }),
  sorted: v => sort(v.transpose()),
  ordered: v => argsort(v.transpose()).convert('f32'),
  running: v => cumsum(v, { axis: 0 }),
  doubled: v => concat([v, v.neg()]),
  repeated: (v, _key, _p, rows) => v.broadcastTo([rows, ...v.shape]),
  sum: v => v.sum({ axis: 0 }),
  largest: v => v.max({ axis: 0 }),
  least: v => v.min({ axis: -1 }),
  product: v => v.transpose().matmul(v),
  steps: v => scan((h: Tensor, row: Tensor) => [h.add(row), h], zerosLike(v.at(0)), v)[0],
  states: v => scan((h: Tensor, row: Tensor) => [h.add(row), h], zerosLike(v.at(0)), v)[1],
  call: v => checkpoint((v: Tensor) => v.sin().sum({ axis: 0 }))(v),
}

const BEGINNINGS: { readonly [name: string]: (key: Tensor, p: Tensor, rows: number) => Tensor } = {
  noise: (key, _p, rows) => normal(key, [rows, 4]),
  list: (key, _p, rows) => uniform(key, [rows * 4]),
  masks: (key, _p, rows) => bernoulli(key, 0.5, [rows, 4]).convert('f32'),
  keys: (key, _p, rows) => vmap((k: Tensor) => uniform(k, [4]))(splitKey(key, rows)),
  fixed: key => normal(key, [2, 4]),
  parameters: (_key, p) => p,
  ones: (_key, _p, rows) => ones([rows, 4]),
  zeros: (_key, _p, rows) => zeros([rows, 4]),
  places: (_key, _p, rows) => arange(rows, { dtype: 'f32' }),
  unit: (_key, _p, rows) => eye(rows),
}

type Way = { readonly beginning: string; readonly steps: readonly string[]; readonly end: string }

const fits = (v: Tensor) => v.rank === 0 || (v.rank === 1 && v.shape[0] === 4)

/** A value without rows, by steps of which those that do not fit are left out, and by others until it has a shape that fits a row. */
function valueBy({ beginning, steps, end }: Way, key: Tensor, p: Tensor, rows: number): Tensor {
  const apply = (name: string, v: Tensor) => (STEPS[name] as (typeof STEPS)[string])(v, key, p, rows)
  let v = (BEGINNINGS[beginning] as (typeof BEGINNINGS)[string])(key, p, rows)
  for (const name of steps) {
    try {
      const next = apply(name, v)
      if (next.size > 0) v = next
    } catch (error) {
      if (!(error instanceof WengertError)) throw error
    }
  }
  while (!fits(v)) v = apply(end, v)
  return v
}

const anyWay: fc.Arbitrary<Way> = fc.record({
  beginning: fc.constantFrom(...Object.keys(BEGINNINGS)),
  steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 6 }),
  end: fc.constantFrom('sum', 'largest', 'least', 'first', 'last'),
})

const isClose = (a: number, b: number) =>
  Object.is(a, b) || Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a))

/** Whether a value is other for other numbers of rows, for some key and parameters. */
const isOther = (way: Way, isClosed: boolean): boolean =>
  Array.from({ length: 20 }, (_, k) => k).some(seed => {
    const key = isClosed ? KEY : randomKey(seed)
    const p = normal(foldIn(randomKey(seed), 99), [4])
    const values = [2, 3, 4, 5, 7].map(rows => dataOf(valueBy(way, key, p, rows).broadcastTo([4])))
    return values.some(other => other.some((one: number, k) => !isClose(one, values[0]?.[k] as number)))
  })

test('what is said to be made of as many numbers as rows is other for other numbers of rows', () => {
  let [said, silent] = [0, 0]
  fc.assert(
    fc.property(anyWay, fc.boolean(), (way, isClosed) => {
      const counting = found((key, p, x, rows) => x.add(valueBy(way, key, p, rows)), isClosed)
      // A number that was recorded is refused wherever it goes.
      if (counting?.with === 'number') return
      if (counting) expect(isOther(way, isClosed)).toBe(true)
      said += counting ? 1 : 0
      silent += counting ? 0 : 1
    }),
    { numRuns: 1000 },
  )
  expect(Math.min(said, silent)).toBeGreaterThan(30)
})

test('nothing is said of functions that are mapped over rows', () => {
  fc.assert(
    fc.property(randomPrograms(), ({ loss, inputs: [row, ...others] }) => {
      const { dtype, shape } = row as Plain
      const mapped = (rows: number) =>
        record(
          (x: Tensor, ...rest: Tensor[]) => vmap((row: Tensor) => loss(row, ...rest))(x),
          { dtype, shape: [rows, ...shape] },
          ...others,
        ).program
      expect(rowCounting(mapped(2), mapped(3), [true, ...others.map(() => false)])).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})
