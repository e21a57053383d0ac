import { thrownBy } from '@wengert/testkit'
import { describe, expect, it, test } from 'vitest'
import { WengertError } from '../errors.js'
import { type Tensor, tensor } from '../record/index.js'
import { grad, vmap } from '../transform/index.js'
import { averagePool1d, averagePool2d } from './average-pool2d.js'
import { convTranspose1d, convTranspose2d } from './conv-transpose2d.js'
import { conv1d, conv2d } from './conv2d.js'
import { maxPool1d, maxPool2d } from './max-pool2d.js'
import { sum } from './reduction.js'

const ones = (...shape: number[]) =>
  tensor(new Float32Array(shape.reduce((size, length) => size * length, 1)).fill(1), { shape })

const screen = (run: () => unknown): string => {
  const error = thrownBy(run, WengertError)
  return `${error.code} ${error.message.replace(/window\.test\.ts:\d+:\d+/g, 'window.test.ts:…')}`
}

describe('what does not fit is said', () => {
  it('channels', () => {
    expect(screen(() => conv2d(ones(1, 3, 3, 4), ones(2, 2, 3, 2)))).toMatchInlineSnapshot(`
      "SHAPE conv2d: channels do not fit: x f32[1,3,3,4], filter f32[2,2,3,2].
        expected  x […, channels] and a filter [rows, columns, channels, out channels]
        at        window.test.ts:…"
    `)
    expect(screen(() => conv2d(ones(1, 3, 3, 4), ones(2, 2, 2, 3), { groups: 2 }))).toMatchInlineSnapshot(`
      "SHAPE conv2d: channels do not fit in 2 groups: x f32[1,3,3,4], filter f32[2,2,2,3].
        expected  x […, channels] and a filter [rows, columns, channels / 2, out channels], both in multiples of 2
        at        window.test.ts:…"
    `)
    expect(screen(() => conv1d(ones(1, 3, 4), ones(2, 2, 3, 2)))).toMatchInlineSnapshot(`
      "SHAPE conv1d: channels do not fit: x f32[1,3,4], filter f32[2,2,3,2].
        expected  x […, channels] and a filter [width, channels, out channels]
        at        window.test.ts:…"
    `)
    expect(screen(() => convTranspose2d(ones(1, 3, 3, 4), ones(2, 2, 4, 2)))).toMatchInlineSnapshot(`
      "SHAPE convTranspose2d: channels do not fit: x f32[1,3,3,4], filter f32[2,2,4,2].
        expected  x […, channels] and a filter [rows, columns, out channels, channels]
        at        window.test.ts:…"
    `)
    expect(screen(() => convTranspose1d(ones(1, 3, 4), ones(2, 1, 2), { groups: 4 }))).toMatchInlineSnapshot(`
      "SHAPE convTranspose1d: channels do not fit in 4 groups: x f32[1,3,4], filter f32[2,1,2].
        expected  x […, channels] and a filter [width, out channels / 4, channels], both in multiples of 4
        at        window.test.ts:…"
    `)
  })

  it('dtypes and ranks', () => {
    const f64 = tensor([1, 1], { shape: [2, 1, 1], dtype: 'f64' })
    expect(screen(() => conv1d(ones(1, 3, 1), f64))).toMatchInlineSnapshot(`
      "DTYPE conv1d: dtypes differ: x f32[1,3,1], filter f64[2,1,1].
        expected  both f32 or both f64
        at        window.test.ts:…"
    `)
    expect(screen(() => averagePool1d(ones(3, 1), 2))).toMatchInlineSnapshot(`
      "SHAPE averagePool1d: a batch of sequences has rank 3, not f32[3,1].
        expected  x [n, length, channels]
        at        window.test.ts:…
        fix       reshape it, such as reshape(x, [rows, 28, 1])"
    `)
    expect(screen(() => averagePool2d(tensor([1], { dtype: 'i32' }), 2))).toMatchInlineSnapshot(`
      "DTYPE averagePool2d: dtype not taken: i32[1].
        expected  f32 or f64
        at        window.test.ts:…"
    `)
  })

  it('windows', () => {
    expect(screen(() => conv2d(ones(1, 4, 4, 1), ones(3, 2, 1, 1), { dilation: 2 }))).toMatchInlineSnapshot(`
      "SHAPE conv2d: a window of 3×2 with dilation 2×2 does not fit f32[1,4,4,1] with padding [[0,0],[0,0]].
        expected  windows no larger than the padded image
        at        window.test.ts:…"
    `)
    expect(screen(() => maxPool1d(ones(1, 3, 1), 4, { padding: [0, 0] }))).toMatchInlineSnapshot(`
      "SHAPE maxPool1d: a window of 1×4 does not fit f32[1,1,3,1] with padding [[0,0],[0,0]].
        expected  windows no larger than the padded image
        at        window.test.ts:…"
    `)
    expect(
      screen(() => convTranspose2d(ones(1, 1, 1, 1), ones(2, 2, 1, 1), { padding: 1 })),
    ).toMatchInlineSnapshot(`
      "SHAPE convTranspose2d: nothing is left of f32[1,1,1,1] by 2×2 within padding [[1,1],[1,1]].
        expected  less padding than the result is long without it
        at        window.test.ts:…"
    `)
  })

  it('options', () => {
    const [x, filter] = [ones(1, 4, 4, 1), ones(2, 2, 1, 1)]
    expect(screen(() => conv2d(x, filter, { groups: 0 }))).toMatchInlineSnapshot(`
      "OPTION conv2d: groups 0.
        expected  a whole number of at least 1
        at        window.test.ts:…"
    `)
    expect(screen(() => conv2d(x, filter, { dilation: [1, 0] }))).toMatchInlineSnapshot(`
      "OPTION conv2d: window [2,2], stride [1,1], padding [[0,0],[0,0]], dilation [1,0].
        expected  whole numbers: windows, strides and dilations of at least 1, paddings of at least 0
        at        window.test.ts:…"
    `)
    expect(screen(() => conv2d(x, filter, { padding: [1, 1] as never }))).toMatchInlineSnapshot(`
      "OPTION conv2d: window [2,2], stride [1,1], padding [1,1].
        expected  whole numbers: windows, strides and dilations of at least 1, paddings of at least 0
        at        window.test.ts:…"
    `)
    expect(screen(() => conv2d(x, filter, { padding: -1 }))).toMatchInlineSnapshot(`
      "OPTION conv2d: window [2,2], stride [1,1], padding [[-1,-1],[-1,-1]].
        expected  whole numbers: windows, strides and dilations of at least 1, paddings of at least 0
        at        window.test.ts:…"
    `)
    expect(screen(() => averagePool2d(x, 0))).toMatchInlineSnapshot(`
      "OPTION averagePool2d: window [0,0], stride [0,0], padding [[0,0],[0,0]].
        expected  whole numbers: windows, strides and dilations of at least 1, paddings of at least 0
        at        window.test.ts:…"
    `)
    expect(screen(() => convTranspose2d(x, filter, { stride: 2, outputPadding: 2 }))).toMatchInlineSnapshot(`
      "OPTION convTranspose2d: outputPadding [2,2] with stride [2,2].
        expected  whole numbers from 0 to stride − 1
        at        window.test.ts:…"
    `)
    expect(
      screen(() => convTranspose2d(x, filter, { stride: 2, padding: 'same', outputPadding: 1 })),
    ).toMatchInlineSnapshot(`
      "OPTION convTranspose2d: outputPadding [1,1] with stride [2,2] and padding 'same'.
        expected  none: the result has length · stride
        at        window.test.ts:…"
    `)
  })
})

test('a window of padding alone has the average 0', () => {
  const padding = [[2, 0], [0, 0]] as const // biome-ignore format: a matrix
  for (const countIncludePad of [true, false]) {
    const pool = averagePool2d(ones(1, 2, 1, 1), [2, 1], { padding, countIncludePad })
    expect(pool.toArray()).toEqual([[[[0]], [[1]]]])
  }
  expect(maxPool2d(ones(1, 2, 1, 1), [2, 1], { padding }).toArray()).toEqual([[[[-Infinity]], [[1]]]])
})

test('a batch of no filters and of no images', () => {
  const none = vmap((x: Tensor, filter: Tensor) => conv2d(x, filter), { inAxes: [null, 0] })
  expect(none(ones(1, 3, 3, 1), ones(0, 2, 2, 1, 2)).shape).toEqual([0, 1, 2, 2, 2])
  expect(
    vmap((x: Tensor, filter: Tensor) => conv2d(x, filter))(ones(0, 1, 3, 3, 1), ones(0, 2, 2, 1, 2)).shape,
  ).toEqual([0, 1, 2, 2, 2])
})

test('gradients a row of grouped convolutions are those of each row', () => {
  const x = tensor([...Array(48).keys()], { shape: [3, 1, 2, 2, 4], dtype: 'f64' })
  const filter = tensor([...Array(24).keys()], { shape: [2, 1, 2, 6], dtype: 'f64' })
  const loss = (w: Tensor, row: Tensor) => sum(conv2d(row, w, { groups: 2 }).square())
  const rows = vmap(grad(loss), { inAxes: [null, 0] })(filter, x)
  for (const k of [0, 1, 2]) expect(rows.at(k).toArray()).toEqual(grad(loss)(filter, x.at(k)).toArray())
})
