import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes } from '../reference/index.js'
import { productBound } from './bounds.js'
import { call, floats } from './call.js'
import type { ConformanceCase } from './case.js'

/** Cases of matmul in all ranks. */
export function matmulCases(): ConformanceCase[] {
  const shapes = [
    [[3], [3]],
    [[1], [1]],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [2, 3],
      [3, 5],
    ],
    [
      [5, 17],
      [17, 3],
    ],
    [
      [3, 1],
      [1, 5],
    ],
    [[3], [3, 5]],
    [[2, 3], [3]],
    [
      [2, 3, 5],
      [5, 3],
    ],
    [[2, 3, 5], [5]],
    [[3], [2, 3, 5]],
    [
      [2, 3],
      [4, 3, 5],
    ],
    [
      [2, 3, 4],
      [2, 4, 3],
    ],
    [
      [1, 3, 4],
      [2, 4, 3],
    ],
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
    [
      [0, 3],
      [3, 2],
    ],
    [
      [2, 0],
      [0, 3],
    ],
    [
      [0, 2, 3],
      [0, 3, 2],
    ],
  ] as const
  const large = [
    [
      [33, 65],
      [65, 29],
    ],
    [
      [2, 19, 23],
      [2, 23, 21],
    ],
  ] as const
  const one = (dtype: DType, x: readonly number[], w: readonly number[], differentiable: boolean) =>
    call('matmul', {
      operands: [
        { dtype, shape: x },
        { dtype, shape: w },
      ],
      run: (x, w) => tape.matmul(x, w),
      reference: (x, w) => textbook.matmul(x, w),
      scale: (x, w) => textbook.matmul(magnitudes(x), magnitudes(w)),
      bound: productBound(x.at(-1) as number),
      differentiable,
    })
  return floats.flatMap(dtype => [
    ...shapes.map(([x, w]) => one(dtype, x, w, true)),
    ...large.map(([x, w]) => one(dtype, x, w, false)),
  ])
}

type Pairs = readonly [readonly [number, number], readonly [number, number]]

/** Images with windows that overlap, jump, hang over the edge, and do not fit evenly. */
const windows: readonly {
  readonly x: readonly [number, number, number, number]
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: 'valid' | 'same' | Pairs
  readonly worked: Pairs
}[] = [
  { x: [1, 1, 1, 1], window: [1, 1], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 3, 3, 1], window: [2, 2], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [2, 5, 3, 3], window: [3, 2], stride: [1, 1], padding: 'same', worked: [[1, 1], [0, 1]] },
  { x: [1, 5, 5, 2], window: [3, 3], stride: [2, 2], padding: 'same', worked: [[1, 1], [1, 1]] },
  { x: [1, 5, 4, 1], window: [2, 3], stride: [2, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 4, 4, 2], window: [2, 2], stride: [3, 3], padding: 'valid', worked: [[0, 0], [0, 0]] },
  { x: [1, 2, 3, 1], window: [3, 2], stride: [1, 2], padding: [[2, 0], [1, 1]], worked: [[2, 0], [1, 1]] },
  { x: [0, 3, 3, 1], window: [2, 2], stride: [1, 1], padding: 'valid', worked: [[0, 0], [0, 0]] },
] // biome-ignore format: a table

/** Cases of convolution and pooling. */
export function windowCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    windows.flatMap(({ x, window, stride, padding, worked }) => {
      const options = JSON.stringify({ window, stride, padding })
      const over = { window, stride, padding: worked }
      const convolutions = [1, 3, 5].map(outs =>
        call('conv2d', {
          operands: [
            { dtype, shape: x },
            { dtype, shape: [...window, x[3], outs] },
          ],
          options,
          run: (image, filter) => tape.conv2d(image, filter, { stride, padding }),
          reference: (image, filter) => textbook.conv2d(image, filter, over),
          scale: (image, filter) => textbook.conv2d(magnitudes(image), magnitudes(filter), over),
          bound: productBound(window[0] * window[1] * x[3]),
          differentiable: outs < 5,
        }),
      )
      const pooling = call('maxPool2d', {
        operands: [{ dtype, shape: x }],
        options,
        run: image => tape.maxPool2d(image, window, { stride, padding }),
        reference: image => textbook.maxPool2d(image, over),
      })
      return [...convolutions, pooling]
    }),
  )
}
