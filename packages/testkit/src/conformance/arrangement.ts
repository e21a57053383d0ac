import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes } from '../reference/index.js'
import { sumBound } from './bounds.js'
import { all, call, numbers } from './call.js'
import type { ConformanceCase } from './case.js'

const of = (dtype: DType, shape: readonly number[]) => [{ dtype, shape }]

/** Shapes with an axis, and numbers that an op takes with them. */
type Rows<T> = readonly { readonly shape: readonly number[]; readonly axis: number; readonly by: T }[]

const rolls: Rows<number> = [
  { shape: [5], axis: 0, by: 2 },
  { shape: [17], axis: -1, by: -20 },
  { shape: [3, 5], axis: 0, by: 1 },
  { shape: [2, 3, 5], axis: 1, by: -1 },
  { shape: [3], axis: 0, by: 3 },
  { shape: [0], axis: 0, by: 1 },
]

const repeats: Rows<number> = [
  { shape: [5], axis: 0, by: 3 },
  { shape: [3, 5], axis: 0, by: 2 },
  { shape: [2, 3, 5], axis: 1, by: 2 },
  { shape: [3, 5], axis: -1, by: 1 },
  { shape: [3, 5], axis: -1, by: 0 },
]

const flips = [
  { shape: [] },
  { shape: [17] },
  { shape: [0] },
  { shape: [3, 5] },
  { shape: [3, 5], axis: 0 },
  { shape: [2, 3, 5], axis: -2 },
  { shape: [2, 3, 5], axis: [0, 2] },
] as const

const tiles = [
  { shape: [], counts: [3] },
  { shape: [5], counts: [2] },
  { shape: [5], counts: [3, 1] },
  { shape: [3, 5], counts: [2] },
  { shape: [3, 5], counts: [2, 3] },
  { shape: [2, 3, 1], counts: [1, 2, 4] },
  { shape: [3], counts: [0] },
] as const

const pads = [
  { shape: [5], widths: [[1, 2]] },
  { shape: [17], widths: [[0, 3]] },
  {
    shape: [3, 5],
    widths: [
      [1, 0],
      [2, 4],
    ],
  },
  {
    shape: [2, 3, 5],
    widths: [
      [0, 1],
      [0, 0],
      [3, 0],
    ],
  },
] as const

const paddings = [
  { mode: 'constant', value: 0 },
  { mode: 'constant', value: 1 },
  { mode: 'edge', value: 0 },
  { mode: 'reflect', value: 0 },
] as const

/** Cases of what brings elements into another order. */
export function arrangementCases(): ConformanceCase[] {
  return all.flatMap(dtype => [
    ...flips.map(({ shape, ...options }) =>
      call('flip', {
        operands: of(dtype, shape),
        options: JSON.stringify(options),
        run: x => tape.flip(x, options),
        reference: x => textbook.flip(x, 'axis' in options ? options.axis : undefined),
      }),
    ),
    ...rolls.map(({ shape, axis, by }) =>
      call('roll', {
        operands: of(dtype, shape),
        options: `by ${by} axis ${axis}`,
        run: x => tape.roll(x, by, { axis }),
        reference: x => textbook.roll(x, by, axis),
      }),
    ),
    ...repeats.map(({ shape, axis, by }) =>
      call('repeat', {
        operands: of(dtype, shape),
        options: `${by} axis ${axis}`,
        run: x => tape.repeat(x, by, { axis }),
        reference: x => textbook.repeat(x, by, axis),
      }),
    ),
    ...tiles.map(({ shape, counts }) =>
      call('tile', {
        operands: of(dtype, shape),
        options: `[${counts}]`,
        run: x => tape.tile(x, counts),
        reference: x => textbook.tile(x, counts),
      }),
    ),
    ...pads.flatMap(({ shape, widths }) =>
      paddings
        .filter(({ mode }) => mode !== 'reflect' || shape.every((n, k) => n > Math.max(...(widths[k] ?? []))))
        .map(({ mode, value }) =>
          call('pad', {
            operands: of(dtype, shape),
            options: JSON.stringify([widths, mode, value]),
            run: x => tape.pad(x, widths, { mode, value }),
            reference: x => textbook.pad(x, widths, mode, value),
          }),
        ),
    ),
    ...(
      [
        { shape: [6], parts: 3, axis: 0, bounds: [0, 2, 4, 6] },
        { shape: [3, 6], parts: 2, axis: -1, bounds: [0, 3, 6] },
        { shape: [5, 3], parts: [1, 1, 4], axis: 0, bounds: [0, 1, 1, 4, 5] },
      ] as const
    ).flatMap(({ shape, parts, axis, bounds }) =>
      bounds.slice(1).map((limit, k) =>
        call('split', {
          operands: of(dtype, shape),
          options: `[${parts}] axis ${axis} part ${k}`,
          run: x => tape.split(x, parts, { axis })[k] as tape.Tensor,
          reference: x => textbook.part(x, axis, bounds[k] as number, limit),
        }),
      ),
    ),
    ...(
      [
        [[1, 3, 1], undefined, [3]],
        [[1, 3, 1], -1, [1, 3]],
        [[1, 1], [0, 1], []],
        [[5], undefined, [5]],
      ] as const
    ).map(([shape, axis, to]) =>
      call('squeeze', {
        operands: of(dtype, shape),
        options: `axis ${axis}`,
        run: x => tape.squeeze(x, axis === undefined ? {} : { axis }),
        reference: x => textbook.reshape(x, to),
      }),
    ),
    ...(
      [
        [[], 0, [1]],
        [[5], -1, [5, 1]],
        [
          [3, 5],
          [0, 2],
          [1, 3, 1, 5],
        ],
      ] as const
    ).map(([shape, axis, to]) =>
      call('expandDims', {
        operands: of(dtype, shape),
        options: `axis ${axis}`,
        run: x => tape.expandDims(x, axis),
        reference: x => textbook.reshape(x, to),
      }),
    ),
  ])
}

const matrices = [
  [3, 3],
  [3, 5],
  [17, 2],
  [2, 3, 5],
  [0, 3],
] as const

/** Cases of triangles and diagonals. */
export function diagonalCases(): ConformanceCase[] {
  const { tril, triu } = tape
  const ops = [
    { op: 'tril', run: tril, reference: textbook.tril },
    { op: 'triu', run: triu, reference: textbook.triu },
  ]
  const triangles = ops.flatMap(({ op, run, reference }) =>
    all.flatMap(dtype =>
      matrices.flatMap(shape =>
        [-1, 0, 2, 9].map(k =>
          call(op, {
            operands: of(dtype, shape),
            options: `k ${k}`,
            run: x => run(x, k),
            reference: x => reference(x, k),
          }),
        ),
      ),
    ),
  )
  const diagonals = all.flatMap(dtype =>
    [[5], [1], [0], [3, 3], [3, 5], [5, 2], [0, 3]].flatMap(shape =>
      [-2, 0, 1, 9].map(k =>
        call('diag', {
          operands: of(dtype, shape),
          options: `k ${k}`,
          run: x => tape.diag(x, k),
          reference: x => textbook.diag(x, k),
        }),
      ),
    ),
  )
  const traces = numbers.flatMap(dtype =>
    [
      [3, 3],
      [3, 5],
      [17, 19],
    ].flatMap(shape =>
      [-1, 0, 1].map(k =>
        call('trace', {
          operands: of(dtype, shape),
          options: `k ${k}`,
          run: x => tape.trace(x, k),
          reference: x => textbook.diagonalSum(x, k),
          scale: x => textbook.diagonalSum(magnitudes(x), k),
          bound: sumBound(17),
        }),
      ),
    ),
  )
  return [...triangles, ...diagonals, ...traces]
}
