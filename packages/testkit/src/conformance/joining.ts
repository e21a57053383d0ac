import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { all, call } from './call.js'
import type { ConformanceCase } from './case.js'

/** Cases of what joins tensors and makes them. */
export function joiningCases(): ConformanceCase[] {
  const joined: readonly { shapes: readonly (readonly number[])[]; axis: number }[] = [
    { shapes: [[3]], axis: 0 },
    { shapes: [[3], [5]], axis: 0 },
    { shapes: [[1], [0], [17]], axis: -1 },
    { shapes: [[0], [0]], axis: 0 },
    {
      shapes: [
        [3, 5],
        [3, 1],
      ],
      axis: 1,
    },
    {
      shapes: [
        [1, 5],
        [3, 5],
        [2, 5],
      ],
      axis: -2,
    },
    {
      shapes: [
        [2, 3, 5],
        [2, 1, 5],
      ],
      axis: 1,
    },
  ]
  const stacked: readonly { shape: readonly number[]; count: number; axis: number }[] = [
    { shape: [], count: 3, axis: 0 },
    { shape: [5], count: 1, axis: 0 },
    { shape: [5], count: 2, axis: 1 },
    { shape: [3, 5], count: 2, axis: -1 },
    { shape: [2, 3], count: 3, axis: 1 },
    { shape: [0], count: 2, axis: 0 },
  ]
  return all.flatMap(dtype => [
    ...joined.map(({ shapes, axis }) =>
      call('concat', {
        operands: shapes.map(shape => ({ dtype, shape })),
        options: `axis ${axis}`,
        run: (...xs) => tape.concat(xs, { axis }),
        reference: (...xs) => textbook.concat(xs, axis),
      }),
    ),
    ...stacked.map(({ shape, count, axis }) =>
      call('stack', {
        operands: new Array(count).fill({ dtype, shape }),
        options: `axis ${axis}`,
        run: (...xs) => tape.stack(xs, { axis }),
        reference: (...xs) => textbook.stack(xs, axis),
      }),
    ),
    ...[[], [17], [3, 0], [3, 5]].map(shape =>
      call('zerosLike', {
        operands: [{ dtype, shape }],
        run: x => tape.zerosLike(x),
        reference: x => textbook.zerosLike(x),
        differentiable: false,
      }),
    ),
  ])
}
