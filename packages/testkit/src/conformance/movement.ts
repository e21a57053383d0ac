import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes } from '../reference/index.js'
import { ROUNDED, sumBound } from './bounds.js'
import { all, call, product } from './call.js'
import type { ConformanceCase } from './case.js'
import { specials } from './elementwise.js'

/** Cases of what moves, chooses and converts elements. */
export function movementCases(): ConformanceCase[] {
  const of = (dtype: DType, shape: readonly number[]) => [{ dtype, shape }]
  const specialsOf = (dtype: DType) => [[specials[dtype].length], 'of special values'] as const
  return all.flatMap(dtype => [
    ...(
      [
        [[], [1, 1]],
        [[6], [2, -1]],
        [
          [2, 3, 5],
          [5, 6],
        ],
        [[0], [3, 0]],
      ] as const
    ).map(([from, to]) =>
      call('reshape', {
        operands: of(dtype, from),
        options: `to [${to}]`,
        run: x => tape.reshape(x, to),
        reference: x => textbook.reshape(x, to),
      }),
    ),
    ...(
      [
        [[], undefined],
        [[5], undefined],
        [[3, 5], undefined],
        [
          [2, 3, 5],
          [1, 2, 0],
        ],
        [
          [2, 3, 5],
          [0, -1, 1],
        ],
        [
          [3, 1, 17],
          [2, 1, 0],
        ],
        [[3, 0], undefined],
        [
          [2, 3, 2, 3],
          [3, 1, 0, 2],
        ],
        [[17, 19], undefined],
      ] as const
    ).flatMap(([shape, permutation]) => [
      call('transpose', {
        operands: of(dtype, shape),
        options: permutation ? `[${permutation}]` : '',
        run: x => tape.transpose(x, permutation),
        reference: x => textbook.transpose(x, permutation),
      }),
      ...(permutation
        ? [
            call('permute', {
              operands: of(dtype, shape),
              options: `[${permutation}]`,
              run: x => tape.permute(x, permutation),
              reference: x => textbook.transpose(x, permutation),
            }),
          ]
        : []),
    ]),
    ...(
      [
        [[], [3]],
        [[], [2, 3]],
        [[1], [17]],
        [[5], [3, 5]],
        [
          [3, 1],
          [3, 17],
        ],
        [
          [2, 1, 3],
          [4, 2, 5, 3],
        ],
        [[1], [0]],
        [[5], [5]],
        [
          [1, 3, 1],
          [2, 3, 3],
        ],
      ] as const
    ).map(([from, to]) =>
      call('broadcastTo', {
        operands: of(dtype, from),
        options: `to [${to}]`,
        run: x => tape.broadcastTo(x, to),
        reference: x => textbook.broadcastTo(x, to),
      }),
    ),
    ...(
      [
        { shape: [5], starts: [1], limits: [4] },
        { shape: [17], starts: [-3] },
        { shape: [17], starts: [1], limits: [17], steps: [3] },
        { shape: [3, 5], starts: [1, 0], limits: [3, -1], steps: [1, 2] },
        { shape: [3, 5], starts: [2], limits: [2] },
        { shape: [4, 3, 5], starts: [0, 1, 2], limits: [4, 3, 5], steps: [3, 1, 2] },
        { shape: [0], starts: [0] },
        { shape: [], starts: [] },
        { shape: [5], starts: [], steps: [-1] },
        { shape: [17], starts: [-2], limits: [3], steps: [-3] },
        { shape: [3, 5], starts: [1, 4], limits: [undefined, 0], steps: [-1, -2] },
        { shape: [2, 3, 5], starts: [], steps: [1, -1, 2] },
        { shape: [3, 5], starts: [0, 1], limits: [2], steps: [-1, 1] },
        { shape: [0, 3], starts: [], steps: [-1, -1] },
      ] as readonly {
        shape: number[]
        starts: number[]
        limits?: (number | undefined)[]
        steps?: number[]
      }[]
    ).map(({ shape, starts, limits = [], steps = [] }) => {
      const from = (bound: number | undefined, other: number, length: number) =>
        bound === undefined ? other : bound < 0 ? bound + length : bound
      const down = shape.map((_, k) => (steps[k] ?? 1) < 0)
      const bounds = {
        starts: shape.map((length, k) => from(starts[k], down[k] ? length - 1 : 0, length)),
        limits: shape.map((length, k) => from(limits[k], down[k] ? -1 : length, length)),
        steps: shape.map((_, k) => steps[k] ?? 1),
      }
      return call('slice', {
        operands: of(dtype, shape),
        options: JSON.stringify({ starts, limits, steps }),
        run: x => tape.slice(x, starts, limits, steps),
        reference: x => textbook.slice(x, bounds),
      })
    }),
    ...(
      [
        [[5], 0],
        [[17], -1],
        [[3, 5], 1],
        [[2, 3, 5], -2],
        [[3, 0], 2],
      ] as const
    ).map(([shape, index]) =>
      call('at', {
        operands: of(dtype, shape),
        options: `index ${index}`,
        run: x => tape.at(x, index),
        reference: x => textbook.at(x, index),
      }),
    ),
    ...[[], [17], [3, 5]].map(shape =>
      call('stopGradient', {
        operands: of(dtype, shape),
        run: x => tape.stopGradient(x),
        reference: x => x,
        // By definition its derivative is not that of the identity it computes.
        differentiable: false,
      }),
    ),
    ...[[], [17], [3, 5]].map(shape =>
      call('named', {
        operands: of(dtype, shape),
        options: "'hidden'",
        run: x => tape.named(x, 'hidden'),
        reference: x => x,
      }),
    ),
    ...all.flatMap(to =>
      [...[[], [0], [3], [17], [3, 5]].map(shape => [shape, ''] as const), specialsOf(dtype)].map(
        ([shape, values]) =>
          call('convert', {
            operands: of(dtype, shape),
            options: `to ${to} ${values}`.trim(),
            elementwise: true,
            domain: [-3, 3],
            run: x => tape.convert(x, to),
            reference: x => textbook.convert(x, to),
            bound: ROUNDED,
            // Through f32, finite differences see the rounding.
            differentiable: dtype === 'f64' && to === 'f64' && values === '',
          }),
      ),
    ),
    ...(
      [
        [[], [], []],
        [[17], [17], [17]],
        [[3, 5], [], [5]],
        [[5], [3, 1], []],
        [[3, 1], [5], [3, 5]],
        [[0], [1], [0]],
        [[2], [specials[dtype].length, 1, 1], [specials[dtype].length, 1], 'of special values'],
      ] as const
    ).map(([condition, x, y, options = '']) =>
      call('where', {
        operands: [
          { dtype: 'bool', shape: condition },
          { dtype, shape: x },
          { dtype, shape: y },
        ],
        options,
        elementwise: true,
        differentiable: options === '',
        run: (c, x, y) => tape.where(c, x, y),
        reference: (c, x, y) => textbook.where(c, x, y),
      }),
    ),
    ...(dtype === 'i32'
      ? [[], [0], [5], [17], [2, 3]].flatMap(shape =>
          all.map(to =>
            call('oneHot', {
              operands: of('i32', shape),
              options: `of 5, ${to}`,
              run: x => tape.oneHot(x, 5, to),
              reference: x => textbook.oneHot(x, 5, to),
            }),
          ),
        )
      : []),
    ...(dtype === 'bool'
      ? []
      : (
          [
            [[3], [1]],
            [[3, 5], [5]],
            [
              [3, 5],
              [3, 1],
            ],
            [[3, 5], []],
            [
              [2, 3, 5],
              [3, 1],
            ],
            [
              [4, 2, 5, 3],
              [2, 1, 3],
            ],
            [[5], [5]],
            [
              [0, 3],
              [1, 3],
            ],
          ] as const
        ).map(([from, to]) =>
          call('sumTo', {
            operands: of(dtype, from),
            options: `[${to}]`,
            run: x => tape.sumTo(x, to),
            reference: x => textbook.sumTo(x, to),
            scale: x => textbook.sumTo(magnitudes(x), to),
            bound: sumBound(product(from) / Math.max(1, product(to))),
          }),
        )),
  ])
}
