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
