import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes, type Plain } from '../reference/index.js'
import { EXACT, sumBound } from './bounds.js'
import { all, call, floats, numbers, product } from './call.js'
import type { ConformanceCase } from './case.js'

/** Every set of axes, and none named, of some shapes. */
const reductions: readonly { shape: readonly number[]; axis?: number | readonly number[] }[] = [
  { shape: [] },
  { shape: [1] },
  { shape: [5] },
  { shape: [17], axis: 0 },
  { shape: [3, 5] },
  { shape: [3, 5], axis: 0 },
  { shape: [3, 5], axis: -1 },
  { shape: [17, 3], axis: 0 },
  { shape: [3, 17], axis: 1 },
  { shape: [2, 3, 5], axis: 1 },
  { shape: [2, 3, 5], axis: [0, 2] },
  { shape: [5, 3, 2], axis: [0, 1] },
  { shape: [3, 2, 1, 5], axis: [1, 3] },
]

/** Reductions of nothing, and to nothing. */
const empties: typeof reductions = [{ shape: [0] }, { shape: [3, 0], axis: 1 }, { shape: [3, 0], axis: 0 }]

/** Long enough for every block of a blocked reduction; only values, not derivatives. */
const long: typeof reductions = [
  { shape: [1000] },
  { shape: [3, 517], axis: 1 },
  { shape: [517, 3], axis: 0 },
  { shape: [5, 129, 3], axis: 1 },
]

/** Cases of sum, mean, max and min. */
export function reductionCases(): ConformanceCase[] {
  const { sum, mean, max, min } = tape
  const over = (
    name: 'sum' | 'mean' | 'max' | 'min',
    op: typeof sum,
    reference: typeof textbook.sum,
    dtypes: readonly DType[],
    shapes: typeof reductions,
    differentiable: boolean,
  ) =>
    dtypes.flatMap(dtype =>
      shapes.flatMap(({ shape, axis }) =>
        [false, true].map(keepdims => {
          const options = { keepdims, ...(axis === undefined ? {} : { axis }) }
          const count = product(axis === undefined ? shape : [axis].flat().map(a => shape.at(a) as number))
          const sums = name === 'sum' || name === 'mean'
          return call(name, {
            operands: [{ dtype, shape }],
            options: JSON.stringify(options),
            run: x => op(x, options),
            reference: x => reference(x, options),
            ...(sums ? { scale: (x: Plain) => reference(magnitudes(x), options) } : {}),
            bound: sums ? sumBound(count) : EXACT,
            differentiable,
          })
        }),
      ),
    )
  return [
    ...over('sum', sum, textbook.sum, numbers, reductions, true),
    ...over('sum', sum, textbook.sum, numbers, [...empties, ...long], false),
    ...over('mean', mean, textbook.mean, floats, reductions, true),
    ...over('mean', mean, textbook.mean, floats, long, false),
    ...over('max', max, textbook.max, all, reductions, true),
    ...over('max', max, textbook.max, all, [...empties, ...long], false),
    ...over('min', min, textbook.min, all, reductions, true),
    ...over('min', min, textbook.min, all, [...empties, ...long], false),
  ]
}

/** Around 0, and where the exponentials overflow. */
const ranges: readonly (readonly [number, number])[] = [
  [-4, 4],
  [1000, 1008],
]

/**
 * Cases of logsumexp and what is made of it. x is shifted exactly or with one rounding, exponentials, sums and
 * logarithms add one or two units each; errors of logarithms are in units of max|x − shift| + log n.
 */
export function softmaxCases(): ConformanceCase[] {
  const shapes: readonly { shape: readonly number[]; axis?: number }[] = [
    { shape: [1] },
    { shape: [17] },
    { shape: [3, 5] },
    { shape: [3, 5], axis: 0 },
    { shape: [2, 5, 3], axis: 1 },
  ]
  const within = (reference: (x: Plain) => Plain, size: number) => (x: Plain) => {
    const out = reference(x)
    return { ...out, values: out.values.map(() => size) }
  }
  return floats.flatMap(dtype =>
    shapes.flatMap(({ shape, axis }) =>
      ranges.flatMap(domain => {
        const options = axis === undefined ? {} : { axis }
        const named = {
          operands: [{ dtype, shape }],
          options: `${JSON.stringify(options)} of [${domain}]`,
          domain,
        }
        const width = domain[1] - domain[0] + Math.log(product(shape))
        return [
          ...[false, true].map(keepdims =>
            call('logsumexp', {
              ...named,
              options: `${named.options} ${keepdims ? 'kept' : ''}`,
              run: x => tape.logsumexp(x, { ...options, keepdims }),
              reference: x => textbook.logsumexp(x, { ...options, keepdims }),
              scale: within(x => textbook.logsumexp(x, { ...options, keepdims }), width + domain[1]),
              bound: [1, 2],
            }),
          ),
          call('logSoftmax', {
            ...named,
            run: x => tape.logSoftmax(x, options),
            reference: x => textbook.logSoftmax(x, options),
            scale: within(x => x, width),
            bound: [1, 2],
          }),
          call('softmax', {
            ...named,
            run: x => tape.softmax(x, options),
            reference: x => textbook.softmax(x, options),
            // Of the shifted exponent's one rounding, up to 8 · ½ units; of exp, sum and quotient, 2.
            bound: [6, 8],
          }),
        ]
      }),
    ),
  )
}
