import { converted } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { emitRows } from './rows.js'

/** A conversion of one dtype to another. */
export interface ConvertSpec {
  readonly from: DType
  readonly to: DType
  /** Elements. */
  readonly size: number
}

/**
 * Out[i] = x[i] in another dtype. Floats become i32 by dropping the fraction, saturating, NaN as 0; f64 becomes f32
 * by rounding to nearest; numbers become bool by being ≠ 0; bools become 0 and 1.
 *
 * @example
 * convert({ from: 'f32', to: 'i32', size: 5 }).key // → 'convert:f32:i32:5'
 */
export function convert({ from, to, size }: ConvertSpec): Kernel {
  return {
    key: `convert:${from}:${to}:${size}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit(context) {
      const lanes = from === 'f64' || to === 'f64' ? 2 : 4
      emitRows(context.f, [...context.inputs, ...context.outputs], {
        lanes,
        dtypes: [from, to],
        walk: { lengths: [size], strides: [[1], [1]] },
        body: ({ input, store }) => store(0, converted(context, from, to, lanes, input(0))),
      })
    },
  }
}
