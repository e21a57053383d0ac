import { describe, expect, test } from 'vitest'
import {
  arange,
  bernoulli,
  categorical,
  checkpoint,
  concat,
  cond,
  foldIn,
  forLoop,
  matmul,
  normal,
  ones,
  randomKey,
  record,
  rowMixing,
  scan,
  splitKey,
  type Tensor,
  tensor,
  uniform,
  vmap,
  where,
  withLines,
} from '../index.js'

const key = randomKey(7)
const x = { dtype: 'f32', shape: [6, 4] } as const
const keys = { dtype: 'i32', shape: [6, 2] } as const

const recorded = (fn: (x: Tensor, keys: Tensor) => Tensor) => record(fn as never, x, keys).program
const mixing = (fn: (x: Tensor, keys: Tensor) => Tensor) => rowMixing(recorded(fn), [true, true])

/** With a key that is a parameter, so that what it draws is recorded. */
const mixingWithKey = (fn: (key: Tensor, x: Tensor) => Tensor) =>
  rowMixing(record(fn, { dtype: 'i32', shape: [2] }, x).program, [false, true])

const dropout = (key: Tensor, x: Tensor) => where(bernoulli(key, 0.5, x.shape), x.mul(2), 0)

describe('rowMixing finds what is drawn for places', () => {
  test.each<[string, string, (x: Tensor) => Tensor]>([
    ['where', 'dropout of the whole batch', x => dropout(key, x)],
    ['add', 'noise', x => x.add(normal(key, [6, 4], { deviation: 0.1 }))],
    ['mul', 'a number for each row', x => x.mul(uniform(key, [6, 1]))],
    [
      'add',
      'noise of rows and columns exchanged',
      x =>
        x
          .transpose()
          .add(uniform(key, [4, 6]))
          .transpose(),
    ],
    ['add', 'noise in another arrangement', x => x.add(uniform(key, [4, 6]).mul(2).transpose())],
    ['add', 'noise in one list', x => x.add(uniform(key, [24]).reshape([6, 4]))],
    ['mul', 'means of noise', x => x.sum({ axis: 1 }).mul(uniform(key, [6, 3]).mean({ axis: 1 }))],
    ['concat', 'noise beside each row', x => concat([x, normal(key, [6, 2])], { axis: 1 })],
    ['sub', 'a choice', x => categorical(key, x).convert('f32')],
    ['where', 'dropout in a call', x => checkpoint((x: Tensor) => dropout(key, x))(x)],
    ['where', 'dropout in a loop', x => forLoop(3, (_, h: Tensor) => dropout(key, h.sin()), x)],
    ['where', 'keys by place', x => vmap((k: Tensor, row: Tensor) => dropout(k, row))(splitKey(key, 6), x)],
    [
      'where',
      'keys folded from places',
      x => vmap((k: Tensor, row: Tensor) => dropout(foldIn(key, k), row))(arange(6, { dtype: 'i32' }), x),
    ],
  ])('%s: %s', (op, _, fn) => {
    expect(mixing(fn)).toMatchObject({ with: 'places', op })
  })

  test.each<[string, (x: Tensor, keys: Tensor) => Tensor]>([
    ['keys of rows', (x, keys) => vmap((k: Tensor, row: Tensor) => dropout(k, row))(keys, x)],
    ['the same numbers for each row', x => x.mul(uniform(key, [4])).add(normal(key, [1, 4]))],
    ['the same dropout of each row', x => vmap((row: Tensor) => dropout(key, row))(x)],
    ['one number', x => x.add(uniform(key, []))],
    ['noise of parameters', x => matmul(x, normal(key, [4, 6]))],
    ['noise of a fixed shape that is summed up', x => x.add(uniform(key, [6, 4]).sum({ axis: 0 }))],
    ['noise that is repeated', x => x.add(uniform(key, [4]).broadcastTo([6, 4]))],
    ['noise beside noise of its own', x => concat([x, x.sum({ axis: 1, keepdims: true })], { axis: 1 })],
    ['noise without deviation', x => x.add(normal(key, [6, 4], { deviation: 0 }))],
    ['noise that is no number', x => x.add(normal(key, [6, 4]).mul(Number.NaN))],
    ['noise behind the rows', x => concat([x, uniform(key, [6, 4])]).sum({ axis: 1 })],
    ['steps with noise', x => scan((h: Tensor, n: Tensor) => [h.add(n), null], x, uniform(key, [6]))[0]],
    [
      'noise alone',
      x =>
        x
          .mul(0)
          .sum({ axis: 1 })
          .mul(uniform(key, [3]).sum()),
    ],
  ])('lets %s pass', (_, fn) => {
    expect(mixing(fn)).toBeUndefined()
  })

  test.each<[string, (key: Tensor, x: Tensor) => Tensor]>([
    ['dropout', dropout],
    ['noise', (key, x) => x.add(normal(key, [6, 4], { deviation: 0.1 }))],
    ['noise in one list', (key, x) => x.add(uniform(key, [24]).reshape([6, 4]))],
    ['noise exchanged', (key, x) => x.add(uniform(key, [4, 6]).transpose())],
    ['means of noise', (key, x) => x.sum({ axis: 1 }).mul(uniform(key, [6, 3]).mean({ axis: 1 }))],
    ['keys by place', (key, x) => vmap(dropout)(splitKey(key, 6), x)],
    ['keys folded from places', (key, x) => vmap(dropout)(foldIn(key, arange(6, { dtype: 'i32' })), x)],
  ])('where the key is a parameter: %s', (_, fn) => {
    expect(mixingWithKey(fn)).toMatchObject({ with: 'places' })
  })

  test.each<[string, (key: Tensor, x: Tensor) => Tensor]>([
    ['the same numbers for each row', (key, x) => x.mul(uniform(key, [4])).add(normal(key, [1, 4]))],
    ['the same dropout of each row', (key, x) => vmap((row: Tensor) => dropout(key, row))(x)],
    ['noise of a fixed shape that is summed up', (key, x) => x.add(uniform(key, [6, 4]).sum())],
    ['noise of parameters', (key, x) => matmul(x, normal(key, [4, 6]))],
    ['one number', (key, x) => x.add(uniform(key, []))],
    ['noise that is added to others', (key, x) => x.add(uniform(key, [4]).add(ones([6, 4])))],
    [
      'noise of one branch alone',
      (key, x) =>
        x.add(
          cond(
            key.at(0).greater(0),
            () => uniform(key, [6, 4]),
            () => ones([6, 4]),
          ),
        ),
    ],
  ])('where the key is a parameter, lets %s pass', (_, fn) => {
    expect(mixingWithKey(fn)).toBeUndefined()
  })

  test('constants as long as the rows are numbers for places, unless they repeat with each row, or are whole numbers', () => {
    const list = (length: number) => tensor(Float32Array.from({ length }, (_, k) => k % 4))
    expect(mixing(x => x.add(list(6).reshape([6, 1])))).toMatchObject({ with: 'places', op: 'add' })
    expect(mixing(x => x.transpose().add(list(24).reshape([4, 6])))).toMatchObject({ with: 'places' })
    expect(mixing(x => x.add(list(24).reshape([6, 4])))).toBeUndefined()
    expect(mixing(x => x.reshape([24]).add(list(24)).reshape([6, 4]))).toBeUndefined()
    const flat = (x: Tensor) =>
      arange(6, { dtype: 'i32' })
        .mul(4)
        .add(x.sum({ axis: 1 }).convert('i32'))
    expect(mixing(flat)).toBeUndefined()
  })

  test('a batch of one row, or of none, has no places', () => {
    const noise = (rows: number) => {
      const draws = tensor(Float32Array.from({ length: rows * 4 }, (_, k) => k)).reshape([rows, 4])
      const added = (x: Tensor) => concat([x, draws], { axis: 1 }).add(concat([draws, draws], { axis: 1 }))
      return rowMixing(record(added, { dtype: 'f32', shape: [rows, 4] }).program, [true])
    }
    expect([noise(0), noise(1)]).toEqual([undefined, undefined])
    expect(noise(2)).toMatchObject({ with: 'places' })
  })

  test('a mask that was drawn is one in loops over rows', () => {
    const masked = (x: Tensor) =>
      scan((h: Tensor, t: Tensor) => [where(bernoulli(key, 0.5, [4]), t, h), h], tensor([0, 0, 0, 0]), x)[1]
    expect(mixing(masked)).toBeUndefined()
  })

  test('says where', () => {
    const { program } = withLines(() => record((x: Tensor) => dropout(key, x), x))
    expect(rowMixing(program, [true])).toMatchObject({
      with: 'places',
      at: expect.stringMatching(/row-draws\.test\.ts:\d+/) as string,
    })
  })
})
