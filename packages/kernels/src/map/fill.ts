import type { DType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { Vectors } from '../math/index.js'
import { lanesOf } from './lanes.js'
import { emitRows } from './rows.js'

/** An array of equal elements. */
export interface FillSpec {
  readonly dtype: DType
  readonly size: number
  /** A bool is 0 or 1. */
  readonly value: number
}

/** A number in every lane of a dtype; for bool a mask. */
const lanesWith: Readonly<Record<DType, (value: number) => ArrayBuffer>> = {
  f32: value => new Float32Array(4).fill(value).buffer,
  f64: value => new Float64Array(2).fill(value).buffer,
  i32: value => new Int32Array(4).fill(value).buffer,
  bool: value => new Int32Array(4).fill(value === 0 ? 0 : -1).buffer,
}

/**
 * Out[i] = value.
 *
 * @example
 * fill({ dtype: 'f32', size: 3, value: 0.5 }).key // → 'fill:f32:3:0.5'
 */
export function fill({ dtype, size, value }: FillSpec): Kernel {
  return {
    key: `fill:${dtype}:${size}:${Object.is(value, -0) ? '-0' : value}`,
    inputs: 0,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit(context) {
      const lanes = lanesOf(dtype)
      const constant = new Vectors(context, lanes).pattern(new Uint8Array(lanesWith[dtype](value)))
      emitRows(context.f, context.outputs, {
        lanes,
        dtypes: [dtype],
        walk: { lengths: [size], strides: [[1]] },
        body: ({ store }) => store(0, constant),
      })
    },
  }
}
