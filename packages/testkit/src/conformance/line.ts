import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { type Grouped, magnitudes, type Plain } from '../reference/index.js'
import { productBound, sumBound } from './bounds.js'
import { call, floats } from './call.js'
import type { ConformanceCase } from './case.js'

/** A sequence [n, length, c] as an image of height 1, its filter, and an image as a sequence. */
const line = (x: Plain): Plain => ({ ...x, shape: x.shape.toSpliced(-2, 0, 1) })
const row = (filter: Plain): Plain => ({ ...filter, shape: [1, ...filter.shape] })
const unline = (x: Plain): Plain => ({ ...x, shape: x.shape.toSpliced(1, 1) })

/** A window of two elements along a line of so many: the options, and what they mean for an image of height 1. */
interface Along {
  readonly options: tape.LineOptions
  readonly length: number
  readonly groups: number
  readonly over: Omit<Grouped, 'window'>
}

const none = [0, 0] as const
const lines: readonly Along[] = [
  { options: {}, length: 4, groups: 1, over: { stride: [1, 1], padding: [none, none] } },
  { options: { stride: 2, padding: 'same' }, length: 3, groups: 1, over: { stride: [1, 2], padding: [none, [0, 1]] } },
  { options: { stride: 2, padding: [1, 2] }, length: 4, groups: 2, over: { stride: [1, 2], padding: [none, [1, 2]] } },
  { options: { padding: 1, dilation: 2 }, length: 4, groups: 2, over: { stride: [1, 1], padding: [none, [1, 1]], dilation: [1, 2] } },
] // biome-ignore format: a table

/** Cases of convolution and pooling along lines. */
export function lineCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    lines.flatMap(({ options, length, groups, over }) => {
      const x = { dtype, shape: [2, length, 2 * groups] }
      const operands = [x, { dtype, shape: [2, 2, 2 * groups] }]
      const full = { ...over, window: [1, 2], groups } as const
      const conv = (a: Plain, b: Plain) => unline(textbook.conv2d(line(a), row(b), full))
      const stride = full.stride[1]
      const average = (a: Plain) => unline(textbook.averagePool2d(line(a), full, false))
      return [
        call('conv1d', {
          operands,
          options: JSON.stringify({ ...options, groups }),
          run: (a, b) => tape.conv1d(a, b, { ...options, groups }),
          reference: conv,
          scale: (a, b) => conv(magnitudes(a), magnitudes(b)),
          bound: productBound(4),
        }),
        call('maxPool1d', {
          operands: [x],
          options: JSON.stringify({ ...options, stride }),
          run: a => tape.maxPool1d(a, 2, { ...options, stride }),
          reference: a => unline(textbook.maxPool2d(line(a), full)),
        }),
        call('averagePool1d', {
          operands: [x],
          options: JSON.stringify({ ...options, stride }),
          run: a => tape.averagePool1d(a, 2, { ...options, stride, countIncludePad: false }),
          reference: average,
          scale: a => average(magnitudes(a)),
          bound: sumBound(2),
        }),
      ]
    }),
  )
}

/** As {@link Along}, transposed; `length` is that of the result of three elements. */
const spreads: readonly (Along & { readonly options: tape.ConvTranspose1dOptions })[] = [
  { options: {}, length: 4, groups: 1, over: { stride: [1, 1], padding: [none, none] } },
  { options: { stride: 3, padding: 'same' }, length: 9, groups: 1, over: { stride: [1, 3], padding: [none, none] } },
  { options: { stride: 2, padding: [1, 2], outputPadding: 1 }, length: 4, groups: 2, over: { stride: [1, 2], padding: [none, [1, 2]] } },
  { options: { padding: 1, dilation: 3 }, length: 4, groups: 2, over: { stride: [1, 1], padding: [none, [1, 1]], dilation: [1, 3] } },
] // biome-ignore format: a table

/** Cases of convolutions along lines, transposed. */
export function spreadLineCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    spreads.map(({ options, length, groups, over }) => {
      const [own, channels] = [2, 2 * groups]
      const full = { ...over, window: [1, 2], groups } as const
      const image = [2, 1, length, own * groups]
      const back = (a: Plain, b: Plain) => unline(textbook.conv2dInputPullback(line(a), row(b), image, full))
      return call('convTranspose1d', {
        operands: [
          { dtype, shape: [2, 3, channels] },
          { dtype, shape: [2, own, channels] },
        ],
        options: JSON.stringify({ ...options, groups }),
        run: (a, b) => tape.convTranspose1d(a, b, { ...options, groups }),
        reference: back,
        scale: (a, b) => back(magnitudes(a), magnitudes(b)),
        bound: productBound(4),
      })
    }),
  )
}
