import { algebraOf, converted } from '../algebra/index.js'
import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { emitRows } from './rows.js'

/** Numbers that are divided by one f64. */
export interface QuotientSpec {
  readonly dtype: FloatDType
  /** Elements. */
  readonly size: number
}

/**
 * Out[i] = x[i] / d for an f64 number d, its second input, rounded once to the dtype of x: an f32 d would be rounded as well.
 * The output may lie where x does.
 *
 * @example
 * quotient({ dtype: 'f32', size: 5 }).key // → 'quotient:f32:5'
 */
export function quotient({ dtype, size }: QuotientSpec): Kernel {
  return {
    key: `quotient:${dtype}:${size}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: size,
    emit(context) {
      const m = algebraOf('f64', context)
      emitRows(context.f, [...context.inputs, ...context.outputs], {
        lanes: 2,
        dtypes: [dtype, 'f64', dtype],
        walk: { lengths: [size], strides: [[1], [0], [1]] },
        body({ input, store }) {
          const divided = m.div(converted(context, dtype, 'f64', 2, input(0)), input(1))
          store(0, converted(context, 'f64', dtype, 2, divided))
        },
      })
    },
  }
}
