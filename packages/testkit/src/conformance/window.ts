import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes, type Plain } from '../reference/index.js'
import { productBound, sumBound } from './bounds.js'
import { call, floats } from './call.js'
import type { ConformanceCase } from './case.js'

type Pair = readonly [number, number]
type Pairs = readonly [Pair, Pair]
type Padding = 'valid' | 'same' | number | Pairs

/** An image and a window over it; `worked` is the padding that is meant. */
interface Over {
  readonly x: readonly [number, number, number, number]
  readonly window: Pair
  readonly stride: Pair
  readonly padding: Padding
  readonly worked: Pairs
  readonly dilation?: Pair
}

/** Windows that overlap, jump, reach over the edge, do not fit evenly, and have gaps. */
const windows: readonly Over[] = [
  { x: [1, 1, 1, 1], window: [1, 1], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 3, 3, 1], window: [2, 2], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [2, 5, 3, 3], window: [3, 2], stride: [1, 1], padding: 'same', worked: [[1, 1], [0, 1]] },
  { x: [1, 5, 5, 2], window: [3, 3], stride: [2, 2], padding: 'same', worked: [[1, 1], [1, 1]] },
  { x: [1, 5, 4, 1], window: [2, 3], stride: [2, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 4, 4, 2], window: [2, 2], stride: [3, 3], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 2, 3, 1], window: [3, 2], stride: [1, 2], padding: [[2, 0], [1, 1]], worked: [[2, 0], [1, 1]] },
  { x: [1, 3, 2, 2], window: [2, 2], stride: [2, 1], padding: 1, worked: [[1, 1], [1, 1]] },
  { x: [0, 3, 3, 1], window: [2, 2], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 5, 4, 2], window: [2, 2], stride: [1, 1], dilation: [3, 2], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [2, 4, 5, 1], window: [3, 2], stride: [2, 1], dilation: [1, 3], padding: 'same', worked: [[0, 1], [1, 2]] },
] // biome-ignore format: a table

interface Groups {
  readonly groups: number
  readonly channels: Pair
}

/** Groups of one channel and of several, with fewer and with more channels out. */
const groupings: readonly Groups[] = [
  { groups: 2, channels: [2, 2] },
  { groups: 3, channels: [3, 6] },
  { groups: 2, channels: [4, 2] },
]

/** Cases of convolutions. */
export function convolutionCases(): ConformanceCase[] {
  const plain = windows.flatMap(over => [1, 3, 5].map(outs => ({ over, groups: 1, outs })))
  const grouped = groupings.flatMap(({ groups, channels: [c, outs] }) =>
    windows.slice(1, 11).flatMap(({ x, ...rest }) => ({
      over: { ...rest, x: [...x.slice(0, 3), c] as unknown as Over['x'] },
      groups,
      outs,
    })),
  )
  return floats.flatMap(dtype =>
    [...plain, ...grouped].map(({ over: { x, worked, ...options }, groups, outs }) => {
      const { window, ...moves } = options
      const reference = { ...options, padding: worked, groups }
      const own = x[3] / groups
      return call('conv2d', {
        operands: [
          { dtype, shape: x },
          { dtype, shape: [...window, own, outs] },
        ],
        options: JSON.stringify(groups === 1 ? options : { ...options, groups }),
        run: (image, filter) => tape.conv2d(image, filter, groups === 1 ? moves : { ...moves, groups }),
        reference: (image, filter) => textbook.conv2d(image, filter, reference),
        scale: (image, filter) => textbook.conv2d(magnitudes(image), magnitudes(filter), reference),
        bound: productBound(window[0] * window[1] * own),
        differentiable: outs < 5,
      })
    }),
  )
}

/** A convolution transposed: `worked` padding, and the height and width of the result. */
interface Spread extends Over {
  readonly outputPadding?: number | Pair
  readonly groups?: number
  readonly outs: number
  readonly out: Pair
}

const spreads: readonly Spread[] = [
  { x: [1, 1, 1, 1], window: [1, 1], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]], outs: 1, out: [1, 1] },
  { x: [2, 2, 3, 2], window: [2, 3], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]], outs: 3, out: [3, 5] },
  { x: [1, 2, 3, 2], window: [3, 2], stride: [2, 3], padding: 'valid', worked: [[0, 0], [0, 0]], outs: 1, out: [5, 8] },
  { x: [1, 2, 2, 1], window: [3, 2], stride: [2, 3], padding: 'same', worked: [[0, 1], [0, 0]], outs: 2, out: [4, 6] },
  { x: [1, 3, 2, 2], window: [3, 3], stride: [2, 2], padding: 1, worked: [[1, 1], [1, 1]], outputPadding: 1, outs: 1, out: [6, 4] },
  { x: [1, 2, 3, 1], window: [2, 2], stride: [3, 2], padding: [[0, 1], [1, 0]], worked: [[0, 1], [1, 0]], outputPadding: [2, 0], outs: 2, out: [6, 5] },
  { x: [1, 2, 2, 2], window: [2, 2], stride: [1, 2], dilation: [3, 2], padding: 'valid', worked: [[0, 0], [0, 0]], outs: 1, out: [5, 5] },
  { x: [1, 2, 2, 4], window: [2, 3], stride: [2, 1], padding: 'same', worked: [[0, 0], [1, 1]], groups: 2, outs: 2, out: [4, 2] },
  { x: [2, 2, 1, 3], window: [2, 2], stride: [1, 1], dilation: [2, 1], padding: 'valid', worked: [[0, 0], [0, 0]], groups: 3, outs: 6, out: [4, 2] },
  { x: [0, 2, 2, 1], window: [2, 2], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]], outs: 1, out: [3, 3] },
] // biome-ignore format: a table

/** Cases of transposed convolutions. */
export function spreadCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    spreads.map(({ x, worked, outs, out, ...options }) => {
      const { window, ...moves } = options
      const { groups = 1 } = options
      const image = [x[0], ...out, outs]
      const over = { ...options, padding: worked }
      const reference = (of: Plain, filter: Plain) => textbook.conv2dInputPullback(of, filter, image, over)
      return call('convTranspose2d', {
        operands: [
          { dtype, shape: x },
          { dtype, shape: [...window, outs / groups, x[3]] },
        ],
        options: JSON.stringify(options),
        run: (of, filter) => tape.convTranspose2d(of, filter, moves),
        reference,
        scale: (of, filter) => reference(magnitudes(of), magnitudes(filter)),
        bound: productBound((window[0] * window[1] * x[3]) / groups),
      })
    }),
  )
}

/** Cases of pooling. */
export function poolingCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    windows.flatMap(({ x, worked, ...options }) => {
      const { window, ...moves } = options
      const over = { ...options, padding: worked }
      const operands = [{ dtype, shape: x }]
      const max = call('maxPool2d', {
        operands,
        options: JSON.stringify(options),
        run: image => tape.maxPool2d(image, window, moves),
        reference: image => textbook.maxPool2d(image, over),
      })
      const averages = [true, false].map(countIncludePad => {
        const reference = (image: Plain) => textbook.averagePool2d(image, over, countIncludePad)
        return call('averagePool2d', {
          operands,
          options: JSON.stringify({ ...options, countIncludePad }),
          run: image => tape.averagePool2d(image, window, { ...moves, countIncludePad }),
          reference,
          scale: image => reference(magnitudes(image)),
          bound: sumBound(window[0] * window[1]),
        })
      })
      return [max, ...averages]
    }),
  )
}
