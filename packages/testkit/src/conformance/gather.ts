import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes } from '../reference/index.js'
import { all, call, floats, numbers } from './call.js'
import type { ConformanceCase, Operand } from './case.js'

const array = (dtype: DType, shape: readonly number[]): Operand => ({ dtype, shape })

/** Indices are drawn from −7 … 7: with 8 rows or more all are inside, with fewer some are not. */
const inside = 8

const choices: readonly { shape: readonly number[]; indices: readonly number[]; axis: number }[] = [
  { shape: [9], indices: [], axis: 0 },
  { shape: [9], indices: [5], axis: 0 },
  { shape: [8, 3], indices: [2, 3], axis: 0 },
  { shape: [2, 8], indices: [3], axis: 1 },
  { shape: [2, 8, 5], indices: [4], axis: 1 },
  { shape: [8, 17], indices: [3], axis: 0 },
  { shape: [3, 2], indices: [7], axis: 0 },
  { shape: [2, 5, 3], indices: [9], axis: 1 },
  { shape: [9, 3], indices: [0], axis: 0 },
]

const along: readonly { shape: readonly number[]; indices: readonly number[]; axis: number }[] = [
  { shape: [9], indices: [5], axis: 0 },
  { shape: [3, 8], indices: [3, 2], axis: -1 },
  { shape: [8, 3], indices: [2, 3], axis: 0 },
  { shape: [2, 8, 3], indices: [2, 4, 3], axis: 1 },
  { shape: [2, 5], indices: [2, 17], axis: 1 },
]

const coordinates: readonly { shape: readonly number[]; indices: readonly number[] }[] = [
  { shape: [9, 8], indices: [5, 2] },
  { shape: [9, 8, 3], indices: [2, 3, 2] },
  { shape: [8, 3], indices: [4, 1] },
  { shape: [3, 2], indices: [9, 2] },
  { shape: [3, 2], indices: [2, 0] },
  { shape: [9, 3], indices: [0, 1] },
  { shape: [9], indices: [1] },
]

/** Cases of rows chosen and added by their indices. */
export function gatherCases(): ConformanceCase[] {
  const chosen = all.flatMap(dtype => [
    ...choices.map(({ shape, indices, axis }) =>
      call('take', {
        operands: [array(dtype, shape), array('i32', indices)],
        options: `axis ${axis}`,
        differentiable: (shape[axis] as number) >= inside,
        run: (x, k) => tape.take(x, k, { axis }),
        reference: (x, k) => textbook.take(x, k, axis),
      }),
    ),
    ...coordinates.map(({ shape, indices }) =>
      call('gather', {
        operands: [array(dtype, shape), array('i32', indices)],
        differentiable: shape.slice(0, indices.at(-1)).every(length => length >= inside),
        run: (x, k) => tape.gather(x, k),
        reference: (x, k) => textbook.gather(x, k),
      }),
    ),
    ...along.map(({ shape, indices, axis }) =>
      call('takeAlongAxis', {
        operands: [array(dtype, shape), array('i32', indices)],
        options: `axis ${axis}`,
        differentiable: (shape.at(axis) as number) >= inside,
        run: (x, k) => tape.takeAlongAxis(x, k, { axis }),
        reference: (x, k) => textbook.takeAlongAxis(x, k, axis),
      }),
    ),
  ])
  const added = numbers.flatMap(dtype => [
    ...choices.map(({ shape, indices, axis }) =>
      call('scatterAdd', {
        operands: [
          array(dtype, shape),
          array('i32', indices),
          array(dtype, shape.toSpliced(axis, 1, ...indices)),
        ],
        options: `axis ${axis}`,
        run: (x, k, rows) => tape.scatterAdd(x, k, rows, { axis }),
        reference: (x, k, rows) => textbook.scatterAdd(x, k, rows, axis),
        scale: (x, k, rows) => textbook.scatterAdd(magnitudes(x), k, magnitudes(rows), axis),
        bound: [9, 9],
      }),
    ),
    ...[[5], [9, 3], [17, 2], [0, 3]].map(shape =>
      call('segmentSum', {
        operands: [array(dtype, shape), array('i32', [shape[0] as number])],
        options: '4 segments',
        run: (x, k) => tape.segmentSum(x, k, 4),
        reference: (x, k) => textbook.segmentSum(x, k, 4),
        scale: (x, k) => textbook.segmentSum(magnitudes(x), k, 4),
        bound: [9, 9],
      }),
    ),
  ])
  const means = floats.flatMap(dtype =>
    [[5], [9, 3], [17, 2], [0, 3]].flatMap(shape => {
      const operands = [array(dtype, shape), array('i32', [shape[0] as number])]
      return [
        call('segmentMean', {
          operands,
          options: '4 segments',
          // Some have no rows, and so no mean.
          differentiable: false,
          run: (x, k) => tape.segmentMean(x, k, 4),
          reference: (x, k) => textbook.segmentMean(x, k, 4),
          scale: (x, k) => textbook.segmentMean(magnitudes(x), k, 4),
          bound: [9, 9],
        }),
        call('segmentMean', {
          operands,
          options: '1 segment of all',
          differentiable: (shape[0] as number) > 0,
          run: (x, k) => tape.segmentMean(x, tape.mul(k, 0), 1),
          reference: x => textbook.mean(x, { axis: 0, keepdims: true }),
          scale: x => textbook.mean(magnitudes(x), { axis: 0, keepdims: true }),
          bound: [9, 9],
        }),
      ]
    }),
  )
  return [...chosen, ...added, ...means, ...windowCases()]
}

const windows: readonly { shape: readonly number[]; sizes: readonly number[] }[] = [
  { shape: [], sizes: [] },
  { shape: [9], sizes: [4] },
  { shape: [17], sizes: [17] },
  { shape: [5], sizes: [0] },
  { shape: [3, 5], sizes: [2, 3] },
  { shape: [3, 5], sizes: [3, 1] },
  { shape: [2, 5, 3], sizes: [1, 4, 3] },
]

/** Cases of windows at places that are data, many of which do not lie inside. */
function windowCases(): ConformanceCase[] {
  return all.flatMap(dtype =>
    windows.flatMap(({ shape, sizes }) => {
      const starts = array('i32', [shape.length])
      return [
        call('dynamicSlice', {
          operands: [array(dtype, shape), starts],
          options: `[${sizes}]`,
          run: (x, at) => tape.dynamicSlice(x, at, sizes),
          reference: (x, at) => textbook.dynamicSlice(x, at, sizes),
        }),
        call('dynamicUpdateSlice', {
          operands: [array(dtype, shape), array(dtype, sizes), starts],
          run: (x, update, at) => tape.dynamicUpdateSlice(x, update, at),
          reference: (x, update, at) => textbook.dynamicUpdateSlice(x, update, at),
        }),
      ]
    }),
  )
}
