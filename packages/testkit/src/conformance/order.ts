import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { all, call } from './call.js'
import type { ConformanceCase } from './case.js'
import { specials } from './elementwise.js'

const sorted = [
  { shape: [1], axis: 0 },
  { shape: [0], axis: 0 },
  { shape: [17], axis: -1 },
  { shape: [3, 5], axis: 0 },
  { shape: [3, 5], axis: 1 },
  { shape: [2, 5, 3], axis: -2 },
  { shape: [33, 2], axis: 0 },
].flatMap(spec => [false, true].map(descending => ({ ...spec, descending })))

/** Cases of what sorts and searches. */
export function orderCases(): ConformanceCase[] {
  return all.flatMap(dtype => {
    const special = [false, true].map(descending => ({
      shape: [specials[dtype].length],
      axis: 0,
      descending,
      of: 'of special values',
    }))
    const orders = [...sorted.map(spec => ({ ...spec, of: '' })), ...special].flatMap(
      ({ shape, of, ...options }) => {
        const named = {
          operands: [{ dtype, shape }],
          options: `${JSON.stringify(options)} ${of}`,
          differentiable: of === '',
        }
        return [
          call('sort', {
            ...named,
            run: x => tape.sort(x, options),
            reference: x => textbook.sort(x, options),
          }),
          call('argsort', {
            ...named,
            differentiable: false,
            run: x => tape.argsort(x, options),
            reference: x => textbook.argsort(x, options),
          }),
        ]
      },
    )
    const largest = (
      [
        [[5], 2, 0],
        [[17], 17, -1],
        [[3, 5], 1, 0],
        [[2, 5, 3], 2, 1],
        [[5], 0, 0],
      ] as const
    ).flatMap(([shape, k, axis]) => {
      const first = (x: textbook.Plain) => textbook.part(x, axis, 0, k)
      const named = { operands: [{ dtype, shape }], options: `${k} axis ${axis}` }
      return [
        call('topK', {
          ...named,
          run: x => tape.topK(x, k, { axis }).values,
          reference: x => first(textbook.sort(x, { axis, descending: true })),
        }),
        call('topK', {
          ...named,
          options: `${named.options} indices`,
          differentiable: false,
          run: x => tape.topK(x, k, { axis }).indices,
          reference: x => first(textbook.argsort(x, { axis, descending: true })),
        }),
      ]
    })
    const searches = (['left', 'right'] as const).flatMap(side =>
      (
        [
          [[1], []],
          [[9], [5]],
          [[17], [3, 5]],
          [[0], [2]],
        ] as const
      ).map(([list, values]) =>
        call('searchsorted', {
          operands: [
            { dtype, shape: list },
            { dtype, shape: values },
          ],
          options: side,
          differentiable: false,
          run: (x, v) => tape.searchsorted(tape.sort(x), v, { side }),
          reference: (x, v) => textbook.searchsorted(textbook.sort(x, { axis: 0 }), v, side),
        }),
      ),
    )
    return [...orders, ...largest, ...searches]
  })
}
