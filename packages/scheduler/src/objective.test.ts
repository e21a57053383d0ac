import {
  arange,
  equal,
  full,
  normal,
  randomKey,
  ShapeError,
  scan,
  square,
  sub,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import { callOf } from './call.js'
import { createScheduler } from './node.js'
import { type RowFunction, recordGradient, recordMap } from './objective.js'

const { signature } = callOf(tensor(2), { x: tensor([1, 2, 3, 4]) }, undefined)
const loss = ((p: Tensor, { x }: { x: Tensor }) => square(sub(x.mul(p), x.mul(p).mean()))) as RowFunction

test('a loss that combines rows is refused, since shards would change it', () => {
  expect(() => recordGradient(loss, signature, 4)).toThrow(ShapeError)
  expect(() => recordGradient(loss, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss combines rows of the batch, but rows are computed in shards.
      expected  each row to depend on itself and the parameters alone
      at        f32[] = sum f32[2], of a batch of 2 rows, recorded at objective.test.ts:24:82
      fix       compute what needs all rows beforehand, and pass it with the parameters]
  `)
  expect(() => recordGradient(loss, signature, 1)).toThrow(/combines rows/)
  expect(() => recordMap(loss, signature, 4)).toThrow(/The mapped function combines rows/)
})

test('a loss that goes over the rows of the batch may not carry them along', () => {
  const over = (step: (p: Tensor, sum: Tensor, row: Tensor) => [Tensor, Tensor]): RowFunction =>
    ((p: Tensor, { x }: { x: Tensor }) =>
      scan((sum: Tensor, row: Tensor) => step(p, sum, row), tensor(0), x)[1]) as RowFunction
  const running = over((p, sum, row) => [sum.add(row.mul(p)), sum])
  expect(() => recordGradient(running, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss combines rows of the batch, but rows are computed in shards.
      expected  each row to depend on itself and the parameters alone
      at        f32[] = add f32[], f32[], of a batch of 2 rows, recorded at objective.test.ts:42:46
      fix       compute what needs all rows beforehand, and pass it with the parameters]
  `)
  const alone = over((p, sum, row) => [sum.add(1), square(row.mul(p))])
  expect(recordGradient(alone, signature, 4).program.outputs).toHaveLength(2)
  const unread = over((p, sum, row) => [sum.add(row), square(row.mul(p))])
  expect(recordGradient(unread, signature, 4).program.outputs).toHaveLength(2)
})

test('a loss that goes over the rows of the batch may write each to its own place', () => {
  const writes = ((p: Tensor, { x }: { x: Tensor }) => {
    const places = arange(x.shape[0] as number)
    const write = (out: Tensor, [i, row]: readonly [Tensor, Tensor]) =>
      [where(equal(places, i), square(row.mul(p)), out), null] as const
    return scan(write, zeros(x.shape), [places, x])[0]
  }) as RowFunction
  expect(recordGradient(writes, signature, 4).program.outputs).toHaveLength(2)
})

test('a mean written by hand is refused', () => {
  const mean = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p)).div(x.shape[0] as number)) as RowFunction
  expect(() => recordGradient(mean, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss reads the number of rows, but rows are computed in shards.
      expected  the same numbers however many rows there are
      at        2 for 2 rows, 3 for 3, recorded at objective.test.ts:67:22
      fix       return one number a row, which the scheduler averages or sums (see \`reduction\`); and draw as many numbers however many rows there are]
  `)
})

test('a mean written by hand is refused beside a factor of the same number, and as weights of the rows', () => {
  const halved = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p))
      .mul(2)
      .div(x.shape[0] as number)) as RowFunction
  expect(() => recordGradient(halved, signature, 4)).toThrow(/reads the number of rows/)
  const weighted = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p)).mul(full(x.shape, 1 / (x.shape[0] as number)))) as RowFunction
  expect(() => recordGradient(weighted, signature, 4)).toThrow(/reads the number of rows/)
})

test('a mean of rows that nothing reads is none', () => {
  const unread = ((p: Tensor, { x }: { x: Tensor }) => {
    x.mul(p).mean()
    return square(x.mul(p))
  }) as RowFunction
  expect(recordGradient(unread, signature, 4).program.outputs).toHaveLength(2)
})

test('a loss that sums up draws for all rows is refused, whether its key is a constant or a parameter', () => {
  const closed = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p).add(normal(randomKey(1), x.shape).sum()))) as RowFunction
  expect(() => recordGradient(closed, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss reads the number of rows, but rows are computed in shards.
      expected  the same numbers however many rows there are
      at        2.479741096496582 for 2 rows, 2.696305274963379 for 3, recorded at objective.test.ts:97:21
      fix       return one number a row, which the scheduler averages or sums (see \`reduction\`); and draw as many numbers however many rows there are]
  `)
  const keyed = ((key: Tensor, { x }: { x: Tensor }) =>
    square(x.add(normal(key, x.shape).sum()))) as RowFunction
  const { signature: withKey } = callOf(randomKey(1), { x: tensor([1, 2, 3, 4]) }, undefined)
  expect(() => recordGradient(keyed, withKey, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss makes one value of as many numbers as there are rows, but rows are computed in shards.
      expected  the same draws and constants however many rows there are
      at        f32[] = sum f32[2], of a batch of 2 rows, recorded at objective.test.ts:105:39
      fix       draw as many however many rows there are, or for each row by a key of its own: \`vmap((x, k) => x.add(normal(foldIn(key, k), x.shape)))(batch.x, batch.index)\`]
  `)
  expect(() => recordMap(keyed, withKey, 4)).toThrow(/The mapped function makes one value of as many/)
})

test('a loss that reads other numbers each time is told so', () => {
  let times = 0
  const counting = ((p: Tensor, { x }: { x: Tensor }) => square(x.mul(p).add(times++))) as RowFunction
  expect(() => recordGradient(counting, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss reads other numbers each time it is recorded, which it is for each size of a shard.
      expected  the same numbers each time
      at        1 at first, 3 then
      fix       draw with a key, \`normal(key, [4])\`, instead of \`Math.random()\`, and pass what changes with the parameters]
  `)
})

test('a loss that returns something else than one number a row is told what to return', () => {
  const { signature } = callOf(zeros([2]), { x: zeros([3, 2]) }, undefined)
  const screen = (of: (p: Tensor, batch: { x: Tensor }) => unknown, wholes: readonly number[] = []) => {
    const act = () => recordGradient(of as RowFunction, signature, 2, wholes)
    return thrownBy(act, ShapeError).message.replace(/^ {2}at .*\n/m, '')
  }
  const said = [
    screen((p, { x }) => x.mul(p).square().mean(), [3]),
    screen((p, { x }) => x.mul(p).square()),
    screen((p, { x }) => x.matmul(p).greater(0)),
    screen((p, { x }) => ({ loss: x.matmul(p) })),
  ]
  expect(said.join('\n\n')).toMatchInlineSnapshot(`
    "The loss returned a single number, f32[], for 2 rows.
      expected  one number a row: f32[2] or f64[2]; it is given 2 of the 3 rows at first
      fix       leave out what joins the rows, such as \`.mean()\`, or join the other axes alone, \`.mean({ axis: 1 })\`; the scheduler averages or sums the rows (see \`reduction\`)

    The loss returned f32[2,2] for 2 rows.
      expected  one number a row: f32[2] or f64[2]
      fix       join what each row has into one number, such as by \`.mean({ axis: 1 })\` or \`.sum({ axis: 1 })\`

    The loss returned bool[2] for 2 rows.
      expected  one number a row: f32[2] or f64[2]
      fix       convert it, such as by \`.convert('f32')\`

    The loss returned a tree of tensors for 2 rows.
      expected  one number a row: f32[2] or f64[2]
      fix       return one tensor, the losses of the rows"
  `)
})

test('a loss of single rows is recorded', () => {
  const single = ((p: Tensor, { x }: { x: Tensor }) => square(x.mul(p))) as RowFunction
  expect(recordGradient(single, signature, 4).program.outputs).toHaveLength(2)
})

test('a loss that draws with one key for all rows is refused, since each shard would draw the same', () => {
  const noisy = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p).mul(uniform(randomKey(1), x.shape)))) as RowFunction
  expect(() => recordGradient(noisy, signature, 4)).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: The loss draws, or reads, numbers for the places of rows, but rows are computed in shards.
      expected  each row to draw by a key of its own, and numbers for rows to be part of the batch
      at        f32[2] = mul f32[2], f32[2], of a batch of 2 rows, recorded at objective.test.ts:165:21
      fix       give the batch an index, and map over both: \`vmap((x, k) => dropout(foldIn(key, k), x, 0.5))(batch.x, batch.index)\`]
  `)
  expect(() => recordMap(noisy, signature, 4)).toThrow(/The mapped function draws, or reads, numbers for/)
  const same = ((p: Tensor, { x }: { x: Tensor }) =>
    square(x.mul(p).mul(uniform(randomKey(1), [])))) as RowFunction
  expect(recordGradient(same, signature, 4).program.outputs).toHaveLength(2)
})

describe('what fits all rows, but not a part of them', () => {
  const of = (rows: number) => tensor(new Float32Array(rows))
  const closing = (other: Tensor) =>
    ((p: Tensor, { x }: { x: Tensor }) => square(x.mul(p).sub(other))) as RowFunction
  const fixOf = (record: () => unknown) => thrownBy(record, ShapeError).parts.fix

  test('is told to go with the batch', () => {
    expect(() =>
      recordGradient(closing(of(1000)), signature, 64, [1000]),
    ).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: sub: shapes do not broadcast: f32[64], f32[1000].
        expected  lengths that are equal or 1, aligned at the last axis
        at        objective.test.ts:181:59
        fix       the loss sees 64 of 1000 rows at a time, as rows are computed in shards: pass what belongs to rows with the batch]
    `)
    const fix = (what: string, rows: number, whole: number) =>
      `the ${what} sees ${rows} of ${whole} rows at a time, as rows are computed in shards: pass what belongs to rows with the batch`
    expect(fixOf(() => recordMap(closing(of(1000)), signature, 64, [1000]))).toBe(
      fix('mapped function', 64, 1000),
    )
    // As many as all rows are, or as the first rows that it is recorded for.
    expect(fixOf(() => recordGradient(closing(of(50)), signature, 50, [50]))).toBe(fix('loss', 2, 50))
    expect(fixOf(() => recordGradient(closing(of(1000)), signature, 64, [256, 1000]))).toBe(
      fix('loss', 64, 1000),
    )
    const constant = (() => of(1000)) as RowFunction
    expect(fixOf(() => recordGradient(constant, signature, 64, [1000]))).toBe(fix('loss', 64, 1000))
    expect(fixOf(() => recordMap(constant, signature, 64, [1000]))).toBe(fix('mapped function', 64, 1000))
  })

  test('is not said of what fits no number of rows', () => {
    expect(fixOf(() => recordGradient(closing(of(999)), signature, 64, [1000]))).not.toMatch(/at a time/)
    expect(fixOf(() => recordGradient(loss, signature, 4, [1000]))).toMatch(/compute what needs all rows/)
    expect(fixOf(() => recordMap((() => of(999)) as RowFunction, signature, 64, [1000]))).toMatch(
      /do not reduce/,
    )
  })

  test.each([false, true])('by a scheduler, of rows that are chosen: %s', async chosen => {
    const other = of(1000)
    await using scheduler = await createScheduler((w: Tensor, x: Tensor) => square(x.mul(w).sub(other)), {
      workers: 0,
    })
    const call = scheduler.valueAndGrad(
      tensor(1),
      of(1000),
      chosen ? { rows: Int32Array.from({ length: 256 }, (_, k) => k) } : {},
    )
    await expect(call).rejects.toThrow(/f32\[64\], f32\[1000\][\s\S]*the loss sees 64 of 1000 rows at a time/)
  })
})
